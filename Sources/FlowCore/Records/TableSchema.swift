/// A table's name, columns and key. `participant_id` is implied: every table of records begins with it and its key does too.
package struct TableSchema: Hashable, Sendable {
  package struct Column: Hashable, Sendable {
    package var name: String
    package var kind: ColumnKind
    package init(_ name: String, _ kind: ColumnKind) {
      self.name = name
      self.kind = kind
    }
  }
  package var name: String
  package var columns: [Column]
  /// Columns that, with `participant_id`, identify a row.
  package var key: [String]

  package init(name: String, columns: [Column], key: [String]) {
    self.name = name
    self.columns = columns
    self.key = key
  }
  /// The column that says when a row is: an `instant`, else a `date`; nil for a table without time.
  package var timeColumn: Column? {
    columns.first { $0.kind == .instant && key.contains($0.name) } ?? columns.first { $0.kind == .date && key.contains($0.name) }
  }
}

/// A column of a table, by name.
package struct TableColumn: Hashable, Sendable {
  package var table: String
  package var column: String
  package init(table: String, column: String) {
    self.table = table
    self.column = column
  }
}

/// What a column holds, and how SQLite stores it.
package enum ColumnKind: String, Sendable, CaseIterable {
  /// Whole number; a fraction is rounded to nearest.
  case integer
  case real
  case text
  /// `yyyy-MM-dd`, text.
  case date
  /// UTC, whole seconds since 1970, integer.
  case instant
  /// Seconds east of UTC in the participant's zone at the row's instant, integer.
  case offset

  package var storage: String {
    switch self {
    case .integer, .instant, .offset: "INTEGER"
    case .real: "REAL"
    case .text, .date: "TEXT"
    }
  }
}

extension TableSchema {
  /// The tables that flowrun promises (README, "Tables"): `validate` holds mappings against them.
  package static let promised: [TableSchema] = [
    TableSchema(
      name: "fitbit_daily_activity",
      columns: [.init("date", .date)]
        + [
          "activity_calories", "calories_bmr", "calories_out", "marginal_calories", "steps",
        ].map { .init($0, .integer) } + [.init("distance", .real), .init("elevation", .real)]
        + [
          "floors", "very_active_minutes", "fairly_active_minutes", "lightly_active_minutes", "sedentary_minutes",
          "resting_heart_rate",
        ].map { .init($0, .integer) },
      key: ["date"]),
    TableSchema(
      name: "fitbit_hr_summary",
      columns: [
        .init("date", .date), .init("zone", .text), .init("min", .integer), .init("max", .integer),
        .init("minutes", .integer), .init("calories_out", .real),
      ],
      key: ["date", "zone"]),
    TableSchema(
      name: "fitbit_intraday_hr",
      columns: [.init("instant", .instant), .init("utc_offset", .offset), .init("value", .integer)], key: ["instant"]),
    TableSchema(
      name: "fitbit_intraday_steps",
      columns: [.init("instant", .instant), .init("utc_offset", .offset), .init("value", .integer)], key: ["instant"]),
  ]
}
