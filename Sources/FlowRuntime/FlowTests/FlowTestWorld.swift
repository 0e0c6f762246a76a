import Dispatch
import FlowCore
import Foundation

/// A clock that stands still while there is work, and jumps over waits: when nothing is left to do, it goes to the next timer at once. So a test sees
/// the same times whenever it runs, and need not wait for a retry or a rate limit.
final class TestClock: TimeSource {
  private struct Timer {
    var id: Int
    var due: Duration
    var action: @Sendable () -> Void
  }
  private struct State {
    var elapsed = Duration.zero
    var timers: [Timer] = []
    var lastID = 0
  }
  private let start: Instant
  private let state = Locked(State())

  init(start: Instant) { self.start = start }

  var now: Instant { start + monotonic }
  var monotonic: Duration { state.withLock { $0.elapsed } }

  func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
    let id = state.withLock { state in
      state.lastID += 1
      state.timers.append(Timer(id: state.lastID, due: state.elapsed + max(delay, .zero), action: action))
      return state.lastID
    }
    return ScheduledAction { [weak self] in self?.state.withLock { state in state.timers.removeAll { $0.id == id } } }
  }

  /// Goes to the next timer and calls it; does nothing without one.
  func jump() {
    let action = state.withLock { state -> (@Sendable () -> Void)? in
      guard let next = state.timers.min(by: { ($0.due, $0.id) < ($1.due, $1.id) }) else { return nil }
      state.timers.removeAll { $0.id == next.id }
      state.elapsed = max(state.elapsed, next.due)
      return next.action
    }
    action?()
  }
}

/// One job at a time, so that a test happens in the same order every time. When no job is left, the clock jumps.
final class OrderlyExecutor: TaskExecutor {
  /// What may be under way elsewhere has this long to come back.
  private static let patience = DispatchTimeInterval.milliseconds(2)

  private struct State {
    var waiting = 0
    /// Grows with every job: a jump that was planned before it is off.
    var turn = 0
    var isOver = false
  }
  private let queue = DispatchQueue(label: "flowrun.test")
  private let clock: TestClock
  private let state = Locked(State())

  init(clock: TestClock) { self.clock = clock }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let executor = asUnownedTaskExecutor()
    state.withLock { state in
      state.waiting += 1
      state.turn += 1
    }
    queue.async { [self] in
      job.runSynchronously(on: executor)
      let isIdle = state.withLock { state in
        state.waiting -= 1
        return state.waiting == 0
      }
      if isIdle { planJump() }
    }
  }

  /// The clock jumps no more.
  func end() { state.withLock { $0.isOver = true } }

  private func planJump() {
    let turn = state.withLock { $0.turn }
    queue.asyncAfter(deadline: .now() + Self.patience) { [self] in
      let goesOn = state.withLock { !$0.isOver && $0.waiting == 0 && $0.turn == turn }
      guard goesOn else { return }
      clock.jump()
      planJump()
    }
  }
}

/// A lane that runs its bodies where they are: with one job at a time nobody waits for another.
struct OrderlyLane: Lane {
  func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result { try body() }
}

/// The answers of a test's provider; there is no network behind it.
final class TestAnswers: HTTPTransport {
  struct Answer: Sendable {
    var pattern: String
    var method: String
    var response: HTTPResponse
    /// nil: all.
    var left: Int?
    var count = 0
  }
  private struct State {
    var answers: [Answer]
    var requests: [String] = []
    var unanswered: [String] = []
  }
  private let state: Locked<State>

  init(_ answers: [Answer]) { state = Locked(State(answers: answers)) }

  /// Method, path and query of every request, in order.
  var requests: [String] { state.withLock { $0.requests } }
  /// Those that no answer fits.
  var unanswered: [String] { state.withLock { $0.unanswered } }
  /// Numbers of the answers that nobody asked for.
  var unused: [Int] { state.withLock { state in state.answers.indices.filter { state.answers[$0].count == 0 } } }

