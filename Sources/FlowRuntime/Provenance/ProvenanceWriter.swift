import FlowCore
import FlowEngine
import StudyModel

/// Writes the steps of a run's FlowFiles to its file. Steps are taken in at once and written some at a time by a lane, so that the run never waits
/// for the disk; what the disk cannot take is dropped and counted.
///
/// Before rows are committed, `flush` has written the steps that lead to them, so that every row of a killed run can be traced; other steps of its
/// last moment are lost. Its file can be read to its last whole line. A power cut may take what `finish` has not made durable. May be used from any thread.
final class ProvenanceWriter: Sendable {
  /// Steps are written when there are so many bytes of them, or so much time has passed.
  private static let part = 1 << 16
  private static let interval = Duration.milliseconds(500)
  /// More does not wait in memory.
  private static let mostWaiting = 64 << 20

  private struct State {
    var waiting: [UInt8] = []
    var dropped = 0
    var isWriting = false
    /// Bytes that were taken in and are not in the file.
    var unwritten = 0
    var due: ScheduledAction?
    var failure: String?
    var isClosed = false
  }

  let file: String
  private let descriptor: Int32
  private let lines: ProvenanceLine
  private let environment: RuntimeEnvironment
  private let lane: any Lane
  private let state = Locked(State())

  /// Throws `FileSystemError`.
  static func open(
    run: String, in folder: ProvenanceFolder, addresses: [String: @Sendable (String) -> String], _ environment: RuntimeEnvironment
  ) async throws -> ProvenanceWriter {
    let lane = environment.lane("provenance"), file = folder.file(of: run), fileSystem = folder.fileSystem
    let descriptor = try await lane.run {
      try fileSystem.makeFolder(folder.path)
      let descriptor = try fileSystem.open(file, .replace(mode: 0o600))
      do {
        _ = try fileSystem.lock(descriptor, offset: 0, length: 1, path: file)
      } catch {
        fileSystem.close(descriptor)
        throw error
      }
      return descriptor
    }
    return ProvenanceWriter(file, descriptor, ProvenanceLine(addresses: addresses), environment, lane)
  }

  private init(_ file: String, _ descriptor: Int32, _ lines: ProvenanceLine, _ environment: RuntimeEnvironment, _ lane: any Lane) {
    self.file = file
    self.descriptor = descriptor
    self.lines = lines
    self.environment = environment
    self.lane = lane
  }

  deinit {
    if !state.withLock({ $0.isClosed }) { environment.fileSystem.close(descriptor) }
  }

  /// Takes steps in. Does not block.
  func note(_ steps: [FlowFileEvent]) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(steps.count * 256)
    for step in steps { lines.write(step, to: &bytes) }
    let isDue = state.withLock { state in
      guard state.failure == nil, !state.isClosed, state.waiting.count < Self.mostWaiting else {
        state.dropped += steps.count
        return false
      }
      state.waiting += bytes
      state.unwritten += bytes.count
      if state.waiting.count >= Self.part, !state.isWriting {
        state.isWriting = true
        return true
      }
      if state.due == nil { state.due = environment.time.schedule(after: Self.interval) { [weak self] in self?.timeUp() } }
      return false
    }
    if isDue { write() }
  }

  /// Writes what has been taken in before the call: it outlasts the process then. A failure is told by `finish`.
  func flush() async {
    guard state.withLock({ !$0.isClosed && $0.failure == nil && $0.unwritten > 0 }) else { return }
    do {
      // What another write has taken over is on the lane before this one.
      try await lane.run { [self] in try writeAll() }
    } catch {
      state.withLock { $0.failure = $0.failure ?? "\(error)" }
    }
  }

  private func timeUp() {
    let isDue = state.withLock { state in
      state.due = nil
      guard !state.isWriting, !state.isClosed, !state.waiting.isEmpty else { return false }
      state.isWriting = true
      return true
    }
    if isDue { write() }
  }

  private func write() {
    Task(executorPreference: environment.executor) { await self.writeWaiting() }
  }

  private func writeWaiting() async {
    do {
      try await lane.run { [self] in try writeAll() }
    } catch {
      state.withLock { $0.failure = "\(error)" }
    }
    state.withLock { $0.isWriting = false }
  }

  /// On the lane.
  private func writeAll() throws {
    while true {
      let part = state.withLock { state in
        defer { state.waiting = [] }
        return state.waiting
      }
      guard !part.isEmpty else { return }
      try environment.fileSystem.write(part, to: descriptor, path: file)
      state.withLock { $0.unwritten -= part.count }
    }
  }

  /// Writes what waits, makes the file durable and closes it. Call it once. Returns what is wrong with it; nil if it is whole.
  func finish() async -> String? {
    state.withLock { state in
      state.due?.cancel()
      state.due = nil
      // Nothing is taken in any more, so nothing is written to the descriptor once it is closed.
      state.isClosed = true
    }
    var problem: String?
    do {
      try await lane.run { [self] in
        try writeAll()
        try environment.fileSystem.synchronize(descriptor, path: file)
      }
    } catch {
      problem = "\(error)"
    }
    let (failure, dropped) = state.withLock { ($0.failure, $0.dropped) }
    do {
      try await lane.run { [self] in environment.fileSystem.close(descriptor) }
    } catch {
      problem = problem ?? "\(error)"
    }
    return failure ?? problem ?? (dropped > 0 ? "\(dropped) steps came faster than the disk takes them" : nil)
  }
}
