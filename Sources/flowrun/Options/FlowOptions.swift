import ArgumentParser
import FlowCore
import FlowDefinition
import FlowRuntime
import Foundation
import StudyParticipants

/// Options of every command that makes, reads or continues a run.
struct FlowOptions: ParsableArguments {
  @Option(
    name: .customShort("p"),
    help: ArgumentHelp("A parameter of the flow, as name=value or name=@FILE.", valueName: "name=value"))
  var parameters: [String] = []

  @Option(
    name: .customLong("parameters"),
    help: ArgumentHelp(
      "A YAML map of parameter values; -p takes precedence. Default: the file named by FLOWRUN_PARAMETERS.", valueName: "file"))
  var parametersFile: String?

  @Option(help: ArgumentHelp("Folder for failed FlowFiles.", valueName: "dir"))
  var errors = Self.defaultErrors

  @Option(help: ArgumentHelp("Folder for the history of runs.", valueName: "dir"))
  var state = Self.defaultState

  func validate() throws {
    for (option, path) in [("--errors", errors), ("--state", state), ("--parameters", parametersFile ?? "")]
    where HomeFolder.isUnexpanded(path) {
      throw ValidationError("\(option) is '\(path)'; expected \(HomeFolder.expected); \(HomeFolder.hint)")
    }
  }

  /// The parameter values by name: those of `-p`, then those of the parameter file. Throws a usage error for a
  /// parameter without `=`, one given twice, or an unreadable file, and `Diagnostics` for the content of a file.
  func parameterValues(fileSystem: any FileSystem) throws -> [String: ParameterValue] {
    try optionValues(fileSystem).merging(fileValues(fileSystem)) { option, _ in option }
  }

  /// The history of runs: of the database that `-p database=` names, else of the state folder.
  func runRecords() throws -> RunRecords {
    let machine = Machine.here()
    return RunRecords(folder: state, database: try parameterValues(fileSystem: machine.fileSystem)["database"]?.text, on: machine)
  }

  private func fileValues(_ fileSystem: any FileSystem) throws -> [String: ParameterValue] {
    let variable = ProcessInfo.processInfo.environment["FLOWRUN_PARAMETERS"] ?? ""
    guard let path = parametersFile ?? (variable.isEmpty ? nil : variable) else { return [:] }
    let origin = parametersFile == nil ? "FLOWRUN_PARAMETERS" : "--parameters"
    do {
      let mode = try fileSystem.status(path)?.mode ?? 0o600
      return try ParametersFile.values(try fileSystem.read(path, limitBytes: 1 << 20), file: path, mode: mode)
    } catch let error as FileSystemError {
      throw ValidationError("\(origin) \(path): \(error); expected a YAML file with a line 'name: value' for each parameter")
    }
  }

  private func optionValues(_ fileSystem: any FileSystem) throws -> [String: ParameterValue] {
    var values: [String: ParameterValue] = [:]
    for parameter in parameters {
      guard let equals = parameter.firstIndex(of: "="), equals != parameter.startIndex else {
        throw ValidationError("-p takes name=value; '\(parameter)' is not of this form")
      }
      let name = String(parameter[..<equals])
      guard values[name] == nil else { throw ValidationError("-p \(name)=… is given twice; give it once") }
      values[name] = try value(String(parameter[parameter.index(after: equals)...]), of: name, fileSystem)
    }
    return values
  }

  private func value(_ text: String, of name: String, _ fileSystem: any FileSystem) throws -> ParameterValue {
    guard text.hasPrefix("@") else { return ParameterValue(text: text, isFromFile: false) }
    let path = String(text.dropFirst())
    if HomeFolder.isUnexpanded(path) {
      throw ValidationError("-p \(name)=@\(path): expected \(HomeFolder.expected); \(HomeFolder.hint)")
    }
    do {
      return try ParameterValue(fileContents: try fileSystem.read(path, limitBytes: 1 << 20), file: path, parameter: name)
    } catch let error as FileSystemError {
      throw ValidationError("-p \(name)=@\(path): \(error)")
    }
  }
}
