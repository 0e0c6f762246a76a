import FlowCore
import StudyLedger
import StudyModel

/// Reads the rows of one participant and slice in key order, and compares a batch with them.
struct PostgresScan: Sendable {
  private let rows: SliceRows
  private let participant: String
  private var table: TableSchema { rows.table }

  init(_ rows: SliceRows, of participant: String) {
    self.rows = rows
    self.participant = participant
  }

  private var values: [RecordBatch.Column] { rows.batch.columns.filter { !table.key.contains($0.name) } }

  /// Selects the rows that `diff` compares.
  func statement(_ span: SliceRows.Span) -> Statement {
    var sql = "SELECT " + (table.key + values.map(\.name)).map(quoted).joined(separator: ", ")
    sql += " FROM \(quoted(table.name)) WHERE participant_id = (SELECT participant_id FROM participant WHERE name = $1)"
    var parameters = [Parameter.text(participant)]
    if let time = table.timeColumn {
      sql += " AND \(quoted(time.name)) BETWEEN $2 AND $3"
      parameters += Self.bounds(span, time.kind)
    }
    return Statement(sql + " ORDER BY " + table.key.map(quoted).joined(separator: ", "), parameters)
  }

  /// NULL as a bound matches no row.
  private static func bounds(_ span: SliceRows.Span, _ kind: ColumnKind) -> [Parameter] {
    switch span {
    case .instants(let instants): [.instant(instants.lowerBound), .instant(instants.upperBound)]
    case .dates(let dates): [.date(CivilDate(text: dates.lowerBound)), .date(CivilDate(text: dates.upperBound))]
    case .none, .all: kind == .date ? [.date(nil), .date(nil)] : [.instant(nil), .instant(nil)]
    }
  }

  /// - Parameter window: the slice; nil if no row can be missing.
  func diff(_ answer: Answer, _ order: RowOrder, window: Range<Int64>?) -> RowDiff {
    let key = table.key.compactMap { rows.batch[$0]?.values }
    let values = values
    let keyCells = table.key.indices.map { StoredCell(answer, $0) }
    let valueCells = values.indices.map { StoredCell(answer, table.key.count + $0) }
    let owns = rows.ownsEveryRow(window)
    let time = table.timeColumn.flatMap { table.key.firstIndex(of: $0.name) } ?? 0
    var diff = RowDiff(order)
    for row in 0..<answer.count {
      let isInWindow = owns ?? window?.contains(keyCells[time].integer(row)) ?? false
      diff.meet(isInWindow: isInWindow) { batchRow in
        for index in key.indices {
          let comparison = keyCells[index].compare(key[index], batchRow, row: row)
          if comparison != 0 { return comparison }
        }
        return 0
      } hasSameValues: { batchRow in
        for index in values.indices where !valueCells[index].isSame(values[index], batchRow, row: row) { return false }
        return true
      }
    }
    diff.finish()
    return diff
  }

  /// Counts the participant's rows in a window; nil if the table has no instants.
  func count(in window: Range<Int64>) -> Statement? {
    guard let time = table.timeColumn, time.kind == .instant else { return nil }
    return Statement(
      """
      SELECT count(*) FROM \(quoted(table.name)) WHERE participant_id = (SELECT participant_id FROM participant WHERE name = $1)
        AND \(quoted(time.name)) >= $2 AND \(quoted(time.name)) < $3
      """, [.text(participant), .instant(window.lowerBound), .instant(window.upperBound)])
  }
}
