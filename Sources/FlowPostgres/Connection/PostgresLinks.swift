import FlowCore
import StudyModel

/// The connections of a database: lent to one task at a time, made when needed, made again when lost.
package final class PostgresLinks: Sendable {
  /// How waits and repetitions are bounded.
  package struct Limits: Sendable {
    package var connections = 4
    /// How long a server that is away is waited for, in all, before the run stops.
    package var awaySeconds: Int64 = 60
    /// How often a transaction that lost against another one is repeated.
    package var repetitions = 8
    /// How long a statement may take on the server, and how long the server may wait for the next one within a transaction. Less than the
    /// term of a lease: a host that freezes in the middle of a write must not hold its rows for longer.
    package var statementSeconds: Int64 = 45
    /// How long the server may stay silent.
    package var silenceSeconds: Int64 = 75

    package init() {}
  }

  /// What a task that wants a connection gets.
  private enum Turn: Sendable {
    case link(PostgresLink)
    /// Its place among the connections, to make one.
    case make(number: Int)
    case closed
  }

  private struct State {
    /// Connections that nobody uses, latest used last.
    var idle: [PostgresLink] = []
    /// Number of connections that exist or are being made.
    var count = 0
    var waiting: [CheckedContinuation<Turn, Never>] = []
    var isOpen = false
    var isCutShort = false
    /// Since when the server has not been reached; nil while it answers.
    var awaySince: Duration?
    var hasToldOfWait = false
    var lastNumber = 0

    /// nil: wait for one to come back.
    mutating func turn(atMost limit: Int) -> Turn? {
      guard isOpen else { return .closed }
      if let link = idle.popLast() { return .link(link) }
      guard count < limit else { return nil }
      count += 1
      return .make(number: nextNumber())
    }

    mutating func nextNumber() -> Int {
      lastNumber += 1
      return lastNumber
    }
  }

  /// How long a connection may take to be made, also by those whose statements may take hours: long enough for the system to give up a host that does not
  /// answer and for libpq to try the next one.
  private static let longestConnecting: Int64 = 150
  /// After this time it is said that the server is waited for.
  private static let silence = Duration.seconds(3)

  let limits: Limits
  private let address: PostgresAddress
  private let environment: RuntimeEnvironment
  private let state = Locked(State())
  private var failure: PostgresFailure { PostgresFailure(location: address.uri) }

  init(_ address: PostgresAddress, _ environment: RuntimeEnvironment, limits: Limits) {
    self.address = address
    self.environment = environment
    self.limits = limits
  }

  func open() { state.withLock { $0.isOpen = true } }

  /// Shortens all further waits to a moment.
  func cutWaitsShort() { state.withLock { $0.isCutShort = true } }

  /// Ends the idle connections. Those that are lent end when they come back.
  func close() async {
    let (idle, waiting) = state.withLock { state in
      defer {
        state.count -= state.idle.count
        state.idle = []
        state.waiting = []
        state.isOpen = false
      }
      return (state.idle, state.waiting)
    }
    for continuation in waiting { continuation.resume(returning: .closed) }
    for link in idle { await link.close() }
  }

  /// Lends a connection to `body`. Repeats the whole of it if the connection is lost or the transaction lost against another one: it must
  /// be harmless to run twice. Throws what is to be reported.
  func lend<Result: Sendable>(_ body: @Sendable (PostgresLink) async throws -> Result) async throws -> Result {
    var repetition = 0
    var deadline: Duration?
    var notice: ScheduledAction?
    defer { notice?.cancel() }
    while true {
      do {
        return try await lendOnce(body)
      } catch {
        repetition += 1
        let remedy = PostgresFailure.remedy(error)
        if case .reconnect = remedy {
          deadline = deadline ?? environment.time.monotonic + .seconds(limits.awaySeconds)
          notice = notice ?? noticeOfWait()
        }
        switch remedy {
        case .repeatTransaction where repetition <= limits.repetitions:
          // At random, so that those who lost against each other do not meet again.
          await environment.time.sleep(for: .milliseconds(Int64(environment.random.next() % UInt64(20 << min(repetition, 6)))))
        case .reconnect where environment.time.monotonic < deadline ?? .zero && !state.withLock({ $0.isCutShort }):
          await environment.time.sleep(for: .milliseconds(min(5000, 50 << min(repetition, 10))))
        default: throw failure.translate(error)
        }
      }
    }
  }

  /// Says once for each time that the server is away that it is waited for.
  private func noticeOfWait() -> ScheduledAction {
    let time = environment.time
    state.withLock { $0.awaySince = $0.awaySince ?? time.monotonic }
    return time.schedule(after: Self.silence) { [weak self] in
      guard let self else { return }
      let isDue = state.withLock { state in
        defer { if state.awaySince != nil { state.hasToldOfWait = true } }
        return state.awaySince != nil && !state.hasToldOfWait
      }
      guard isDue else { return }
      environment.log("waiting for the database's server, at most \(Units.text(of: .seconds(limits.awaySeconds)))", ["database": address.uri])
    }
  }

  private func lendOnce<Result: Sendable>(_ body: @Sendable (PostgresLink) async throws -> Result) async throws -> Result {
    let link = try await take()
    do {
      let result = try await body(link)
      await giveBack(link, isWhole: true)
      return result
    } catch {
      await giveBack(link, isWhole: PostgresFailure.remedy(error) != .reconnect)
      throw error
    }
  }

  private func take() async throws -> PostgresLink {
    let turn = await withCheckedContinuation { (continuation: CheckedContinuation<Turn, Never>) in
      // Looked at and queued under one lock: what comes back or is given up in between would wake nobody.
      let turn = state.withLock { state -> Turn? in
        let turn = state.turn(atMost: limits.connections)
        if turn == nil { state.waiting.append(continuation) }
        return turn
      }
      if let turn { continuation.resume(returning: turn) }
    }
    switch turn {
    case .closed: throw closed
    case .link(let link): return link
    case .make(let number): return try await make(number)
    }
  }

  private func make(_ number: Int) async throws -> PostgresLink {
    let link = PostgresLink(label: "flowrun.postgres.\(number)", time: environment.time, patience: .seconds(limits.silenceSeconds))
    do {
      // The environment, which libpq reads too, may say where the server is and whether the way there is encrypted.
      let problems = PostgresAddress.problems(of: address.uri, variable: environment.variable)
      guard problems.isEmpty else { throw Diagnostics(problems) }
      let notice = noticeOfWait()
      defer { notice.cancel() }
      try await link.connect(address.connectionOptions, within: .seconds(min(limits.silenceSeconds, Self.longestConnecting)))
      state.withLock { ($0.awaySince, $0.hasToldOfWait) = (nil, false) }
      return link
    } catch {
      await discard(link)
      throw error
    }
  }

  private func giveBack(_ link: PostgresLink, isWhole: Bool) async {
    guard isWhole, await link.isUsable() else { return await discard(link) }
    let (next, isClosed) = state.withLock { state -> (CheckedContinuation<Turn, Never>?, Bool) in
      guard state.isOpen else { return (nil, true) }
      guard !state.waiting.isEmpty else {
        state.idle.append(link)
        return (nil, false)
      }
      return (state.waiting.removeFirst(), false)
    }
    if isClosed { return await discard(link) }
    next?.resume(returning: .link(link))
  }

  /// Gives up a connection; its place goes to a task that waits.
  private func discard(_ link: PostgresLink) async {
    await link.close()
    let next = state.withLock { state -> (CheckedContinuation<Turn, Never>, Turn)? in
      guard !state.waiting.isEmpty else {
        state.count -= 1
        return nil
      }
      return (state.waiting.removeFirst(), .make(number: state.nextNumber()))
    }
    if let (continuation, turn) = next { continuation.resume(returning: turn) }
  }

  private var closed: ProcessorError {
    ProcessorError(.internal, "database '\(address.uri)' was used before it was opened or after it was closed")
  }
}
