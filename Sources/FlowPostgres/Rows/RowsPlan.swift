import FlowCore
import StudyModel

/// The query for a participant's rows, restricted to the columns that exist, and the reading of its answer.
struct RowsPlan: Sendable {
  private let wanted: TableRows
  private let columns: [TableSchema.Column]
  private var table: TableSchema { wanted.table }

  /// - Parameter known: the columns that the table has in the database; none if it is not there.
  init(_ wanted: TableRows, among known: Set<String>) {
    self.wanted = wanted
    let isOrdered = wanted.window == .everything || wanted.table.timeColumn.map { known.contains($0.name) } ?? false
    columns = isOrdered ? wanted.table.columns.filter { known.contains($0.name) } : []
  }

  static func isKnown(_ participant: String) -> Statement {
    Statement("SELECT EXISTS (SELECT 1 FROM participant WHERE name = $1)", [.text(participant)])
  }

  /// A statement without rows if the table is not there.
  func statement(of participant: String) -> Statement {
    guard !columns.isEmpty else { return Statement("SELECT 1 WHERE false") }
    var sql = """
      SELECT \(columns.map { quoted($0.name) }.joined(separator: ", ")) FROM \(quoted(table.name))
      WHERE participant_id = (SELECT participant_id FROM participant WHERE name = $1)
      """
    var parameters = [Parameter.text(participant)]
    if let time = table.timeColumn, wanted.window != .everything { sql += " AND \(quoted(time.name)) >= $2 AND \(quoted(time.name)) < $3" }
    switch wanted.window {
    case .everything: break
    case .instants(let instants): parameters += [.instant(instants.lowerBound), .instant(instants.upperBound)]
    case .dates(let dates): parameters += [.date(dates.lowerBound), .date(dates.upperBound)]
    }
    let key = table.key.filter { name in columns.contains { $0.name == name } }
    return Statement(sql + (key.isEmpty ? "" : " ORDER BY " + key.map(quoted).joined(separator: ", ")), parameters)
  }

  func batch(_ answer: Answer) -> RecordBatch {
    guard !columns.isEmpty else { return RecordBatch(columns: [], count: 0) }
    return RecordBatch(columns: columns.enumerated().map { Self.column($0.element, answer, $0.offset) }, count: answer.count)
  }

  /// A column of the answer, without an object for each value.
  private static func column(_ column: TableSchema.Column, _ answer: Answer, _ index: Int) -> RecordBatch.Column {
    let rows = 0..<answer.count, type = answer.type(index)
    let isNull: [Bool]? = rows.contains { answer.isNull($0, index) } ? rows.map { answer.isNull($0, index) } : nil
    func value<Value>(_ row: Int, _ absent: Value, _ value: (Int) -> Value) -> Value { isNull?[row] == true ? absent : value(row) }
    let values: RecordBatch.Values
    switch column.kind {
    case .integer, .instant, .offset: values = .integer(rows.map { row in value(row, 0) { answer.integer(present: $0, index, type) } })
    case .real:
      values = .real(
        rows.map { row in value(row, 0) { type == .double ? answer.double(present: $0, index) : Double(answer.integer(present: $0, index, type)) } })
    case .date: values = .text(rows.map { row in value(row, "") { CivilDate(daysSince1970: answer.integer(present: $0, index, type)).text } })
    case .text: values = .text(rows.map { row in value(row, "") { answer.text($0, index) ?? "" } })
    }
    return RecordBatch.Column(name: column.name, values: values, isNull: isNull)
  }

  // MARK: Extents

  static func extents(of table: TableSchema) -> Statement {
    let isTheirs = "FROM \(quoted(table.name)) AS r WHERE r.participant_id = p.participant_id"
    guard let time = table.timeColumn else { return Statement("SELECT name FROM participant AS p WHERE EXISTS (SELECT 1 \(isTheirs))") }
    let column = "r.\(quoted(time.name))"
    return Statement("SELECT name, (SELECT min(\(column)) \(isTheirs)), (SELECT max(\(column)) \(isTheirs)) FROM participant AS p")
  }

  static func extents(_ answer: Answer, of table: TableSchema) -> [String: RowExtent] {
    var extents: [String: RowExtent] = [:]
    for row in 0..<answer.count {
      guard let participant = answer.text(row, 0) else { continue }
      guard let time = table.timeColumn else {
        extents[participant] = .timeless
        continue
      }
      guard let first = answer.integer(row, 1), let last = answer.integer(row, 2) else { continue }
      extents[participant] = time.kind == .date ? .dates(CivilDate(daysSince1970: first)...CivilDate(daysSince1970: last)) : .instants(first...last)
    }
    return extents
  }
}
