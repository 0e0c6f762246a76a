/// A statement that makes a part of a database, with remarks about what the statement itself cannot say.
package struct SchemaStatement: Hashable, Sendable {
  /// A line each.
  package var remarks: [String]
  /// Without a semicolon at its end.
  package var sql: String

  package init(_ sql: String, remarks: [String] = []) {
    self.remarks = remarks
    self.sql = sql
  }

  /// As a script has it: the remarks as comments, the statement, a semicolon.
  package var text: String { remarks.map { "-- \($0)\n" }.joined() + sql + ";" }
}
