import FlowCore
import StudyModel
import StudyParticipants

extension ProtectedPaths {
  /// What a run of the flow rests on.
  init(of graph: FlowGraph, _ services: ServiceDirectory, state: String, errors: String) {
    var entries = [Entry("the state folder", path: state), Entry("the error folder", path: errors)]
    for service in graph.services where service.isProvider {
      if let folder = service.values.optional(ProviderProperties.participants) { entries.append(Entry("the participants folder", path: folder)) }
    }
    // A database in a file has its log, its index and its journal beside it.
    entries += services.stores.compactMap(\.localPath).map { Entry("the database", path: $0, suffixes: ["-wal", "-shm", "-journal"]) }
    self.init(entries)
  }
}
