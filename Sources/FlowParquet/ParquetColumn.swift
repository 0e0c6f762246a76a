/// A column of a Parquet file. Files are flat: no groups, no lists.
package struct ParquetColumn: Sendable, Equatable {
  /// What the values are, in a batch and in the file (parquet-format, LogicalTypes.md).
  package enum Kind: Sendable, Equatable {
    /// Integers, as INT32.
    case integer32
    /// Integers, as INT64.
    case integer64
    /// Reals, as DOUBLE.
    case real
    /// Texts, as BYTE_ARRAY with STRING.
    case text
    /// Texts `yyyy-MM-dd` in a batch; in the file INT32 with DATE, days since 1970.
    case date
    /// Integers in a batch, whole seconds since 1970; in the file INT64 with TIMESTAMP(isAdjustedToUTC, MILLIS).
    case instant
  }

  package var name: String
  package var kind: Kind
  /// REQUIRED: no row may be NULL. Otherwise OPTIONAL.
  package var isRequired: Bool

  package init(_ name: String, _ kind: Kind, isRequired: Bool) {
    self.name = name
    self.kind = kind
    self.isRequired = isRequired
  }
}

/// Rows that do not fit the columns of a Parquet file, or columns that make no file.
package struct ParquetProblem: Error, Sendable, Equatable, CustomStringConvertible {
  package var column: String
  /// Of the file, from 1; nil if it concerns the column as a whole.
  package var row: Int64?
  package var found: String
  package var expected: String

  package init(column: String, row: Int64? = nil, found: String, expected: String) {
    self.column = column
    self.row = row
    self.found = found
    self.expected = expected
  }

  package var description: String {
    "column '\(column)' of the Parquet file has \(found)\(row.map { " in row \($0)" } ?? ""); expected \(expected)"
  }
}
