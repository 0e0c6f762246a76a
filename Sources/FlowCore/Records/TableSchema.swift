/// A table's name, columns and key. The store puts a column before them that says whose the row is; it is part of every key.
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
  /// Columns that identify a row among those of its owner.
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

/// What a column holds. How it is stored is the store's matter.
package enum ColumnKind: String, Sendable, CaseIterable {
  /// Whole number; a fraction is rounded to nearest.
  case integer
  case real
  case text
  /// `yyyy-MM-dd`, text.
  case date
  /// UTC, whole seconds since 1970, integer.
  case instant
  /// Seconds east of UTC in the owner's zone at the row's instant, integer.
  case offset
}
