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

/// What the tables of a flow keep to beyond what the flow says of them: the rules of whoever stores and reads them.
package struct TableConventions: Sendable {
  /// Tables whose keys, columns and kinds are fixed, for those who read them.
  package var promised: [TableSchema]
  /// Names of the store's own tables, in small letters.
  package var reservedNames: Set<String>
  /// Beginnings of such names.
  package var reservedPrefixes: [String]
  /// The column that says whose a row is; the store puts it into every table and every key. nil: rows are nobody's.
  package var ownerColumn: String?

  package init(promised: [TableSchema] = [], reservedNames: Set<String> = [], reservedPrefixes: [String] = [], ownerColumn: String? = nil) {
    self.promised = promised
    self.reservedNames = reservedNames
    self.reservedPrefixes = reservedPrefixes
    self.ownerColumn = ownerColumn
  }
}
