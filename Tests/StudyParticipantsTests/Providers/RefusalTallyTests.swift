import FlowCore
import FlowTesting
import Testing

@testable import StudyParticipants


@Suite("A refusal of every participant is not attributed to any of them")
struct RefusalTallyTests {
  private static let held: Set<String> = ["P1", "P2", "P3", "P4", "P5", "P6", "P7"]

  /// Refuses participants one after the other; returns whether the first one's moment ends with everybody.
  private func everybody(_ count: Int, held: Set<String> = held, isPersonal: Bool = false, before: (inout RefusalTally<Int>) -> Void = { _ in }) -> [String]? {
    var tally = RefusalTally<Int>()
    before(&tally)
    let ids = (1...count).compactMap { tally.refused("P\($0)", "devices", isPersonal: isPersonal, at: .zero, $0) }
    guard let first = ids.first else { return nil }
    return tally.momentIsOver(first, held: held, at: .zero).everybody
  }

  @Test("five of many, or all of a few, but never a single one")
  func enough() {
    #expect(everybody(5) == ["P1", "P2", "P3", "P4", "P5"])
    #expect(everybody(4) == nil)
    #expect(everybody(3, held: ["P1", "P2", "P3"]) == ["P1", "P2", "P3"])
    #expect(everybody(2, held: ["P1", "P2", "P3"]) == nil)
    #expect(everybody(1, held: ["P1"]) == nil)
    // Participants refused earlier and done count too.
    #expect(everybody(2, held: ["P2"]) == ["P1", "P2"])
  }

  @Test("if the message concerns the participant, it takes five")
  func personal() {
    #expect(everybody(3, held: ["P1", "P2", "P3"], isPersonal: true) == nil)
    #expect(everybody(5, isPersonal: true) != nil)
  }

  @Test("one served participant clears all that wait")
  func served() {
    var tally = RefusalTally<Int>()
    let ids = (1...6).compactMap { tally.refused("P\($0)", "devices", isPersonal: false, at: .zero, $0) }
    #expect(tally.served("devices") == [1, 2, 3, 4, 5, 6])
    #expect(tally.momentIsOver(ids[0], held: Self.held, at: .zero).resumed.isEmpty)
    let next = tally.refused("P7", "devices", isPersonal: false, at: .zero, 7)
    #expect(next.map { tally.momentIsOver($0, held: Self.held, at: .zero).everybody } == .some(nil))
  }

  @Test("two at the end of a run in which others were served are individual refusals")
  func last() {
    #expect(everybody(2, held: ["P1", "P2"]) == ["P1", "P2"])
    #expect(everybody(2, held: ["P1", "P2"]) { _ = $0.served("devices") } == nil)
  }

  @Test("refusals minutes apart are unrelated")
  func apart() {
    var tally = RefusalTally<Int>()
    for number in 1...8 {
      let now = Duration.seconds(60 * number)
      let id = tally.refused("P\(number)", "devices", isPersonal: false, at: now, number)
      #expect(id.map { tally.momentIsOver($0, held: Self.held, at: now + .seconds(3)).everybody } == .some(nil))
    }
  }

  @Test("a kind of request never served while others were is a missing right of the application; one served earlier is an outage")
  func kinds() {
    #expect(everybody(6) { _ = $0.served("profile") } == nil)
    #expect(everybody(6) { _ = $0.served("devices") }?.count == 6)
  }
}
