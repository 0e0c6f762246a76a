import FlowCore
import Testing

@testable import StudyWeb

@Suite("Guessing links is slowed")
struct ConsentThrottleTests {
  private static func seconds(_ count: Int64) -> Duration { .seconds(count) }

  @Test("an address has a dozen guesses, then one in ten seconds; others are not affected")
  func guesses() {
    var throttle = ConsentThrottle()
    var count = 0
    while throttle.wait(of: "a", now: .zero) == nil {
      #expect(throttle.failed("a", now: .zero) == nil)
      count += 1
    }
    #expect(count == 12)
    #expect(throttle.wait(of: "a", now: .zero) == 1)
    #expect(throttle.wait(of: "b", now: .zero) == nil)
    // From then on.
    var later = 0
    for second in Int64(1)...600 {
      guard throttle.wait(of: "a", now: Self.seconds(second)) == nil else { continue }
      #expect(throttle.failed("a", now: Self.seconds(second)) == nil)
      later += 1
    }
    #expect((58...61).contains(later), "\(later)")
  }

  @Test("many people behind one address are answered")
  func shared() {
    var throttle = ConsentThrottle()
    for second in Int64(0)..<600 {
      #expect(throttle.wait(of: "a", now: Self.seconds(second)) == nil)
      throttle.succeeded("a", now: Self.seconds(second))
    }
  }

  @Test("guesses from everywhere spend an allowance of all; it locks out those who guessed, and nobody else")
  func total() {
    var throttle = ConsentThrottle()
    #expect(throttle.wait(of: "good", now: .zero) == nil)
    throttle.succeeded("good", now: .zero)
    var answered = 0
    func guesser(_ number: Int) -> String { "10.0.\(number / 250).\(number % 250)" }
    for number in 0..<2_000 {
      #expect(throttle.wait(of: guesser(number), now: .zero) == nil, "an address that has not guessed is looked at")
      if throttle.failed(guesser(number), now: .zero) == nil { answered += 1 }
    }
    #expect(answered == 300)
    for number in [0, 299, 300, 1_999] { #expect(throttle.wait(of: guesser(number), now: .zero) == 1) }
    // A participant with the right link, from an address of their own.
    #expect(throttle.wait(of: "new", now: .zero) == nil)
    throttle.succeeded("new", now: .zero)
    // Somebody mistypes a link that had worked.
    #expect(throttle.wait(of: "good", now: .zero) == nil)
    #expect(throttle.failed("good", now: .zero) == 1)
    #expect(throttle.wait(of: "good", now: .zero) == nil)
    #expect(throttle.wait(of: guesser(0), now: .seconds(1)) == nil, "it refills")
  }

  @Test("what an address has shown is forgotten after an hour")
  func forgotten() {
    var throttle = ConsentThrottle()
    throttle.succeeded("valid", now: .zero)
    for address in ["guess", "valid"] { #expect(throttle.failed(address, now: .zero) == nil) }
    func spend(_ now: Duration) { for number in 0..<1_000 { _ = throttle.failed("\(now) \(number)", now: now) } }
    spend(.seconds(3_599))
    #expect(throttle.wait(of: "guess", now: .seconds(3_599)) == 1 && throttle.wait(of: "valid", now: .seconds(3_599)) == nil)
    #expect(throttle.wait(of: "guess", now: .seconds(3_600)) == nil)
  }

  @Test("memory is bounded, whatever addresses come")
  func bounded() {
    var throttle = ConsentThrottle()
    for number in 0..<25_000 {
      _ = throttle.wait(of: "a\(number)", now: .milliseconds(number))
      #expect(throttle.addressCount <= ConsentThrottle.addressLimit)
    }
    #expect(throttle.addressCount >= ConsentThrottle.addressLimit / 2)
  }

  @Test("one network of IPv6 is one address, and different ones are not", arguments: [
    ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("::ffff:192.0.2.1", "192.0.2.1", true), ("2001:db8:1:2:3:4:5:6", "2001:DB8:1:2::9", true),
    ("2001:db8::1", "2001:0db8:0000:0000:ffff::2", true), ("2001:db8:1:2::1", "2001:db8:1:3::1", false), ("::1", "::2", true), ("fe80::1%eth0", "fe80::2", true),
    ("2001:db8::1", "2001:db8:0:1::1", false),
  ])
  func networks(_ first: String, second: String, areOne: Bool) {
    #expect((ConsentThrottle.key(of: first) == ConsentThrottle.key(of: second)) == areOne)
  }
}
