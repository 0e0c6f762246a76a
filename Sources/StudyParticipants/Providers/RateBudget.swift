import FlowCore
import StudyModel

/// The request budget of each participant, known before it is spent: the provider's limit, or what its responses
/// announce, less requests in flight. Plain state on the monotonic clock.
///
/// It lasts as long as the run and holds for everything that the run asks for a participant. Another run does not know
/// what this one has spent, unless the provider announces it.
package struct RateBudget: Sendable {
  private struct Account {
    /// No request is sent before this moment.
    var parkedUntil: Duration?
    /// Responses report what is left; they know better than `recent` does.
    var isAnnounced = false
    /// Requests left in the announced window, from the latest response.
    var remaining: Int?
    /// End of the announced window.
    var reset: Duration = .zero
    var underWay = 0
    /// Requests that answers in pages are still expected to need.
    var setAside = 0
    /// Requests that count against the limit.
    var recent: RecentRequests?
    var unnamedWaits = UnnamedWaits()
  }
  private var accounts: [String: Account] = [:]
  /// nil if there is none, or the provider announces it.
  private let limit: RequestLimit?

  /// While the last requests of a window are in flight, others wait this long for their responses.
  static let waitForAnswers: Duration = .seconds(1)
  /// Responses whose resets differ by less belong to one window: resets are whole seconds, and responses may arrive out
  /// of order.
  private static let sameWindow: Duration = .seconds(30)

  package init(_ limit: RequestLimit? = nil) { self.limit = limit.flatMap { $0.isAnnounced ? nil : $0 } }

  /// How long the participant must wait; nil if it may be asked now.
  package func wait(_ participant: String, now: Duration) -> Duration? {
    guard let account = accounts[participant] else { return nil }
    if let parkedUntil = account.parkedUntil, parkedUntil > now { return parkedUntil - now }
    if let limit, !account.isAnnounced { return wait(account, limit, now, needed: 1) }
    guard let remaining = account.remaining, account.reset > now, remaining - account.underWay <= 0 else { return nil }
    return remaining > 0 ? Self.waitForAnswers : account.reset - now
  }

  private func wait(_ account: Account, _ limit: RequestLimit, _ now: Duration, needed: Int) -> Duration? {
    let used = account.underWay + (account.recent?.count(at: now) ?? 0)
    return used + needed <= limit.count ? nil : account.recent?.untilNext(at: now) ?? Self.waitForAnswers
  }

  /// Reserves one request, to be returned with `settle`; or returns how long to wait.
  package mutating func reserve(_ participant: String, now: Duration) -> Duration? {
    if let wait = wait(participant, now: now) { return wait }
    accounts[participant, default: Account()].underWay += 1
    return nil
  }

  /// Sets requests of the known limit aside for an answer in pages, to be returned with `free`; or returns how long to
  /// wait for more. An answer that is cut short is requested from its first page again, so it had better not begin.
  /// Other requests may use what is set aside. More than half of the limit is not waited for.
  package mutating func setAside(_ count: Int, for participant: String, now: Duration) -> Duration? {
    if let wait = wait(participant, now: now) { return wait }
    if let limit, let account = accounts[participant], !account.isAnnounced,
      let wait = wait(account, limit, now, needed: min(account.setAside + count, limit.count / 2))
    {
      return wait
    }
    accounts[participant, default: Account()].setAside += count
    return nil
  }

  package mutating func free(_ count: Int, for participant: String) {
    accounts[participant, default: Account()].setAside -= count
  }

  /// The end of a reserved request, as far as it concerns the budget.
  package enum End: Sendable {
    /// It was answered.
    case served
    /// It reached the limit. `wait` is the time that the response names; `random` varies the one that it does not name.
    case refused(wait: Duration?, random: UInt64)
    /// It counts, but proves nothing: it failed for another reason, or was not answered.
    case failed
    case notSent
  }

  /// Ends a reserved request.
  /// - Parameter announced: what its response says of the current window.
  package mutating func settle(
    _ participant: String, _ end: End, now: Duration, announced: (remaining: Int, reset: Duration)? = nil
  ) {
    Self.settle(&accounts[participant, default: Account()], end, limit, now, announced)
  }

  private static func settle(
    _ account: inout Account, _ end: End, _ limit: RequestLimit?, _ now: Duration, _ announced: (remaining: Int, reset: Duration)?
  ) {
    account.underWay = max(0, account.underWay - 1)
    if let announced { note(announced, in: &account, now) }
    if case .notSent = end { return }
    if let limit, !account.isAnnounced {
      // In place: a copy would be made for every request.
      if account.recent == nil { account.recent = RecentRequests(limit.window) }
      account.recent?.add(at: now)
    }
    let isParked = account.parkedUntil.map { $0 > now } ?? false
    switch end {
    // A response that was overtaken by a refusal says nothing about what comes after it.
    case .served where !isParked: account.unnamedWaits = UnnamedWaits()
    case .served, .failed, .notSent: break
    case .refused(let wait, let random):
      // After this wait requests are sent again, regardless of the announced window.
      account.remaining = nil
      account.reset = .zero
      // Requests in flight together are refused together: they count as one refusal.
      if let wait { park(&account, until: now + wait) } else if !isParked { park(&account, until: now + account.unnamedWaits.next(random)) }
    }
  }

  private static func note(_ announced: (remaining: Int, reset: Duration), in account: inout Account, _ now: Duration) {
    let end = now + announced.reset
    // A much earlier reset also means a new window: the response is more recent than the stored state.
    let isNewWindow = account.reset <= now || end > account.reset + sameWindow || end < account.reset - sameWindow
    account.remaining = isNewWindow ? announced.remaining : min(account.remaining ?? announced.remaining, announced.remaining)
    account.reset = isNewWindow ? end : max(account.reset, end)
    account.isAnnounced = true
    account.recent = nil
  }

  /// Blocks requests for the participant until `until`.
  package mutating func park(_ participant: String, until: Duration) {
    Self.park(&accounts[participant, default: Account()], until: until)
  }

  private static func park(_ account: inout Account, until: Duration) {
    account.parkedUntil = max(account.parkedUntil ?? until, until)
  }
}