  func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    let path = Self.path(of: request.url)
    return try state.withLock { state in
      state.requests.append("\(request.method) \(path)")
      let found = state.answers.firstIndex { answer in
        answer.method == request.method && answer.left != 0
          && [path, request.url].contains { Glob.matches($0, pattern: answer.pattern, readsBrackets: false) }
      }
      guard let found else {
        state.unanswered.append("\(request.method) \(path)")
        throw TransportError(.connection, "the test has no response for \(request.method) \(path)")
      }
      state.answers[found].count += 1
      state.answers[found].left = state.answers[found].left.map { $0 - 1 }
      return state.answers[found].response
    }
  }

  /// Without scheme and host.
  private static func path(of url: String) -> String {
    guard let scheme = url.range(of: "://"), let slash = url[scheme.upperBound...].firstIndex(of: "/") else { return url }
    return String(url[slash...])
  }
}

/// The files of a test: all below one folder. Relative paths begin there; others are refused, so that a test touches nothing of its user's.
struct TestFolderFiles: FileSystem {
  let base: any FileSystem
  /// An absolute path.
  let folder: String

  private func placed(_ path: String) throws -> String {
    let whole = path.hasPrefix("/") ? path : "\(folder)/\(path)"
    guard whole == folder || whole.hasPrefix(folder + "/"), !whole.split(separator: "/").contains("..") else {
      throw FileSystemError(operation: "use", path: path, errno: EACCES, reason: "a test uses relative paths only, below a folder of its own")
    }
    return whole
  }

  func open(_ path: String, _ mode: FileOpenMode) throws -> Int32 { try base.open(placed(path), mode) }
  func readAll(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] { try base.readAll(descriptor, path: path, limitBytes: limitBytes) }
  func readNext(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] { try base.readNext(descriptor, path: path, limitBytes: limitBytes) }
  func readChunk(_ path: String, at offset: Int64, count: Int) throws -> [UInt8] { try base.readChunk(placed(path), at: offset, count: count) }
  func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws { try base.write(bytes, to: descriptor, path: path) }
  func synchronize(_ descriptor: Int32, path: String) throws {}
  func close(_ descriptor: Int32) { base.close(descriptor) }
  func rename(_ source: String, to destination: String) throws { try base.rename(placed(source), to: placed(destination)) }
  func renameExclusively(_ source: String, to destination: String) throws -> Bool { try base.renameExclusively(placed(source), to: placed(destination)) }
  func removeFile(_ path: String) throws { try base.removeFile(placed(path)) }
  func removeFolder(_ path: String) throws { try base.removeFolder(placed(path)) }
  func removeFolderIfEmpty(_ path: String) throws -> Bool { try base.removeFolderIfEmpty(placed(path)) }
  func makeFolder(_ path: String) throws { try base.makeFolder(placed(path)) }
  func names(in folder: String) throws -> [String] { try base.names(in: placed(folder)) }
  func entries(in folder: String) throws -> FolderEntries { try base.entries(in: placed(folder)) }
  func resolved(_ path: String) throws -> String? { try base.resolved(placed(path)) }
  func status(_ path: String) throws -> FileStatus? { try base.status(placed(path)) }
  func identity(_ path: String) throws -> FileIdentity? { try base.identity(placed(path)) }
  func modificationTime(_ path: String) throws -> Instant? { try base.modificationTime(placed(path)) }
  func isSymbolicLink(_ path: String) throws -> Bool { try base.isSymbolicLink(placed(path)) }
  func lock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool { try base.lock(descriptor, offset: offset, length: length, path: path) }
  func unlock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws { try base.unlock(descriptor, offset: offset, length: length, path: path) }
  func isLocked(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool {
    try base.isLocked(descriptor, offset: offset, length: length, path: path)
  }
  func freeBytes(at path: String) throws -> Int64 { try base.freeBytes(at: placed(path)) }
  func isNetworkFileSystem(_ path: String) throws -> Bool { try base.isNetworkFileSystem(placed(path)) }
}
