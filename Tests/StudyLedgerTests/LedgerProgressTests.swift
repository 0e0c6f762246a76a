import FlowCore
import StudyLedger
import StudyModel
import Testing

@Suite("How far a participant is collected")
struct LedgerProgressTests {
  @Test("up to the first gap of each data type", arguments: [
    (["steps 0-10 written", "heart 0-24 written"], 0, ["steps": 10, "heart": 24]),
    (["heart 0-10 written", "heart 10-20 provisional"], 5, ["heart": 20]), (["heart 0-10 written", "heart 11-20 written"], 5, ["heart": 10]),
    (["heart 3-10 written"], 2, ["heart": 2]), (["heart 0-10 deferred", "steps 0-10 written"], 2, ["heart": 2, "steps": 10]),
    (["heart 0-10 written", "heart 10-20 failed", "heart 20-30 written"], 0, ["heart": 10]), (["heart 0-10 failed"], 20, ["heart": 20]),
  ] as [([String], Int64, [String: Int64])])
  func reached(texts: [String], start: Int64, expected: [String: Int64]) throws {
    var progress = LedgerProgress()
    for text in texts {
      let words = text.split(separator: " ").map(String.init)
      let hours = words[1].split(separator: "-").compactMap { Int64($0) }
      let state = try #require(SliceState(rawValue: words[2]))
      progress.add(words[0], hours[0]..<hours[1], isAnswered: state.isAnswered, from: start)
    }
    #expect(progress.reached == expected)
  }
}
