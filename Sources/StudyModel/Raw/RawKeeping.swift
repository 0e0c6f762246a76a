import FlowCore

/// Keeps every response, before anything is made from it.
///
/// Any method may be called from any task; none blocks a worker thread. Failures throw `ProcessorError` (`disk`).
package protocol RawKeeping: Service {
  /// Whether responses are kept: an empty address means that they are not.
  var isOn: Bool { get }
  /// Takes responses in and returns the key of the object that will hold them. They are durable once `makeDurable` has returned.
  func keep(_ answer: RawAnswer) async throws -> String
  /// Makes everything taken in before the call durable. Calls at the same time share the work.
  func makeDurable() async throws
}

/// What must be kept before rows become visible: the responses that they were made from, and the ways of their FlowFiles.
///
/// A value of the run that every writer passes: a flow cannot forget it, and nothing is to be configured.
package final class CommitBarrier: Sendable {
  private struct Parts: Sendable {
    var storages: [any RawKeeping] = []
    var steps: [@Sendable () async -> Void] = []
  }

  private let parts = Locked(Parts())

  package init() {}

  package func add(_ storage: any RawKeeping) { parts.withLock { $0.storages.append(storage) } }
  /// Has a step taken whenever a writer passes. Its failure keeps no row from being written: it tells it itself.
  package func add(step: @escaping @Sendable () async -> Void) { parts.withLock { $0.steps.append(step) } }

  /// Waits until the responses of these FlowFiles are durable and the steps are taken. Throws `ProcessorError` (`disk`).
  package func pass(_ flowFiles: [FlowFile]) async throws {
    let parts = parts.withLock { $0 }
    for step in parts.steps { await step() }
    guard flowFiles.contains(where: { $0[AttributeName.rawObject] != nil }) else { return }
    for storage in parts.storages { try await storage.makeDurable() }
  }
}

extension RuntimeEnvironment {
  package var commitBarrier: CommitBarrier { shared.value { CommitBarrier() } }
}

/// An object whose responses have been made into rows.
package struct ProcessedObject: Sendable, Equatable {
  package var key: String
  /// SHA-256 of the object's bytes, hexadecimal.
  package var sha256: String
  package var participant: String
  /// The run that made the rows.
  package var run: String
  package var time: Instant
  /// How many rows the slices have that name it; set by the store.
  package var rows = 0

  package init(key: String, sha256: String, participant: String, run: String, time: Instant) {
    self.key = key
    self.sha256 = sha256
    self.participant = participant
    self.run = run
    self.time = time
  }
}
