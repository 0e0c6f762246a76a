import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants

@Suite("A participant's budget is known before it is spent")
struct RateBudgetTests {
  private static let google = GoogleHealthWire().limit

  @Test("each provider's limit, and the time that requests take within it", arguments: [
    (FitbitWire().limit, 150, 3600, true, 151, 0, 3600), (FitbitWire().limit, 150, 3600, true, 301, 3000, 4200), (FitbitWire().limit, 150, 3600, true, 150, 3000, 0),
    (GoogleHealthWire().limit, 300, 60, false, 300, 0, 0), (GoogleHealthWire().limit, 300, 60, false, 901, 30, 180),
  ] as [(RequestLimit, Int, Int, Bool, Int, Int, Int)])
  func limits(limit: RequestLimit, count: Int, seconds: Int, isAnnounced: Bool, requests: Int, from now: Int, time: Int) {
    #expect(limit == RequestLimit(count, per: .seconds(seconds), isAnnounced: isAnnounced))
    #expect(limit.time(for: requests, from: Instant(seconds: Int64(now))) == .seconds(time))
  }

  @Test("no more requests than the limit are under way or have ended within the window")
  func full() {
    var budget = RateBudget(Self.google)
    for _ in 1...300 { #expect(budget.reserve("P", now: .seconds(10)) == nil) }
    #expect(budget.reserve("P", now: .seconds(10)) == RateBudget.waitForAnswers, "all are under way")
    #expect(budget.reserve("Q", now: .seconds(10)) == nil, "each participant has a budget of its own")
    for end in 1...100 { budget.settle("P", end % 2 == 0 ? .served : .failed, now: .milliseconds(10_900)) }
    for _ in 1...200 { budget.settle("P", .served, now: .milliseconds(12_100)) }
    // A whole window after the end of the first ones, rounded up to seconds.
    #expect(budget.reserve("P", now: .seconds(15)) == .seconds(56))
    #expect(budget.reserve("P", now: .milliseconds(70_999)) == .milliseconds(1))
    for _ in 1...100 { #expect(budget.reserve("P", now: .seconds(71)) == nil) }
    #expect(budget.reserve("P", now: .seconds(71)) == .seconds(2))
  }

  @Test("a request that did not leave does not count")
  func notSent() {
    var budget = RateBudget(Self.google)
    for _ in 1...1000 {
      #expect(budget.reserve("P", now: .zero) == nil)
      budget.settle("P", .notSent, now: .zero)
    }
  }

  @Test("what responses announce replaces the known limit, also after the announced window")
  func announced() {
    var budget = RateBudget(Self.google)
    for number in 0..<2000 {
      #expect(budget.reserve("P", now: .zero) == nil)
      budget.settle("P", .served, now: .zero, announced: (1_999_999 - number, .seconds(60)))
    }
    #expect(budget.reserve("P", now: .seconds(61)) == nil)
    budget.settle("P", .served, now: .seconds(61), announced: (0, .seconds(60)))
    #expect(budget.wait("P", now: .seconds(62)) == .seconds(59))
  }

  @Test("a limit that responses announce is not planned with before they do")
  func announcing() {
    var budget = RateBudget(FitbitWire().limit)
    for _ in 1...200 {
      #expect(budget.reserve("P", now: .zero) == nil)
      budget.settle("P", .served, now: .zero)
    }
  }

  /// A provider that counts in the time before each request, which is stricter than any fixed windows.
  @Test("whatever requests take on their way, no minute of the provider has more than 300", arguments: 1...20 as ClosedRange<UInt64>)
  func neverRefused(seed: UInt64) {
    let random = SeededRandomSource(seed: seed)
    var budget = RateBudget(Self.google)
    var now = Duration.zero
    var arrivals: [Duration] = []
    var ends: [Duration] = []
    var waits = 0
    while arrivals.count < 2000 {
      while let end = ends.first, end <= now { budget.settle("P", .served, now: ends.removeFirst()) }
      if ends.count < 64, budget.reserve("P", now: now) == nil {
        let sending = Duration.milliseconds(Int64(random.next() % 2000)), receiving = Duration.milliseconds(Int64(random.next() % 2000))
        arrivals.append(now + sending)
        ends.append(now + sending + receiving)
        ends.sort()
      } else {
        waits += 1
        now += .milliseconds(Int64(1 + random.next() % 200))
      }
    }
    arrivals.sort()
    for (arrival, later) in zip(arrivals, arrivals.dropFirst(300)) { #expect(later - arrival >= .seconds(60)) }
    #expect(waits > 0 && now < .seconds(60 * 8), "six windows, and what the requests take: \(now)")
  }

  // MARK: Answers in pages

  @Test("an answer in pages begins if as many requests are left as are expected, beside those of others that have begun")
  func setAside() {
    var budget = RateBudget(Self.google)
    func spend(_ count: Int) {
      for _ in 1...count {
        #expect(budget.reserve("P", now: .zero) == nil)
        budget.settle("P", .served, now: .zero)
      }
    }
    #expect(budget.setAside(9, for: "P", now: .zero) == nil)
    spend(280)
    #expect(budget.setAside(9, for: "P", now: .zero) == nil, "18 of the 20 that are left")
    #expect(budget.setAside(9, for: "P", now: .zero) == .seconds(61))
    #expect(budget.setAside(9, for: "Q", now: .zero) == nil)
    // Each page returns what was set aside for it.
    for _ in 1...9 { budget.free(1, for: "P") }
    spend(9)
    #expect(budget.setAside(3, for: "P", now: .zero) == .seconds(61))
    #expect(budget.setAside(2, for: "P", now: .zero) == nil)
    budget.free(2, for: "P")
    budget.free(9, for: "P")
    #expect(budget.setAside(11, for: "P", now: .zero) == nil)
  }

  @Test("what can never be left is begun when half of the limit is left")
  func setAsideTooMuch() {
    var budget = RateBudget(Self.google)
    #expect(budget.setAside(1000, for: "P", now: .zero) == nil)
    budget.free(1000, for: "P")
    for _ in 1...151 {
      #expect(budget.reserve("P", now: .zero) == nil)
      budget.settle("P", .served, now: .zero)
    }
    #expect(budget.setAside(1000, for: "P", now: .zero) == .seconds(61))
    #expect(budget.setAside(1000, for: "P", now: .seconds(61)) == nil)
  }

  // MARK: Refusals that name no time

  @Test("they wait five seconds, then twice as long each time, at most sixteen minutes, of which a fifth is random")
  func unnamedWaits() {
    var shortest = UnnamedWaits(), longest = UnnamedWaits()
    let found = (1...10).map { _ in (shortest.next(0), longest.next(.max)) }
    let expected: [(Double, Double)] = [
      (5, 6.25), (10, 12.5), (20, 25), (40, 50), (80, 100), (160, 200), (320, 400), (640, 800), (768, 960), (768, 960),
    ]
    for (found, expected) in zip(found, expected) {
      #expect(found.0 == .seconds(expected.0))
      #expect(found.1 > .seconds(expected.1 - 0.002) && found.1 <= .seconds(expected.1))
    }
  }

  @Test("those that were under way together count once; a success that comes after the wait begins anew", arguments: [true, false])
  func refusedTogether(isServed: Bool) {
    var budget = RateBudget(Self.google)
    func refuse(at now: Int) -> Duration? {
      budget.settle("P", .refused(wait: nil, random: 0), now: .seconds(now))
      return budget.wait("P", now: .seconds(now))
    }
    #expect(refuse(at: 0) == .seconds(5))
    #expect(refuse(at: 1) == .seconds(4), "it was under way already")
    budget.settle("P", .served, now: .seconds(2))
    #expect(refuse(at: 10) == .seconds(10), "the answer before was overtaken")
    budget.settle("P", .failed, now: .seconds(30))
    if isServed { budget.settle("P", .served, now: .seconds(31)) }
    #expect(refuse(at: 40) == .seconds(isServed ? 5 : 20))
    #expect(budget.wait("P", now: .seconds(61)) == nil)
  }

  @Test("a longer wait that is named later holds")
  func namedAfterwards() {
    var budget = RateBudget(Self.google)
    budget.settle("P", .refused(wait: nil, random: 0), now: .zero)
    budget.settle("P", .refused(wait: .seconds(90), random: 0), now: .seconds(1))
    #expect(budget.wait("P", now: .seconds(1)) == .seconds(90))
  }

  @Test("the memory of a participant does not grow with its requests")
  func bounded() {
    var recent = RecentRequests(.seconds(60))
    for millisecond in 0..<600_000 { recent.add(at: .milliseconds(millisecond)) }
    #expect(recent.partCount <= 61)
    #expect(recent.count(at: .seconds(600)) == 60_000)
    #expect(recent.count(at: .seconds(700)) == 0)
  }
}
