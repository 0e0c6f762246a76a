import ArgumentParser
import FlowCore
import FlowDefinition
import FlowRuntime
import StudyParticipants

/// Reads flow files for the commands.
struct FlowFileAccess: Sendable {
  let fileSystem: any FileSystem
  let terminal: Terminal

  /// The validated graph; reports all problems and exits with 78, or with 64 if the file does not exist.
  func graph(_ path: String, options: FlowOptions) throws -> FlowGraph {
    switch try load(path, given: try given(options)) {
    case .success(let graph): return graph
    case .failure(let problems):
      for problem in problems.all { terminal.complain(problem.description) }
      throw ExitCode.misconfigured
    }
  }

  /// The effective flow with origins; otherwise as `graph`.
  func explanation(_ path: String, options: FlowOptions) throws -> FlowExplanation {
    let given = try given(options)
    // Reports a file that does not exist.
    _ = try load(path, given: given)
    switch try FlowSource(path, given: given, fileSystem: fileSystem).explanation() {
    case .success(let explanation): return explanation
    case .failure(let problems):
      for problem in problems.all { terminal.complain(problem.description) }
      throw ExitCode.misconfigured
    }
  }

  /// The values given by the options; reports all problems of a parameter file and exits with 78.
  func given(_ options: FlowOptions) throws -> [String: ParameterValue] {
    do {
      return try options.parameterValues(fileSystem: fileSystem)
    } catch let problems as Diagnostics {
      for problem in problems.all { terminal.complain(problem.description) }
      throw ExitCode.misconfigured
    }
  }

  func load(_ path: String, given: [String: ParameterValue]) throws -> Result<FlowGraph, Diagnostics> {
    do {
      return try FlowSource(path, given: given, fileSystem: fileSystem).graph()
    } catch let problems as Diagnostics {
      return .failure(problems)
    } catch let error as FileSystemError {
      terminal.complain("error: \(error); expected a flow file, such as Flows/fitbit.yaml\(nearest(path).map { "; did you mean '\($0)'?" } ?? "")")
      throw ExitCode.usage
    }
  }

  /// The flow file in the same folder that has the nearest name; nil if there is none, or the folder cannot be read.
  private func nearest(_ path: String) -> String? {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    let names = (try? fileSystem.names(in: folder.isEmpty ? "." : folder)) ?? []
    return NearestName.of(String(path.dropFirst(folder.count)), among: names.filter { $0.hasSuffix(".yaml") && !$0.hasSuffix("_test.yaml") }).map { folder + $0 }
  }
}
