import FlowCore
import FlowObjects
import StudyModel
import StudyParticipants
import StudyRaw

extension ProtectedPaths {
  /// What a run of the flow rests on.
  init(of graph: FlowGraph, _ services: ServiceDirectory, state: String, errors: String) {
    var entries = [
      Entry("the state folder", path: state, remedy: "name another state folder with --state, or a folder of the flow's own"),
      Entry("the error folder", path: errors, remedy: "name another error folder with --errors, or a folder of the flow's own"),
    ]
    for service in graph.services where service.isProvider {
      if let folder = service.values.optional(ProviderProperties.participants) { entries.append(Entry("the participants folder", path: folder)) }
    }
    // A database in a file has its log, its index and its journal beside it.
    entries += services.stores.compactMap(\.localPath).map { Entry("the database", path: $0, suffixes: ["-wal", "-shm", "-journal"]) }
    let raw = services.rawStorages.filter(\.isOn).map { (subject: "the folder of raw responses", location: $0.location) }
    let objects = services.objectStorages.filter(\.isOn).map { (subject: "the folder of the object storage", location: $0.location) }
    entries += (raw + objects).filter { !ObjectStorages.isBucket($0.location) }.map { Entry($0.subject, path: $0.location) }
    self.init(entries)
  }

  /// The paths in the flow's own text that belong to an entry: no FlowFile gets past them. Blocks; throws `FileSystemError`.
  func problems(of graph: FlowGraph, _ fileSystem: any FileSystem) throws -> [Diagnostic] {
    let resolved = try Resolved(self, fileSystem)
    return try graph.processors.flatMap { node in
      try node.paths.compactMap { named in
        guard let owner = resolved.owner(of: try fileSystem.place(of: named.path)) else { return nil }
        return Diagnostic(
          .protectedPath, file: graph.file, position: node.position, subject: "\(node.descriptor.type) '\(node.name)'",
          found: "property '\(named.property)': '\(named.path)' belongs to \(owner.subject) '\(owner.path)', which the run rests on",
          expected: "a folder outside of it", hint: owner.remedy)
      }
    }
  }
}

extension ProcessorNode {
  /// The folders and files that the flow's own text has the processor read or write.
  var paths: [PropertyPath] { descriptor.paths?(values) ?? [] }
}
