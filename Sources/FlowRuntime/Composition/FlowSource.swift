import FlowCore
import FlowDefinition

/// A flow file's text with the values that its parameters were given: what a graph is made from. A later change of the file has no effect.
package struct FlowSource: Sendable {
  /// Path of the flow file, as given.
  package let file: String
  private let bytes: [UInt8]
  private let given: [String: ParameterValue]
  private let fileSystem: any FileSystem

  /// Blocks. Throws `FileSystemError` if the file does not exist or cannot be read, and `Diagnostics` if it cannot be a flow file.
  package init(_ file: String, given: [String: ParameterValue], fileSystem: any FileSystem) throws {
    self.file = file
    self.given = given
    self.fileSystem = fileSystem
    bytes = try FlowLoader.read(file, fileSystem: fileSystem)
  }

  /// The effective flow with the origin of each value, or every problem. Blocks.
  package func explanation() -> Result<FlowExplanation, Diagnostics> {
    graph().flatMap { _ in
      let machine = Machine.here(fileSystem)
      return FlowCatalog.loader(on: machine).explain(bytes: bytes, file: file, given: given, environment: machine.variable)
    }
  }

  /// The validated graph, or every problem. Reads the models that the flow names; blocks.
  /// - Parameters:
  ///   - parameters: values that take precedence over the given ones.
  ///   - machine: the clock, random numbers, host and environment variables of the flow's expressions and parameters; nil: this process's.
  package func graph(with parameters: [String: String] = [:], on machine: Machine? = nil) -> Result<FlowGraph, Diagnostics> {
    let machine = machine ?? Machine.here(fileSystem)
    let values = given.merging(parameters.mapValues { ParameterValue(text: $0) }) { $1 }
    let result = FlowCatalog.loader(on: machine).load(bytes: bytes, file: file, given: values, environment: machine.variable)
    guard case .success(let graph) = result else { return result }
    // The models that it has built belong to the flow.
    let problems = ModelUse.problems(of: graph, fileSystem: fileSystem)
    return problems.isEmpty ? result : .failure(Diagnostics(problems))
  }
}
