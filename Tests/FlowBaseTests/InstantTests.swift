import FlowBase
import Testing

@Suite("Instants and durations saturate instead of overflowing")
struct InstantTests {
  private static let longest = Duration.seconds(Int64.max)

  @Test("a duration beyond 64 bits becomes the longest duration")
  func durations() {
    #expect(Self.longest.wholeMilliseconds == .max && Self.longest.wholeNanoseconds == .max)
    #expect((Duration.zero - Self.longest).wholeMilliseconds == .min && (Duration.zero - Self.longest).wholeNanoseconds == .min)
    #expect(Duration.milliseconds(1500).wholeMilliseconds == 1500 && Duration.milliseconds(-1500).wholeNanoseconds == -1_500_000_000)
  }

  @Test("an instant moves at most to the last instant")
  func instants() {
    let instant = Instant(seconds: 1_767_225_600)
    #expect((instant + Self.longest).milliseconds == .max)
    #expect((instant - Self.longest).milliseconds == instant.milliseconds - .max)
    #expect(Instant(milliseconds: .min) - .seconds(1) == Instant(milliseconds: .min))
    #expect(Instant(milliseconds: .max) - Instant(milliseconds: .min) == .milliseconds(Int64.max))
    #expect(instant + .seconds(1) - instant == .seconds(1))
  }
}
