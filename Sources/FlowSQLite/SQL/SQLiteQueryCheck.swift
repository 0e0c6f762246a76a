import FlowCore
import GRDB
import GRDBSQLite

/// What is wrong with a query over records whatever the records are, told before there are any.
package enum SQLiteQueryCheck {
  /// Columns that a query may name; one that names more is not looked at.
  private static let mostColumns = 300
  /// The beginnings of what SQLite says of such a query.
  private static let mistakes = ["no such function:", "near ", "incomplete input", "unrecognized token:", "no such table:", "wrong number of arguments to function", "misuse of "]

  /// Prepares a query on an empty table that gets each column that the query names. Blocks for some milliseconds.
  /// - Returns: SQLite's words, such as `no such function: RPATH`; nil if the query is right, or only the records can tell.
  package static func mistake(in sql: String) -> String? {
    let sql = sql.withoutFinalSemicolon
    var configuration = Configuration()
    configuration.label = "flowrun.query check"
    guard let queue = try? DatabaseQueue(configuration: configuration) else { return nil }
    return queue.inDatabase { database in
      var known: Set<String> = ["flowrun_nothing"]
      guard (try? database.execute(sql: "CREATE TABLE \(RecordQueries.table) (flowrun_nothing)")) != nil else { return nil }
      while known.count < mostColumns {
        do {
          // As it is run: neither PRAGMA, nor ATTACH, nor a second statement.
          _ = try database.makeStatement(sql: "SELECT * FROM (\n\(sql)\n)")
          let statement = try database.makeStatement(sql: sql)
          return sqlite3_bind_parameter_count(statement.sqliteStatement) == 0 ? nil : "it has parameters without values"
        } catch let error as DatabaseError {
          guard let message = error.message else { return nil }
          if mistakes.contains(where: message.hasPrefix) { return message }
          guard message.hasPrefix("no such column: ") else { return nil }
          // `FLOWFILE.rate` and `f.rate` are the column `rate`; a name may have a dot, too.
          let name = String(message.dropFirst("no such column: ".count))
          var parts = [name]
          if let dot = name.firstIndex(of: ".") { parts.append(String(name[name.index(after: dot)...])) }
          if let dot = name.lastIndex(of: ".") { parts.append(String(name[name.index(after: dot)...])) }
          var isNew = false
          for part in parts where !part.isEmpty && known.insert(part.lowercased()).inserted {
            if (try? database.execute(sql: "ALTER TABLE \(RecordQueries.table) ADD COLUMN \(quoted(part))")) != nil { isNew = true }
          }
          if !isNew { return nil }
        } catch {
          return nil
        }
      }
      return nil
    }
  }
}
