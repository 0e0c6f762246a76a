import FlowCore
import Foundation
import StudyModel

/// The latest heads of audit trails that a state folder knows: `STATE/audit/DATABASE_ID.jsonl`, a line each. They show when the end of a trail was
/// cut off, also when it has grown again since.
struct AuditHeads: Sendable {
  private static let tries = 100
  /// The newest of a trail that are kept.
  private static let mostHeads = 1000

  private let folder: String
  private let environment: RuntimeEnvironment
  private let lane: any Lane

  /// - Parameter state: path of the state folder.
  init(state: String, _ environment: RuntimeEnvironment) {
    folder = state + "/audit"
    self.environment = environment
    lane = environment.lane("audit heads")
  }

  private func path(of id: String) -> String { "\(folder)/\(id).jsonl" }

  /// Keeps a head. Call it when the trail's entry is durable. Throws `StopRun`.
  func note(_ head: AuditHead) async throws {
    for _ in 0..<Self.tries {
      if try await lane.run({ [self] in try unlessLocked(head) }) { return }
      await environment.time.sleep(for: .milliseconds(20))
    }
    throw StopRun(.failed, .disk, "\(folder)/lock is held by another process; expected it to be free within two seconds; repeat the command")
  }

  /// The heads of a database's trail, in the order in which they were kept.
  func heads(of id: String) async throws -> [AuditHead] {
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
      let heads = (try known(head.id) + [head]).suffix(Self.mostHeads)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let bytes = try heads.flatMap { try encoder.encode($0) + [0x0A] }
      try fileSystem.replaceDurably(path(of: head.id), with: bytes, temporary: path(of: head.id) + ".new")
      return true
    } catch let error as FileSystemError {
      throw StopRun(.failed, .disk, "\(error); expected a writable state folder; make room or give access to it, or name another with --state")
    }
  }

  private func known(_ id: String) throws -> [AuditHead] {
    guard try environment.fileSystem.status(path(of: id)) != nil else { return [] }
    let bytes = try environment.fileSystem.read(path(of: id), limitBytes: 1 << 24)
    do {
      return try bytes.split(separator: 0x0A).map { try JSONDecoder().decode(AuditHead.self, from: Data($0)) }
    } catch {
      throw StopRun(.failed, .disk, "\(path(of: id)) does not hold heads of an audit trail; expected what flowrun wrote; restore it from a copy, or move it away")
    }
  }
}
