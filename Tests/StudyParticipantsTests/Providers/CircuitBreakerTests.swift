import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


@Suite("A circuit breaker between the requests and the provider")
struct CircuitBreakerTests {
  private let stop = StopRun(.unavailable, .clientRefused, "refused")
  private let lost = StopRun(.unavailable, .connection, "lost")

  private func closed() -> CircuitBreaker<Int> {
    var breaker = CircuitBreaker<Int>()
    #expect(breaker.enter(0) == .go(asProbe: true))
    #expect(breaker.leave(.answered, isProbe: true).isEmpty)
    return breaker
  }

  /// Four probe, three wait.
  private func unproven() -> CircuitBreaker<Int> {
    var breaker = CircuitBreaker<Int>()
    for waiter in 0..<4 { #expect(breaker.enter(waiter) == .go(asProbe: true)) }
    for waiter in 4..<7 { #expect(breaker.enter(waiter) == .wait) }
    return breaker
  }

  @Test("as soon as one request is answered, all may continue; a slower failure holds none back")
  func answered() {
    var breaker = unproven()
    let resumed = breaker.leave(.answered, isProbe: true)
    #expect(resumed.map(\.waiter) == [4, 5, 6] && resumed.allSatisfy { $0.admission == .go(asProbe: false) })
    #expect(breaker.enter(7) == .go(asProbe: false))
    #expect(breaker.leave(.refused(stop), isProbe: true).isEmpty)
    #expect(breaker.enter(8) == .go(asProbe: false))
  }

  @Test("a refusal of the whole client opens it permanently")
  func refused() {
    var breaker = unproven()
    #expect(breaker.leave(.refused(stop), isProbe: true).map(\.admission) == Array(repeating: .refused(stop), count: 3))
    #expect(breaker.enter(7) == .refused(stop))
    #expect(breaker.leave(.lost, isProbe: true).isEmpty)
  }

  @Test("a lost probe is followed by exactly one other")
  func lostProbe() {
    var breaker = unproven()
    #expect(breaker.leave(.lost, isProbe: true).map(\.waiter) == [4])
    #expect(breaker.enter(7) == .wait)
    for next in [5, 6, 7] { #expect(breaker.leave(.lost, isProbe: true).map(\.waiter) == [next]) }
    for _ in 0..<4 { #expect(breaker.leave(.lost, isProbe: true).isEmpty) }
    #expect(breaker.enter(8) == .go(asProbe: true))
  }

  @Test("no request was ever answered: three attempts of a probe are enough")
  func neverAnswered() {
    var breaker = unproven()
    #expect(breaker.unreachable(tries: 1, isProbe: true, now: .zero, stop: lost).advice == .tryAgain(after: .milliseconds(300)))
    #expect(breaker.unreachable(tries: 2, isProbe: true, now: .zero, stop: lost).advice == .tryAgain(after: .seconds(1)))
    let last = breaker.unreachable(tries: 3, isProbe: true, now: .zero, stop: lost)
    #expect(last.advice == .refused(lost))
    #expect(last.resumed.map(\.waiter) == [4, 5, 6])
    #expect(breaker.unreachable(tries: 1, isProbe: true, now: .zero, stop: lost).advice == .refused(lost))
  }

  @Test("after earlier responses one request probes and the others wait; any response releases them all")
  func halfOpen() {
    var breaker = closed()
    #expect(breaker.unreachable(tries: 1, isProbe: false, now: .zero, stop: lost).advice == .tryAgain(after: .milliseconds(300)))
    #expect(breaker.unreachable(tries: 1, isProbe: false, now: .zero, stop: lost).advice == .queue)
    #expect(breaker.enter(1) == .wait)
    #expect(breaker.enter(2) == .wait)
    #expect(breaker.leave(.answered, isProbe: false).map(\.waiter) == [1, 2])
    #expect(breaker.enter(3) == .go(asProbe: false))
  }

  @Test("a cancelled probe leaves its place to the next one, which continues the count")
  func probeGone() {
    var breaker = closed()
    _ = breaker.unreachable(tries: 1, isProbe: false, now: .zero, stop: lost)
    #expect(breaker.enter(1) == .wait)
    #expect(breaker.leave(.lost, isProbe: true).map(\.admission) == [.go(asProbe: true)])
    #expect(breaker.unreachable(tries: 1, isProbe: true, now: .zero, stop: lost).advice == .tryAgain(after: .seconds(1)))
    #expect(breaker.leave(.lost, isProbe: true).isEmpty)
    #expect(breaker.enter(2) == .go(asProbe: true))
  }

  @Test("it opens after many failures in a row only, within half a minute of pauses; fewer slow ones suffice", arguments: [(0, 10), (20, 4)])
  func opens(secondsEach: Int, failures: Int) {
    var breaker = closed()
    var now = Duration.zero
    var pauses = Duration.zero
    for count in 1... {
      let (advice, _) = breaker.unreachable(tries: count, isProbe: count > 1, now: now, stop: lost)
      guard case .tryAgain(let pause) = advice else {
        #expect(advice == .refused(lost))
        #expect(count == failures)
        break
      }
      pauses += pause
      now += .seconds(secondsEach)
    }
    #expect(pauses < .seconds(30))
  }

  @Test("while others are answered, a request gives up after three attempts")
  func ownTrouble() {
    var breaker = closed()
    for tries in 1...2 {
      guard case .tryAgain = breaker.unreachable(tries: tries, isProbe: tries > 1, now: .zero, stop: lost).advice else {
        Issue.record("try \(tries) gave up")
        return
      }
      #expect(breaker.leave(.answered, isProbe: false).isEmpty)
    }
    #expect(breaker.unreachable(tries: 3, isProbe: true, now: .zero, stop: lost).advice == .giveUp)
    #expect(breaker.enter(1) == .go(asProbe: false))
  }
}
