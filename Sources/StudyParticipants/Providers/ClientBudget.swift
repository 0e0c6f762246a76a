import FlowCore
import StudyModel

/// What this process may still send of the requests that the provider allows the client for all participants together.
/// Plain state on the monotonic clock.
///
/// Where a store is shared with other hosts its grants are asked for (`RequestGrants`); otherwise this process is taken
/// to be the only one, and they are made here.
struct ClientBudget: Sendable {
  enum Turn: Sendable, Equatable {
    case send
    /// Nothing is left: ask for a grant of so many, note it, and take again.
    case ask(Int)
    case wait(Duration)
  }

  /// The portion that is asked for first: what nobody uses is lost to the other hosts.
  static let firstPortion = 16

  let limits: [RequestLimit]
  /// The latest grant.
  private var granted = 0
  private var left = 0
  private var ends: Duration = .zero
  private var exhaustedUntil: Duration = .zero
  /// The requests that were granted here, for each limit.
  private var recent: [RecentRequests]

  init(_ limits: [RequestLimit]) {
    self.limits = limits
    recent = limits.map { RecentRequests($0.window) }
  }

  /// How long nothing may be sent; nil if that is not known.
  func wait(now: Duration) -> Duration? { exhaustedUntil > now ? exhaustedUntil - now : nil }

  mutating func take(now: Duration) -> Turn {
    guard !limits.isEmpty else { return .send }
    if let wait = wait(now: now) { return .wait(wait) }
    guard left > 0, ends > now else { return .ask(portion) }
    left -= 1
    return .send
  }

  /// A request that was taken was not sent.
  mutating func giveBack() { if !limits.isEmpty { left += 1 } }

  /// - Parameter asked: when the grant was asked for; its time counts from then.
  mutating func note(_ grant: RequestGrant, asked: Duration, now: Duration) {
    switch grant {
    case .granted(let count, let time):
      granted = count
      left = count
      // A grant whose time is over when it arrives, because the store is slow, would be asked for for ever.
      ends = asked == now ? now + time : max(asked + time, now + .milliseconds(50))
    case .exhausted(let time):
      granted = 0
      left = 0
      exhaustedUntil = now + time
    }
  }

  /// Grants requests where no store does.
  mutating func grantHere(_ count: Int, now: Duration) {
    let uses = zip(limits, recent).map { limit, recent in
      RequestGrant.Use(of: limit, count: recent.count(at: now), untilNext: recent.untilNext(at: now) ?? .zero)
    }
    // Unlike what a store grants, used within the part in which it is counted: it has no way to make.
    let part = RequestGrant.part(of: limits).wholeMilliseconds
    let left = part - now.wholeMilliseconds % part
    let grant = RequestGrant(count, uses, within: .milliseconds(left))
    if case .granted(let count, _) = grant { for index in recent.indices { recent[index].add(count, at: now) } }
    note(grant, asked: now, now: now)
  }

  /// Twice as many as were used of the latest grant, but not more than the limit has for a part, so that no host takes all of it.
  private var portion: Int {
    let most = max(1, (limits.map(\.count).min() ?? 1) / RequestGrant.partsOfWindow)
    return min(max(Self.firstPortion, (granted - left) * 2), max(Self.firstPortion, most))
  }
}
