import FlowCore
import StudyModel

/// A row that a person names by its participant and its key.
struct TracedRow: Sendable {
  private static let day: Int64 = 86_400
  /// How far local time is from UTC at most.
  private static let reach: Int64 = 14 * 3600

  private let table: TableSchema
  private let participant: String
  private let conditions: [(column: TableSchema.Column, value: Wanted)]

  private enum Wanted: Sendable {
    case integer(Int64)
    case real(Double)
    case text(String)
  }

  /// Throws `Diagnostics` with every mistake.
  init(_ table: TableSchema, _ given: [(name: String, value: String)]) throws {
    self.table = table
    var problems: [Diagnostic] = []
    let expected = (["participant"] + table.key)
    var conditions: [(TableSchema.Column, Wanted)] = []
    for (name, text) in given where name != "participant" {
      guard let column = table.columns.first(where: { $0.name == name }), table.key.contains(name) else {
        problems.append(
          Diagnostic(
            .unknownName, subject: "'\(name)=\(text)'", found: "'\(name)' is not in the key of table '\(table.name)'", expected: "participant and \(table.key.joined(separator: ", "))",
            hint: NearestName.hint(for: name, among: expected)))
        continue
      }
      if let value = Self.value(text, column.kind) {
        conditions.append((column, value))
      } else {
        problems.append(
          Diagnostic(.unknownName, subject: "'\(name)=\(text)'", found: "it is no \(column.kind.rawValue)", expected: Self.expected(column.kind)))
      }
    }
    let missing = expected.filter { name in !given.contains { $0.name == name } }
    if !missing.isEmpty {
      problems.append(
        Diagnostic(
          .unknownName, subject: "table '\(table.name)'", found: "\(missing.map { "\($0)=…" }.joined(separator: " ")) \(missing.count == 1 ? "is" : "are") missing",
          expected: expected.map { "\($0)=VALUE" }.joined(separator: " ")))
    }
    guard problems.isEmpty else { throw Diagnostics(problems) }
    participant = given.first { $0.name == "participant" }?.value ?? ""
    self.conditions = conditions
  }

  private static func value(_ text: String, _ kind: ColumnKind) -> Wanted? {
    switch kind {
    case .instant: (Int64(text) ?? Instant(rfc3339: text)?.seconds).map { .integer($0) }
    case .integer, .offset: Int64(text).map { .integer($0) }
    case .real: Double(text).map { .real($0) }
    case .date: CivilDate(text: text).map { .text($0.text) }
    case .text: .text(text)
    }
  }

  private static func expected(_ kind: ColumnKind) -> String {
    switch kind {
    case .instant: "seconds since 1970, or a time such as 2026-01-05T00:00:00Z"
    case .integer, .offset: "a whole number"
    case .real: "a number"
    case .date: "a date such as 2026-01-05"
    case .text: "text"
    }
  }

  // MARK: In a store

  /// The answered slice that the row belongs to; nil if there is no such row, or no slice for it.
  /// - Parameter dataTypes: those that write the table.
  func find(in reader: any RecordReader, dataTypes: [String]) async throws -> LedgerSlice? {
    let batch = try await reader.rows(of: participant, in: table, within: window)
    guard let row = (0..<batch.count).first(where: { isMeant(batch, $0) }) else { return nil }
    if let date = date(batch, row) {
      let start = date.startOfDayUTC.seconds
      let slices = try await reader.answers(of: participant, dataTypes: dataTypes, window: start - Self.reach..<start + Self.day + Self.reach)
      let zoned = slices.filter { slice in (slice.zone.flatMap { CivilZone($0) } ?? .utc).date(at: slice.key.start) == date }
      return Self.latest(zoned)
    }
    guard let time = table.columns.first(where: { $0.kind == .instant }), case .integer(let instants)? = batch[time.name]?.values else { return nil }
    return Self.latest(try await reader.answers(of: participant, dataTypes: dataTypes, window: instants[row]..<instants[row] + 1))
  }

  private static func latest(_ slices: [LedgerSlice]) -> LedgerSlice? {
    slices.max { ($0.fetchedAt ?? Instant(seconds: 0)) < ($1.fetchedAt ?? Instant(seconds: 0)) }
  }

  private var window: RowWindow {
    guard let time = table.timeColumn, let value = conditions.first(where: { $0.column.name == time.name })?.value else { return .everything }
    switch value {
    case .integer(let instant): return .instants(instant..<instant + 1)
    case .text(let text): return CivilDate(text: text).map { .dates($0..<$0.advanced(byDays: 1)) } ?? .everything
    default: return .everything
    }
  }

  private func isMeant(_ batch: RecordBatch, _ row: Int) -> Bool {
    conditions.allSatisfy { column, value in
      switch (batch[column.name]?.values, value) {
      case (.integer(let values)?, .integer(let wanted)): values[row] == wanted
      case (.real(let values)?, .real(let wanted)): values[row] == wanted
      case (.text(let values)?, .text(let wanted)): values[row] == wanted
      default: false
      }
    }
  }

  /// The local day that the row belongs to: of a night or an activity that one of its own, whatever its instants.
  private func date(_ batch: RecordBatch, _ row: Int) -> CivilDate? {
    guard let column = table.columns.first(where: { $0.kind == .date }), batch[column.name]?.isNull?[row] != true,
      case .text(let dates)? = batch[column.name]?.values
    else { return nil }
    return CivilDate(text: dates[row])
  }
}
