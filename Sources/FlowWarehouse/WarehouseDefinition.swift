import FlowCore
import StudyLedger
import StudyModel

/// Warehouses into which a study's tables are loaded. flowrun writes to none of them by itself.
package enum WarehouseDialect: String, CaseIterable, Sendable {
  case bigquery
  case redshift
}

/// What makes the tables of a flow in a warehouse, as SQL: `participant`, the flow's own, and the views of local times.
package enum WarehouseDefinition {
  /// In the order in which they are to be run. Throws `Diagnostics` for tables that cannot be made.
  package static func statements(for tables: [TableSchema], _ dialect: WarehouseDialect) throws -> [SchemaStatement] {
    let sql: any WarehouseSQL =
      switch dialect {
      case .bigquery: BigQuerySQL()
      case .redshift: RedshiftSQL()
      }
    let problems = tables.flatMap {
      $0.declarationProblems(in: "ddl", reservedPrefixes: sql.reservedPrefixes, reservedNames: [WarehouseTable.participant.name])
    }
    guard problems.isEmpty else { throw Diagnostics(problems) }
    let made = ([.participant] + tables.map(WarehouseTable.init)).flatMap { table in
      [SchemaStatement(sql.create(table))] + sql.comments(table).map { SchemaStatement($0) } + (sql.view(table).map { [SchemaStatement($0)] } ?? [])
    }
    return made.enumerated().map { SchemaStatement($0.element.sql, remarks: $0.offset == 0 ? sql.remarks : []) }
  }
}

/// The SQL of one warehouse.
protocol WarehouseSQL: Sendable {
  /// Prefixes of table names that the warehouse keeps for itself, in lower case.
  var reservedPrefixes: [String] { get }
  /// What its statements cannot say.
  var remarks: [String] { get }
  func create(_ table: WarehouseTable) -> String
  /// Statements that describe the columns, if `create` does not.
  func comments(_ table: WarehouseTable) -> [String]
  /// The view of local times; nil if the table has none.
  func view(_ table: WarehouseTable) -> String?
}

/// A table with the column of its owner.
struct WarehouseTable: Sendable {
  struct Column: Sendable {
    var name: String
    var kind: Kind
    var isKey: Bool
    var meaning: String?
  }
  enum Kind: Sendable {
    /// `isSmall`: 32 bits are enough.
    case integer(isSmall: Bool)
    case real, date, instant
    /// nil: of any length.
    case text(limitBytes: Int?)
  }

  let name: String
  let columns: [Column]
  /// The column of time in the key, by which rows are divided or sorted.
  let time: Column?
  /// The column with the offset of local time, if there are an instant and room for `datetime`.
  let offset: Column?
  /// It is small, and joined to every other one.
  let isDimension: Bool

  var key: [String] { columns.filter(\.isKey).map(\.name) }

  static let participant = WarehouseTable(
    name: "participant",
    columns: [
      Column(name: "participant_id", kind: .integer(isSmall: true), isKey: true, meaning: "Number of the participant in the other tables"),
      Column(name: "name", kind: .text(limitBytes: 64), isKey: false, meaning: "Id of the participant"),
    ], time: nil, offset: nil, isDimension: true)

  private init(name: String, columns: [Column], time: Column?, offset: Column?, isDimension: Bool) {
    self.name = name
    self.columns = columns
    self.time = time
    self.offset = offset
    self.isDimension = isDimension
  }

  init(_ table: TableSchema) {
    func column(_ column: TableSchema.Column) -> Column {
      let kind: Kind =
        switch column.kind {
        case .integer: .integer(isSmall: table.promises(column))
        case .offset: .integer(isSmall: true)
        case .real: .real
        case .text: .text(limitBytes: nil)
        case .date: .date
        case .instant: .instant
        }
      return Column(name: column.name, kind: kind, isKey: table.key.contains(column.name), meaning: table.meaning(of: column))
    }
    let owner = Column(name: "participant_id", kind: .integer(isSmall: true), isKey: true, meaning: "Number of the participant, see table participant")
    let hasInstant = table.timeColumn?.kind == .instant, hasDatetime = table.columns.contains { $0.name.lowercased() == "datetime" }
    self.init(
      name: table.name, columns: [owner] + table.columns.map(column), time: table.timeColumn.map(column),
      offset: hasInstant && !hasDatetime ? table.columns.first { $0.kind == .offset }.map(column) : nil, isDimension: false)
  }
}
