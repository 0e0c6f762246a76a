import FlowCore

/// How much each participant may still ask: what the provider's headers say, less what is under way. Plain state on the monotonic clock.
package struct RateBudget: Sendable {
  private struct Account {
    /// Nothing is asked before this moment.
    var parkedUntil: Duration?
    /// Requests left in the present window, by the last answer.
    var remaining: Int?
    /// When the window ends.
    var reset: Duration = .zero
    var underWay = 0
    /// Refusals in a row that named no time.
    var unnamedRefusals = 0
  }
  private var accounts: [String: Account] = [:]

  /// While the last requests of a window are under way, others wait this long for what their answers say.
  static let waitForAnswers: Duration = .seconds(1)
  /// Answers whose resets differ by less belong to one window: resets are whole seconds, and answers overtake each other.
  private static let sameWindow: Duration = .seconds(30)

  package init() {}

  /// How long the participant must wait; nil: not at all.
  package func wait(_ participant: String, now: Duration) -> Duration? {
    guard let account = accounts[participant] else { return nil }
    if let parkedUntil = account.parkedUntil, parkedUntil > now { return parkedUntil - now }
    guard let remaining = account.remaining, account.reset > now, remaining - account.underWay <= 0 else { return nil }
    return remaining > 0 ? Self.waitForAnswers : account.reset - now
  }

  /// Takes one request from the budget, to be given back with `settle`; or says how long to wait.
  package mutating func reserve(_ participant: String, now: Duration) -> Duration? {
    if let wait = wait(participant, now: now) { return wait }
    accounts[participant, default: Account()].underWay += 1
    return nil
  }

  /// Ends a reserved request. `remaining` and `reset` are what its answer said; `isRefused`: it was a 429, `wait` how long it told to
  /// wait. Without a time the waits grow, for a provider that names none has nothing else to be spared by.
  package mutating func settle(
    _ participant: String, now: Duration, remaining: Int? = nil, reset: Duration? = nil, isRefused: Bool = false,
    wait: Duration? = nil
  ) {
    var account = accounts[participant, default: Account()]
    account.underWay = max(0, account.underWay - 1)
    if let remaining, let reset {
      let end = now + reset
      // A reset that is earlier by far is news too: what it says of the window is later than what was known.
      let isNewWindow = account.reset <= now || end > account.reset + Self.sameWindow || end < account.reset - Self.sameWindow
      account.remaining = isNewWindow ? remaining : min(account.remaining ?? remaining, remaining)
      account.reset = isNewWindow ? end : max(account.reset, end)
    }
    if isRefused {
      // Told to wait: after that wait the provider is asked, whatever was known of its window before.
      account.remaining = nil
      account.reset = .zero
      // Requests that were under way together are refused together: one refusal, not several in a row.
      let isFirst = account.parkedUntil.map { $0 <= now } ?? true
      if wait == nil, isFirst { account.unnamedRefusals += 1 }
    } else {
      account.unnamedRefusals = 0
    }
    accounts[participant] = account
    if isRefused { park(participant, until: now + (wait ?? WaitHeaders.unnamed(account.unnamedRefusals))) }
  }

  /// Nothing is asked for the participant before `until`.
  package mutating func park(_ participant: String, until: Duration) {
    var account = accounts[participant, default: Account()]
    account.parkedUntil = max(account.parkedUntil ?? until, until)
    accounts[participant] = account
  }
}
