import FlowCore
import Foundation
import StudyModel

/// The latest heads of audit trails that a state folder knows: `STATE/audit/DATABASE_ID.json`. They show when the end of a trail was cut off.
struct AuditHeads: Sendable {
  private static let tries = 100

  private let folder: String
  private let environment: RuntimeEnvironment
  private let lane: any Lane

  /// - Parameter state: path of the state folder.
  init(state: String, _ environment: RuntimeEnvironment) {
    folder = state + "/audit"
    self.environment = environment
    lane = environment.lane("audit heads")
  }

  private func path(of id: String) -> String { "\(folder)/\(id).json" }

  /// Keeps a head unless a later one of the same trail is known. Call it when the trail's entry is durable. Throws `StopRun`.
  func note(_ head: AuditHead) async throws {
    for _ in 0..<Self.tries {
      if try await lane.run({ [self] in try unlessLocked(head) }) { return }
      await environment.time.sleep(for: .milliseconds(20))
    }
    throw StopRun(.failed, .disk, "\(folder)/lock is held by another process; expected it to be free within two seconds; repeat the command")
  }

  /// The head of a database's trail; nil if none is known.
  func head(of id: String) async throws -> AuditHead? {
    try await lane.run { [self] in try known(id) }
  }

  /// False if another process is writing.
  private func unlessLocked(_ head: AuditHead) throws -> Bool {
    let fileSystem = environment.fileSystem
    do {
      try fileSystem.makeFolder(folder)
      let lock = try fileSystem.open(folder + "/lock", .readWrite(mode: 0o600))
      defer { fileSystem.close(lock) }
      guard try fileSystem.lock(lock, offset: 0, length: 1, path: folder + "/lock") else { return false }
      if let known = try known(head.id), known.number >= head.number { return true }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      try fileSystem.replaceDurably(path(of: head.id), with: Array(try encoder.encode(head)) + [0x0A], temporary: path(of: head.id) + ".new")
      return true
    } catch let error as FileSystemError {
      throw StopRun(.failed, .disk, "\(error); expected a writable state folder; make room or give access to it, or name another with --state")
    }
  }

  private func known(_ id: String) throws -> AuditHead? {
    guard try environment.fileSystem.status(path(of: id)) != nil else { return nil }
    let bytes = try environment.fileSystem.read(path(of: id), limitBytes: 1 << 16)
    do {
      return try JSONDecoder().decode(AuditHead.self, from: Data(bytes))
    } catch {
      throw StopRun(.failed, .disk, "\(path(of: id)) is not a head of an audit trail; expected what flowrun wrote; restore it from a copy, or move it away")
    }
  }
}
