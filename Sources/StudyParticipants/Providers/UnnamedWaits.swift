import FlowCore

/// The waits after refusals that name none: five seconds, then twice as long each time, at most sixteen minutes, since
/// nothing else limits the load on the provider. Plain state; a new value begins anew.
struct UnnamedWaits: Sendable, Equatable {
  static let first: Duration = .seconds(5)
  static let longest: Duration = .seconds(960)
  private var count = 0

  /// The wait after one more refusal. A random fifth of it varies, so that participants who were refused together do
  /// not return together.
  mutating func next(_ random: UInt64) -> Duration {
    var shortest = Self.first
    for _ in 0..<count where shortest < Self.longest { shortest *= 2 }
    count += 1
    let longest = min(shortest * 5 / 4, Self.longest)
    let fraction = Double(random >> 11) * 0x1p-53
    return .milliseconds((longest * (0.8 + 0.2 * fraction)).wholeMilliseconds)
  }
}
