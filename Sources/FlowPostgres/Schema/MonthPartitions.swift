import FlowCore
import StudyModel

/// The monthly partitions of tables with instants, made before the first row that needs them.
///
/// A partition is made as a table of its own and then attached: that needs a lock that readers and writers of the table do not notice.
struct MonthPartitions: Sendable {
  /// Months that are known to exist, by table.
  private let known = Locked<[String: Set<Int>]>([:])

  /// Months since year 0 in UTC.
  static func months(of instants: ClosedRange<Int64>) -> ClosedRange<Int> { month(of: instants.lowerBound)...month(of: instants.upperBound) }

  private static func month(of instant: Int64) -> Int {
    let date = CivilDate(daysSince1970: instant.flooredDivision(by: 86_400))
    return date.year * 12 + date.month - 1
  }

  /// The months of a batch that have no partition yet, as far as this process knows.
  func missing(_ table: TableSchema, _ instants: [Int64]) -> [Int] {
    let wanted = Set(instants.map(Self.month(of:)))
    return wanted.subtracting(known.withLock { $0[table.name] ?? [] }).sorted()
  }

  /// Makes partitions, in the caller's transaction, under its lock.
  func make(_ months: [Int], of table: TableSchema, _ transaction: PostgresTransaction) async throws {
    for month in months {
      let name = Self.name(table, month)
      let isThere = try await transaction.run([
        Statement("SELECT EXISTS (SELECT 1 FROM pg_inherits WHERE inhparent = to_regclass($1) AND inhrelid = to_regclass($2))", [.text(quoted(table.name)), .text(quoted(name))])
      ]) { $0[0].boolean(0, 0) }
      if isThere { continue }
      for sql in Self.statements(table, month) { try await transaction.run([Statement(sql)]) }
    }
  }

  func note(_ months: [Int], of table: TableSchema) { known.withLock { $0[table.name, default: []].formUnion(months) } }
  func forgetAll() { known.withLock { $0 = [:] } }

  private static func name(_ table: TableSchema, _ month: Int) -> String { table.name + "_" + text(month).replacing("-", with: "_") }
  private static func text(_ month: Int) -> String { String(CivilDate(year: month / 12, month: month % 12 + 1, day: 1).text.dropLast(3)) }

  static func statements(_ table: TableSchema, _ month: Int) -> [String] {
    let parent = quoted(table.name), name = quoted(name(table, month))
    return [
      "CREATE TABLE \(name) (LIKE \(parent) INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
      "ALTER TABLE \(parent) ATTACH PARTITION \(name) FOR VALUES FROM ('\(text(month))-01 00:00:00+00') TO ('\(text(month + 1))-01 00:00:00+00')",
    ]
  }
}
