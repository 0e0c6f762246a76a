import FlowCore
import StudyModel
import Testing

/// What the ledger knows of the day that `DatabaseBench.slice` answers, and whether that answer still counts.
struct AnswerAgeCase: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var known: [LedgerSlice]
  var isStale: Bool

  static let all = [
    AnswerAgeCase(testDescription: "nothing", known: [], isStale: false),
    AnswerAgeCase(testDescription: "the same answer", known: [answer(hoursLater: 0)], isStale: false),
    AnswerAgeCase(testDescription: "an older answer", known: [answer(hoursLater: -1)], isStale: false),
    AnswerAgeCase(testDescription: "a newer answer", known: [answer(hoursLater: 1)], isStale: true),
    AnswerAgeCase(testDescription: "a later clock, but an earlier sync", known: [answer(hoursLater: 1, syncLater: -60)], isStale: false),
    AnswerAgeCase(testDescription: "an earlier clock, but a later sync", known: [answer(hoursLater: -1, syncLater: 60)], isStale: true),
    AnswerAgeCase(testDescription: "a newer request without an answer", known: [answer(hoursLater: 1, state: .failed)], isStale: false),
    AnswerAgeCase(testDescription: "newer answers for half of the day", known: [answer(hoursLater: 1, part: 0..<43_200)], isStale: false),
    AnswerAgeCase(
      testDescription: "newer answers for both halves", known: [answer(hoursLater: 1, part: 0..<43_200), answer(hoursLater: 2, part: 43_200..<86_400)],
      isStale: true),
    AnswerAgeCase(testDescription: "another data type", known: [answer(hoursLater: 1, dataType: "steps")], isStale: false),
    AnswerAgeCase(testDescription: "another participant", known: [answer(hoursLater: 1, participant: "P2")], isStale: false),
  ]

  /// - Parameters:
  ///   - part: seconds of the day.
  ///   - syncLater: seconds by which the latest sync lies after that of `DatabaseBench.slice`.
  static func answer(
    hoursLater hours: Int64, syncLater: Int64 = 0, state: SliceState = .written, part: Range<Int64> = 0..<86_400, dataType: String = "heart",
    participant: String = "P1"
  ) -> LedgerSlice {
    let day = DatabaseBench.day
    var row = LedgerSlice(
      key: SliceKey(participant: participant, dataType: dataType, start: day + part.lowerBound, end: day + part.upperBound), state: state, run: "r")
    row.fetchedAt = Instant(seconds: day + 11 * 86_400 + hours * 3600)
    row.latestSync = day + 10 * 86_400 + syncLater
    return row
  }
}
