import FlowCore
import StudyLedger
import StudyModel

/// A participant's ledger with its settled years merged: what planning and progress need, without a row for each slice.
enum LedgerReading {
  /// Reads `RecordStore.outline` from the answers of `outlineStatements`.
  static func outline(
    of participant: String, dataTypes: [String], settledBy latest: Int64, _ answers: ArraySlice<Answer>, inside windowed: [LedgerSlice]
  ) throws -> LedgerOutline {
    let answers = Array(answers)
    let unsettled = Dictionary(grouping: try LedgerStatements.slices(answers[0], of: participant), by: \.key.dataType)
    let late = Dictionary(grouping: try LedgerStatements.slices(answers[2], of: participant), by: \.key.dataType)
    let windowed = Dictionary(grouping: windowed.filter { $0.isSettled(asOf: latest) }, by: \.key.dataType)
    var outline = LedgerOutline()
    for dataType in Set(dataTypes).sorted() {
      let single = late[dataType, default: []] + windowed[dataType, default: []]
      var settled = SettledSpans(of: participant, dataType)
      for span in spans(answers[1]) where span.dataType == dataType { settled.add(span.window) }
      settled.remove(single.map(\.window))
      outline.rows += (settled.rows + single + unsettled[dataType, default: []]).sorted { $0.key.start < $1.key.start }
    }
    outline.latestSync = answers[3].integer(0, 0)
    return outline
  }

  /// In the order in which `outline` reads their answers.
  static func outlineStatements(of participant: String, dataTypes: [String], settledBy latest: Int64) -> [Statement] {
    [
      LedgerStatements.unsettled(of: participant, dataTypes), LedgerStatements.spans(of: participant, dataTypes),
      LedgerStatements.settledAfter(latest, of: participant, dataTypes),
      LedgerStatements.latestSync(notAfter: latest, of: participant, dataTypes),
    ]
  }

  static func progressStatements(of participant: String) -> [Statement] {
    [LedgerStatements.unsettled(of: participant, nil), LedgerStatements.spans(of: participant, nil)]
  }

  static func progress(of participant: String, from start: Int64, _ answers: [Answer]) throws -> LedgerProgress {
    let unsettled = try LedgerStatements.slices(answers[0], of: participant)
    var progress = LedgerProgress(unanswered: unsettled.filter { !$0.state.isAnswered })
    let rows =
      unsettled.map { (dataType: $0.key.dataType, window: $0.window, isAnswered: $0.state.isAnswered) }
      + spans(answers[1]).map { (dataType: $0.dataType, window: $0.window, isAnswered: true) }
    for row in rows.sorted(by: { ($0.dataType, $0.window.lowerBound) < ($1.dataType, $1.window.lowerBound) }) {
      progress.add(row.dataType, row.window, isAnswered: row.isAnswered, from: start)
    }
    return progress
  }

  private static func spans(_ answer: Answer) -> [(dataType: String, window: Range<Int64>)] {
    (0..<answer.count).map { row in
      (answer.text(row, 0) ?? "", (answer.integer(row, 1) ?? 0)..<(answer.integer(row, 2) ?? 0))
    }
  }
}
