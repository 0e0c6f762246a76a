import FlowCore
import FlowModels
import StudyModel
import StudyProcessors

/// A folder of models that a processor of the flow has built at the end of a run.
package struct ModelUse: Sendable {
  /// The processor's name.
  package let processor: String
  package let position: SourcePosition
  /// The service with the tables.
  package let database: String
  /// The folder's path: beside the flow file unless it is absolute.
  package let folder: String
  package let selection: ModelSelection

  /// Those of a flow, in its order.
  package static func all(of graph: FlowGraph) -> [ModelUse] {
    graph.processors.filter { $0.descriptor.type == BuildModels.descriptor.type }.map { node in
      ModelUse(
        processor: node.name, position: node.position, database: node.values[BuildModels.database].name,
        folder: folder(node.values[BuildModels.models], besides: graph.file), selection: ModelSelection(node.values[BuildModels.select]))
    }
  }

  /// A path relative to a flow file.
  static func folder(_ path: String, besides file: String) -> String {
    guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
    return file[...slash] + path
  }

  /// Every problem of the flow's models, as far as files tell. Blocks.
  package static func problems(of graph: FlowGraph, fileSystem: any FileSystem) -> [Diagnostic] {
    var seen: Set<String> = []
    return all(of: graph).flatMap { use -> [Diagnostic] in
      do {
        // The problems of a folder that two processors name are shown once.
        let project = try ModelProject.read(use.folder, fileSystem: fileSystem)
        try use.selection.check(project, option: "select")
        return []
      } catch let problems as Diagnostics {
        return problems.all.map { use.placed($0, graph) }.filter { seen.insert($0.description).inserted }
      } catch {
        return [Diagnostic(.modelFiles, file: graph.file, position: use.position, subject: "BuildModels '\(use.processor)'", found: "\(error)")]
      }
    }
  }

  /// A problem of the folder as a whole, or of the selection, belongs to the processor; others to their model file.
  private func placed(_ problem: Diagnostic, _ graph: FlowGraph) -> Diagnostic {
    let subject = "BuildModels '\(processor)'"
    if problem.code == .unknownName {
      // Found in the flow file, not on the command line.
      return Diagnostic(
        .modelReference, file: graph.file, position: position, subject: subject, found: "\(problem.subject): \(problem.found)", expected: problem.expected, hint: problem.hint)
    }
    guard problem.file == folder else { return problem }
    return Diagnostic(problem.code, file: graph.file, position: position, subject: subject, found: "\(folder): \(problem.found)", expected: problem.expected, hint: problem.hint)
  }
}
