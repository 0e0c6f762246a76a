import FlowTesting
import Foundation
import GRDB

/// The relations of the shipped models in a database, to be compared with others.
struct ModelImage: Equatable {
  static let names = ["active_zones", "daily_activity", "daily_sleep", "fct_steps", "intraday_activity", "sleep_stages", "valid_days"]
  static let folder = BuiltBinary.repository.appending(path: "Flows/models").path()

  /// By name: the kind, the columns with their types, and the rows in their order. When a row was written is left out.
  private(set) var relations: [String: [String]] = [:]

  /// What differs, for messages.
  func difference(from other: ModelImage) -> [String] {
    Self.names.compactMap { name in
      let (left, right) = (relations[name] ?? ["missing"], other.relations[name] ?? ["missing"])
      guard left != right else { return nil }
      let pairs = zip(left, right).first { $0 != $1 }
      return "\(name): \(left.count) and \(right.count) lines, first \(pairs.map { "\($0) and \($1)" } ?? "-")"
    }
  }

  init(ofFile path: String) throws {
    var configuration = Configuration()
    configuration.readonly = true
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    for name in Self.names {
      relations[name] = try queue.read { database in
        guard let kind = try String.fetchOne(database, sql: "SELECT type FROM sqlite_master WHERE name = ?", arguments: [name]) else { return ["missing"] }
        let columns = try Row.fetchAll(database, sql: "SELECT name, type FROM pragma_table_xinfo(?)", arguments: [name]).map { ($0["name"] as String, $0["type"] as String) }
        let rows = try Row.fetchAll(database, sql: "SELECT \(Self.list(columns.map(\.0))) FROM \"\(name)\"").map { $0.map { "\($1)" }.joined(separator: "|") }
        return [kind] + columns.map { "\($0) \($1)" } + rows.sorted()
      }
    }
  }

  init(of uri: String, on server: PostgresServer) throws {
    for name in Self.names {
      let columns = try server.rows(
        """
        SELECT c.relkind, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
        WHERE c.relname = '\(name)' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
        """, in: uri)
      guard !columns.isEmpty else {
        relations[name] = ["missing"]
        continue
      }
      let rows = try server.rows("SELECT \(Self.list(columns.map { $0[1] ?? "" })) FROM \"\(name)\"", in: uri).map { $0.map { $0 ?? "-" }.joined(separator: "|") }
      relations[name] = columns.map { $0.map { $0 ?? "-" }.joined(separator: " ") } + rows.sorted()
    }
  }

  private static func list(_ columns: [String]) -> String { columns.filter { $0 != "transformed_at" }.map { "\"\($0)\"" }.joined(separator: ", ") }
}

extension Study {
  /// A study with everything that the shipped models read: the nightly flow, then the flow of the four tables.
  static func forModels(participants: Int = 6, isGoogle: Bool = false, in store: StudyDatabase? = nil) async throws -> Study {
    try await Study(participants: participants, days: 3, flow: isGoogle ? "google-health-nightly" : "fitbit-nightly", store: store)
  }

  private var minutes: String { BuiltBinary.flow(flow.replacing("-nightly", with: "")) }

  /// Collects both flows' data.
  func collectForModels() async throws -> [BuiltBinary.Result] {
    [try await flowrun(["run"], ["-q"]), try await flowrun(["run"], flow: minutes, ["-p", "detail=1min", "-q"])]
  }

  func transform(_ more: [String] = []) async throws -> BuiltBinary.Result {
    try await flowrun(["transform"], flow: minutes, ["-p", "detail=1min", "--models", ModelImage.folder] + more)
  }

  /// Rows of a query, values as text and NULL as `-`.
  func rows(_ sql: String) throws -> [String] {
    switch store {
    case .file:
      var configuration = Configuration()
      configuration.readonly = true
      return try DatabaseQueue(path: database, configuration: configuration).read { database in
        try Row.fetchAll(database, sql: sql).map { row in row.map { $1.isNull ? "-" : String.fromDatabaseValue($1) ?? "\($1)" }.joined(separator: "|") }
      }
    case .server(let server, let uri): return try server.rows(sql, in: uri).map { $0.map { $0 ?? "-" }.joined(separator: "|") }
    }
  }
}
