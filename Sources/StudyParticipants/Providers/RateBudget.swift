import FlowCore

/// The request budget of each participant: what the provider's headers report, less requests in flight. Plain state on
/// the monotonic clock.
package struct RateBudget: Sendable {
  private struct Account {
    /// No request is sent before this moment.
    var parkedUntil: Duration?
    /// Requests left in the current window, from the latest response.
    var remaining: Int?
    /// End of the window.
    var reset: Duration = .zero
    var underWay = 0
    /// Consecutive refusals that specified no wait.
    var unnamedRefusals = 0
  }
  private var accounts: [String: Account] = [:]

  /// While the last requests of a window are in flight, others wait this long for their responses.
  static let waitForAnswers: Duration = .seconds(1)
  /// Responses whose resets differ by less belong to one window: resets are whole seconds, and responses may arrive out
  /// of order.
  private static let sameWindow: Duration = .seconds(30)

  package init() {}

  /// How long the participant must wait; nil if it may be asked now.
  package func wait(_ participant: String, now: Duration) -> Duration? {
    guard let account = accounts[participant] else { return nil }
    if let parkedUntil = account.parkedUntil, parkedUntil > now { return parkedUntil - now }
    guard let remaining = account.remaining, account.reset > now, remaining - account.underWay <= 0 else { return nil }
    return remaining > 0 ? Self.waitForAnswers : account.reset - now
  }

  /// Reserves one request, to be returned with `settle`; or returns how long to wait.
  package mutating func reserve(_ participant: String, now: Duration) -> Duration? {
    if let wait = wait(participant, now: now) { return wait }
    accounts[participant, default: Account()].underWay += 1
    return nil
  }

  /// Ends a reserved request. `remaining` and `reset` are from its response; `isRefused` marks a 429, and `wait` is the
  /// time it asked for. Without one, waits grow exponentially, since nothing else limits the load on the provider.
  package mutating func settle(
    _ participant: String, now: Duration, remaining: Int? = nil, reset: Duration? = nil, isRefused: Bool = false,
    wait: Duration? = nil
  ) {
    var account = accounts[participant, default: Account()]
    account.underWay = max(0, account.underWay - 1)
    if let remaining, let reset {
      let end = now + reset
      // A much earlier reset also means a new window: the response is more recent than the stored state.
      let isNewWindow = account.reset <= now || end > account.reset + Self.sameWindow || end < account.reset - Self.sameWindow
      account.remaining = isNewWindow ? remaining : min(account.remaining ?? remaining, remaining)
      account.reset = isNewWindow ? end : max(account.reset, end)
    }
    if isRefused {
      // After this wait requests are sent again, regardless of the earlier window.
      account.remaining = nil
      account.reset = .zero
      // Requests in flight together are refused together: they count as one refusal.
      let isFirst = account.parkedUntil.map { $0 <= now } ?? true
      if wait == nil, isFirst { account.unnamedRefusals += 1 }
    } else {
      account.unnamedRefusals = 0
    }
    accounts[participant] = account
    if isRefused { park(participant, until: now + (wait ?? WaitHeaders.unnamed(account.unnamedRefusals))) }
  }

  /// Blocks requests for the participant until `until`.
  package mutating func park(_ participant: String, until: Duration) {
    var account = accounts[participant, default: Account()]
    account.parkedUntil = max(account.parkedUntil ?? until, until)
    accounts[participant] = account
  }
}
