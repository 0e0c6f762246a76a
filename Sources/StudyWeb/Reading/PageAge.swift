import FlowCore

/// What a page was made from, when, and how long it took: decides whether the next reader may have it. Pure decisions.
struct PageAge: Sendable {
  /// What a page depends on, as texts that are equal as long as it would be the same.
  struct Basis: Equatable, Sendable {
    /// Changes of these are seen at once.
    var sharp: [String]
    /// Changes of these are looked at after a rest while a run is under way, which makes them all the time. nil: they cannot be known.
    var soft: [String]?
  }

  /// For so long at least, while a run is under way, soft changes are not looked at.
  static let rest = Duration.seconds(3)
  /// What the basis does not show is seen after this time.
  static let lifetime = Duration.seconds(60)

  var basis: Basis
  /// When making it began, on the running clock.
  var at: Duration
  /// How long it took.
  var cost: Duration

  func isUsable(_ current: Basis, now: Duration, isRunUnderWay: Bool) -> Bool {
    let age = now - at
    guard age < Self.lifetime, basis.sharp == current.sharp else { return false }
    if isRunUnderWay, age < max(Self.rest, cost * 20) { return true }
    return basis.soft.map { $0 == current.soft } ?? false
  }
}
