import FlowTesting
import Foundation
import GRDB

/// Where a study's data go: an SQLite file, or with `FLOWRUN_TEST_DATABASE=postgresql` a database of its own on the tests' server.
enum StudyDatabase: Sendable {
  case file
  case server(PostgresServer, uri: String)

  /// Whether the tests of this process collect into files.
  static let isFile = ProcessInfo.processInfo.environment["FLOWRUN_TEST_DATABASE"] != "postgresql"

  static func make() async throws -> StudyDatabase {
    guard !isFile else { return .file }
    let server = try await PostgresServer.shared()
    return .server(server, uri: try await server.makeDatabase())
  }

  /// The value of the flow's parameter.
  var parameter: String {
    switch self {
    case .file: "study.sqlite"
    case .server(_, let uri): uri
    }
  }

  /// Writes what the server has into an SQLite file with the same tables, so that the same questions can be asked of it. Does nothing for a file.
  func mirror(to path: String) throws {
    guard case .server(let server, let uri) = self else { return }
    try? FileManager.default.removeItem(atPath: path)
    let queue = try DatabaseQueue(path: path)
    let columns = try server.rows(
      """
      SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
      WHERE c.relnamespace = 'public'::regnamespace AND c.relname !~ '^flowrun_' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY 1, a.attnum
      """, in: uri)
    for (table, columns) in Dictionary(grouping: columns, by: { $0[0] ?? "" }) {
      let names = columns.map { "\"\($0[1] ?? "")\"" }
      let rows = try server.rows("SELECT \(columns.map(Self.asStoredInAFile).joined(separator: ", ")) FROM \"\(table)\"", in: uri)
      try queue.write { database in
        let types = columns.map { Self.types[$0[2] ?? ""] ?? "TEXT" }
        try database.execute(sql: "CREATE TABLE \"\(table)\" (\(zip(names, types).map { "\($0) \($1)" }.joined(separator: ", ")))")
        let insert = try database.makeStatement(
          sql: "INSERT INTO \"\(table)\" VALUES (\(names.map { _ in "?" }.joined(separator: ", ")))")
        for row in rows { try insert.execute(arguments: StatementArguments(row.map { $0?.databaseValue ?? .null })) }
      }
    }
  }

  private static let types = ["integer": "INTEGER", "bigint": "INTEGER", "timestamp with time zone": "INTEGER", "double precision": "REAL"]

  /// Instants are numbers in a file, except those that are text there.
  private static func asStoredInAFile(_ column: [String?]) -> String {
    let name = "\"\(column[1] ?? "")\""
    guard column[2] == "timestamp with time zone" else { return name }
    return ["\"fetched_at\"", "\"started\"", "\"finished\""].contains(name)
      ? "to_char(\(name) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')" : "extract(epoch FROM \(name))::bigint"
  }
}
