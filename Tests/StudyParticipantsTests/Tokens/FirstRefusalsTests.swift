import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


@Suite("The meaning of the first refusals of a run")
struct FirstRefusalsTests {
  private func refusals(_ names: [String], _ change: (inout FirstRefusals) -> Void = { _ in }) -> FirstRefusals {
    var refusals = FirstRefusals()
    for name in names { refusals.refuse(name) }
    change(&refusals)
    return refusals
  }
  private let batch: Set = ["P1", "P2", "P3", "P4", "P5", "P6"]

  @Test("four refused and none served means the whole batch; fewer wait for the others")
  func four() {
    var three = refusals(["P1", "P2", "P3"])
    #expect(three.verdict(held: batch) == .open)
    #expect(three.verdict(held: ["P1", "P2", "P3"]) == .own, "there are no others")
    #expect(three.verdict(held: batch, isOverdue: true) == .own)
    var four = refusals(["P1", "P2", "P3", "P4"])
    #expect(four.verdict(held: batch) == .everybody)
    #expect(four.verdict(held: batch) == .everybody)
  }

  @Test("a few are not judged while others are still to be leased, unless that takes too long")
  func moreCome() {
    var two = refusals(["P1", "P2"])
    #expect(two.verdict(held: ["P1", "P2"], moreCome: true) == .open)
    #expect(two.verdict(held: ["P1", "P2"], moreCome: true, isOverdue: true) == .own)
    var four = refusals(["P1", "P2", "P3", "P4"])
    #expect(four.verdict(held: ["P1", "P2", "P3", "P4"], moreCome: true) == .everybody)
  }

  @Test("one served participant decides it for all")
  func served() {
    var early = refusals(["P1", "P2", "P3", "P4"]) { $0.serve() }
    #expect(early.verdict(held: batch) == .own)
  }

  @Test("the same participant counts once")
  func once() {
    var refusals = refusals(["P1", "P1", "P1", "P1"])
    #expect(refusals.verdict(held: batch) == .open)
  }

  @Test("a participant with a valid access token or a request under way may still be served; one that failed otherwise may not")
  func others() {
    var answered = refusals(["P1", "P2", "P3", "P4"]) { $0.trial("P5"); $0.settle("P5") }
    #expect(answered.verdict(held: batch) == .everybody)
    var trying = refusals(["P1", "P2", "P3", "P4"]) { $0.trial("P5") }
    #expect(trying.verdict(held: batch) == .open)
    #expect(trying.verdict(held: batch, isOverdue: true) == .everybody)
    var refused = refusals(["P1", "P2", "P3", "P4"]) { $0.trial("P5"); $0.refuse("P5") }
    #expect(refused.verdict(held: batch) == .everybody)
    var settled = refusals(["P1"]) { $0.settle("P2") }
    #expect(settled.verdict(held: ["P1", "P2"]) == .own)
  }
}
