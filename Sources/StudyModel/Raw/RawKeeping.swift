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

/// What must be durable before rows become visible that were made from it.
///
/// A value of the run that every writer passes: a flow cannot forget it, and nothing is to be configured.
package final class RawBarrier: Sendable {
  private let storages = Locked<[any RawKeeping]>([])

  package init() {}

  package func add(_ storage: any RawKeeping) { storages.withLock { $0.append(storage) } }

  /// Waits until the responses of these FlowFiles are durable. Throws `ProcessorError` (`disk`).
  package func pass(_ flowFiles: [FlowFile]) async throws {
    guard flowFiles.contains(where: { $0[AttributeName.rawObject] != nil }) else { return }
    for storage in storages.withLock({ $0 }) { try await storage.makeDurable() }
  }
}

extension RuntimeEnvironment {
  package var rawBarrier: RawBarrier { shared.value { RawBarrier() } }
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
