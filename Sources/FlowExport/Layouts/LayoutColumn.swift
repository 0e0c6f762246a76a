import FlowCore
import FlowParquet
import StudyModel

/// A column of a layout: its name and type, and its value in a row.
struct LayoutColumn<Row>: Sendable {
  enum Value: Sendable {
    case participant
    case nothing
    case integer(@Sendable (Row) -> Int64?)
    case real(@Sendable (Row) -> Double?)
    case text(@Sendable (Row) -> String?)
  }

  var column: ParquetColumn
  var origin: ColumnOrigin?
  var value: Value

  private init(_ name: String, _ kind: ParquetColumn.Kind, isRequired: Bool = false, _ origin: ColumnOrigin?, _ value: Value) {
    column = ParquetColumn(name, kind, isRequired: isRequired)
    self.origin = origin
    self.value = value
  }

  // MARK: Kinds

  /// The participant's name.
  static func participant(_ name: String) -> Self { Self(name, .text, isRequired: true, nil, .participant) }
  /// A column that stays empty.
  static func nothing(_ name: String, _ kind: ParquetColumn.Kind, _ reason: String) -> Self { Self(name, kind, .nothing(reason), .nothing) }

  /// - Parameter origin: the columns of the store from which the value is made.
  static func integer(_ name: String, from origin: [TableColumn], _ value: @escaping @Sendable (Row) -> Int64?) -> Self {
    Self(name, .integer64, .columns(origin), .integer(value))
  }
  static func real(_ name: String, from origin: [TableColumn], _ value: @escaping @Sendable (Row) -> Double?) -> Self {
    Self(name, .real, .columns(origin), .real(value))
  }
  static func text(_ name: String, from origin: [TableColumn], _ value: @escaping @Sendable (Row) -> String?) -> Self {
    Self(name, .text, .columns(origin), .text(value))
  }
  static func date(_ name: String, from origin: [TableColumn], _ value: @escaping @Sendable (Row) -> CivilDate?) -> Self {
    Self(name, .date, .columns(origin), .text { value($0)?.text })
  }

  // MARK: Values

  /// The column of a batch.
  func values(_ rows: [Row], participant: String) -> RecordBatch.Column {
    switch value {
    case .participant: RecordBatch.Column(name: column.name, values: .text([String](repeating: participant, count: rows.count)))
    case .nothing: .empty(column, count: rows.count)
    case .integer(let value): Self.column(column.name, rows, 0, value) { .integer($0) }
    case .real(let value): Self.column(column.name, rows, 0, value) { .real($0) }
    case .text(let value): Self.column(column.name, rows, "", value) { .text($0) }
    }
  }

  private static func column<Value>(
    _ name: String, _ rows: [Row], _ absent: Value, _ value: (Row) -> Value?, _ wrap: ([Value]) -> RecordBatch.Values
  ) -> RecordBatch.Column {
    let found = rows.map(value), isNull = found.map { $0 == nil }
    return RecordBatch.Column(name: name, values: wrap(found.map { $0 ?? absent }), isNull: isNull.contains(true) ? isNull : nil)
  }
}

extension ExportTable {
  /// A table of a layout.
  /// - Parameter rows: what a row is made of, in the order in which rows are written.
  init<Row>(
    _ name: String, from sources: [Source], rows: @escaping @Sendable (ExportRows) -> [Row], columns: [LayoutColumn<Row>]
  ) {
    self.init(
      name: name, columns: columns.map(\.column), sources: sources,
      origins: Dictionary(columns.compactMap { column in column.origin.map { (column.column.name, $0) } }) { first, _ in first }
    ) { stored in
      let made = rows(stored)
      return RecordBatch(columns: columns.map { $0.values(made, participant: stored.participant) }, count: made.count)
    }
  }

  /// A table of a layout for which flowrun collects nothing. It has no file.
  init(_ name: String, _ columns: [(name: String, kind: ParquetColumn.Kind)], reason: String) {
    self.init(name, from: [], rows: { _ in [Never]() }, columns: columns.map { .nothing($0.name, $0.kind, reason) })
  }
}
