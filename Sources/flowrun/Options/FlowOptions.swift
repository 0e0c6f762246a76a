import ArgumentParser
import FlowCore
import FlowDefinition
import FlowServices

/// What every command takes that makes, reads or continues a run.
struct FlowOptions: ParsableArguments {
  @Option(
    name: .customShort("p"),
    help: ArgumentHelp("A parameter of the flow, as name=value or name=@FILE.", valueName: "name=value"))
  var parameters: [String] = []

  @Option(help: ArgumentHelp("Folder for FlowFiles that failed.", valueName: "dir"))
  var errors = Self.defaultErrors

  @Option(help: ArgumentHelp("Folder for the history of runs.", valueName: "dir"))
  var state = Self.defaultState

  /// The `-p` values by name. Throws a usage error for one that has no `=`, is given twice or names a file that cannot be read.
  func parameterValues(fileSystem: any FileSystem) throws -> [String: ParameterValue] {
    var values: [String: ParameterValue] = [:]
    for parameter in parameters {
      guard let equals = parameter.firstIndex(of: "="), equals != parameter.startIndex else {
        throw ValidationError("-p takes name=value; '\(parameter)' has no name and value")
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
    do {
      var content = String(decoding: try fileSystem.read(path, limitBytes: 1 << 20), as: UTF8.self)
      while content.last?.isNewline == true { content.removeLast() }
      return ParameterValue(text: content, isFromFile: true)
    } catch let error as FileSystemError {
      throw ValidationError("-p \(name)=@\(path): \(error)")
    }
  }
}
