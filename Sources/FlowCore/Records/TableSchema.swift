/// A table's name, columns and key. The store prepends an owner column, which is part of every key.
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
  /// The columns that identify a row among the rows of its owner.
  package var key: [String]

  package init(name: String, columns: [Column], key: [String]) {
    self.name = name
    self.columns = columns
    self.key = key
  }
  /// The key column that orders rows in time: an `instant`, or else a `date`; nil for a table without time.
  package var timeColumn: Column? {
    columns.first { $0.kind == .instant && key.contains($0.name) } ?? columns.first { $0.kind == .date && key.contains($0.name) }
  }
}

/// A column, qualified by its table.
package struct TableColumn: Hashable, Sendable {
  package var table: String
  package var column: String
  package init(table: String, column: String) {
    self.table = table
    self.column = column
  }
}

/// The type of a column's values. The store decides on their representation.
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

/// Rules for tables beyond the flow file, set by the modules that store and read them.
package struct TableConventions: Sendable {
  /// Tables with fixed keys, columns and kinds, on which readers rely.
  package struct Promised: Sendable {
    package var tables: [TableSchema]
    /// Reported for a flow that would change one.
    package var code: DiagnosticCode

    package init(_ tables: [TableSchema], code: DiagnosticCode) {
      self.tables = tables
      self.code = code
    }
  }

  /// The column that identifies a row's owner; the store adds it to every table and key.
  package struct Owner: Sendable {
    package var column: String
    /// Reported for a key that names the column.
    package var code: DiagnosticCode

    package init(_ column: String, code: DiagnosticCode) {
      self.column = column
      self.code = code
    }
  }

  package var promised: Promised?
  /// Names of the store's own tables, in lower case.
  package var reservedNames: Set<String>
  /// Reserved prefixes of table names.
  package var reservedPrefixes: [String]
  /// nil: rows have no owner.
  package var owner: Owner?

  package init(promised: Promised? = nil, reservedNames: Set<String> = [], reservedPrefixes: [String] = [], owner: Owner? = nil) {
    self.promised = promised
    self.reservedNames = reservedNames
    self.reservedPrefixes = reservedPrefixes
    self.owner = owner
  }
}
