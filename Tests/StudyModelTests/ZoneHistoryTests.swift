import FlowCore
import StudyModel
import Testing

@Suite("The zones of a participant's time")
struct ZoneHistoryTests {
  private static let monday = Instant(seconds: 1_767_571_200)
  private static let tuesday = Instant(seconds: 1_767_657_600)

  struct Case: Sendable, CustomTestStringConvertible {
    var notes: [(zone: String, since: Instant?)]
    var text: String
    var testDescription: String { text }
  }

  @Test(
    "a new zone holds from the last moment of the one before it",
    arguments: [
      Case(notes: [("Europe/Berlin", nil)], text: "Europe/Berlin"),
      Case(notes: [("Europe/Berlin", nil), ("Europe/Berlin", monday)], text: "Europe/Berlin"),
      Case(notes: [("Europe/Berlin", nil), ("Asia/Tokyo", nil)], text: "Asia/Tokyo"),
      Case(notes: [("Europe/Berlin", nil), ("Asia/Tokyo", monday)], text: "Europe/Berlin 2026-01-05T00:00:00Z Asia/Tokyo"),
      Case(
        notes: [("Europe/Berlin", nil), ("Asia/Tokyo", monday), ("Europe/Berlin", tuesday)],
        text: "Europe/Berlin 2026-01-05T00:00:00Z Asia/Tokyo 2026-01-06T00:00:00Z Europe/Berlin"),
      Case(notes: [("Europe/Berlin", nil), ("Asia/Tokyo", monday), ("Asia/Seoul", monday)], text: "Europe/Berlin 2026-01-05T00:00:00Z Asia/Seoul"),
      Case(notes: [("Europe/Berlin", nil), ("Asia/Tokyo", monday), ("Europe/Berlin", monday)], text: "Europe/Berlin"),
    ])
  func notes(_ expected: Case) {
    var history = ZoneHistory()
    for note in expected.notes { history.note(note.zone, since: note.since) }
    #expect(history.text == expected.text)
    #expect(ZoneHistory(text: history.text) == history)
  }

  @Test(
    "what is no history is refused",
    arguments: [
      "", "Europe/Berlin Asia/Tokyo", "Europe/Berlin yesterday Asia/Tokyo",
      "Europe/Berlin 2026-01-06T00:00:00Z Asia/Tokyo 2026-01-05T00:00:00Z Asia/Seoul",
    ])
  func refused(text: String) { #expect(ZoneHistory(text: text) == nil) }
}
