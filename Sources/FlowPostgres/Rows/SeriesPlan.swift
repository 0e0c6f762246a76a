import FlowCore
import StudyModel

/// The query for a series, and the reading of its answer.
struct SeriesPlan: Sendable {
  private let query: SeriesQuery
  private let isThere: Bool

  /// - Parameter known: the columns that the table has in the database; none if it is not there.
  init(_ query: SeriesQuery, among known: Set<String>) {
    self.query = query
    isThere = known.contains(query.column) && query.table.timeColumn.map { known.contains($0.name) } ?? false
  }

  /// A statement without rows if the table or the column is not there.
  func statement(of participant: String) -> Statement {
    guard isThere, let time = query.table.timeColumn else { return Self.nothing }
    let name = quoted(time.name), value = quoted(query.column)
    let bucket: String
    switch query.bucket {
    // date_bin came with PostgreSQL 14.
    case .seconds(let seconds): bucket = "floor(extract(epoch FROM \(name)) / \(seconds))::bigint * \(seconds)"
    case .date: bucket = name
    }
    var parameters = [Parameter.text(participant)]
    switch query.window {
    case .everything: break
    case .instants(let instants): parameters += [.instant(instants.lowerBound), .instant(instants.upperBound)]
    case .dates(let dates): parameters += [.date(dates.lowerBound), .date(dates.upperBound)]
    }
    let window = query.window == .everything ? "" : " AND \(name) >= $2 AND \(name) < $3"
    return Statement(
      """
      SELECT \(bucket) AS bucket, avg(\(value))::double precision, min(\(value))::double precision, max(\(value))::double precision, count(\(value))
      FROM \(quoted(query.table.name)) WHERE \(Self.isTheirs)\(window) AND \(value) IS NOT NULL GROUP BY 1 ORDER BY 1
      """, parameters)
  }

  func points(_ answer: Answer) -> [SeriesPoint] {
    guard isThere else { return [] }
    return (0..<answer.count).compactMap { row in
      guard let bucket = answer.integer(row, 0), let mean = answer.double(row, 1), let min = answer.double(row, 2), let max = answer.double(row, 3) else { return nil }
      // Dates are read as days.
      return SeriesPoint(start: query.bucket == .date ? bucket * 86_400 : bucket, mean: mean, min: min, max: max, count: answer.integer(row, 4) ?? 0)
    }
  }

  // MARK: Extents

  static func extent(of participant: String, in table: TableSchema, among known: Set<String>) -> Statement {
    guard !known.isEmpty, table.timeColumn.map({ known.contains($0.name) }) ?? true else { return nothing }
    let name = quoted(table.name), parameters = [Parameter.text(participant)]
    guard let time = table.timeColumn else { return Statement("SELECT 1 FROM \(name) WHERE \(isTheirs) LIMIT 1", parameters) }
    let column = quoted(time.name)
    return Statement("SELECT min(\(column)), max(\(column)) FROM \(name) WHERE \(isTheirs)", parameters)
  }

  static func extent(_ answer: Answer, of table: TableSchema) -> RowExtent? {
    guard answer.count > 0 else { return nil }
    guard let time = table.timeColumn else { return .timeless }
    guard let first = answer.integer(0, 0), let last = answer.integer(0, 1) else { return nil }
    return time.kind == .date ? .dates(CivilDate(daysSince1970: first)...CivilDate(daysSince1970: last)) : .instants(first...last)
  }

  private static let nothing = Statement("SELECT 1 WHERE false")
  private static let isTheirs = "participant_id = (SELECT participant_id FROM participant WHERE name = $1)"
}
