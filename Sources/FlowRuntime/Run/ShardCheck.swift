import FlowCore
import StudyModel
import StudyParticipants

/// Refuses shards of a batch whose runs could not see each other: on a network file system the locks of a batch folder do
/// not reach other hosts, and only a store with leases replaces them.
struct ShardCheck: Sendable {
  private let selection: ParticipantSelection
  private let services: ServiceDirectory
  private let environment: RuntimeEnvironment

  init(_ selection: ParticipantSelection, _ services: ServiceDirectory, _ environment: RuntimeEnvironment) {
    self.selection = selection
    self.services = services
    self.environment = environment
  }

  /// Throws `StopRun` (`misconfigured`).
  func run() async throws {
    guard let shard = selection.shard else { return }
    for store in services.providers.compactMap({ ($0 as? OAuthProvider)?.store }) where store.leases == nil {
      let fileSystem = environment.fileSystem, path = store.path
      guard try await environment.lane("batch folder").run({ try fileSystem.isNetworkFileSystem(path) }) else { continue }
      throw StopRun(
        .misconfigured, .badParticipantFile,
        "--shard \(shard.text): the participants folder '\(path)' is on a network file system, whose locks do not reach other hosts, so two shards "
          + "could take one participant; expected a folder on a local disk of the host that all shards run on, or a database that leases participants "
          + "among hosts: -p database=postgresql://HOST/NAME")
    }
  }
}
