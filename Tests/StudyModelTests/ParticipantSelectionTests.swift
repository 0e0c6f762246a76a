import FlowCore
import StudyModel
import Testing

@Suite("A pattern that matches no participant is a usage error")
struct ParticipantSelectionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var patterns: [String]?
    var says: [String]
    var testDescription: String { patterns?.joined(separator: " ") ?? "none" }
  }

  @Test("every pattern is checked, and the message suggests the nearest name", arguments: [
    Case(patterns: nil, says: []),
    Case(patterns: ["P0001"], says: []),
    Case(patterns: ["P*", "?0002"], says: []),
    Case(patterns: ["p0001"], says: ["--only 'p0001'", "no participant in batch matches", "did you mean 'P0001'?"]),
    Case(patterns: ["P0001", "X*"], says: ["--only 'X*'", "one of its 2 participants"]),
  ])
  func check(_ test: Case) throws {
    let selection = ParticipantSelection(patterns: test.patterns)
    do {
      try selection.check(among: ["P0001", "P0002"], option: "--only", place: "batch")
      #expect(test.says == [])
    } catch {
      #expect(!test.says.isEmpty)
      for words in test.says { #expect(error.description.contains(words), "\(error)") }
    }
  }

  @Test("an empty batch is reported as such")
  func nobody() {
    let error = #expect(throws: Diagnostics.self) {
      try ParticipantSelection(patterns: ["P0001"]).check(among: [], option: "--participant", place: "batch")
    }
    #expect(error?.description.contains("there are no participants in it") == true)
  }
}
