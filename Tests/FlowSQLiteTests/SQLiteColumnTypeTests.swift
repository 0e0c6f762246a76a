import FlowCore
import FlowSQLite
import Testing

@Suite("Values in columns of SQLite")
struct SQLiteColumnTypeTests {
  let fixture: SQLiteFixture

  init() async throws { fixture = try await SQLiteFixture() }

  /// What is stored: its type and its text; or the cause of the failure.
  private func stored(_ json: String, in declaration: String, options: String = "") async throws -> String {
    try fixture.execute("CREATE TABLE kept (v \(declaration)) \(options)")
    do {
      _ = try await fixture.store.change(RowChange(.insert, "kept", try JSONRecords.read(Array("[{\"v\":\(json)}]".utf8))))
    } catch let error as ProcessorError {
      #expect(error.failure.message.contains("'kept'"))
      return error.failure.cause.rawValue
    }
    return try fixture.query("SELECT typeof(v) || ' ' || CASE typeof(v) WHEN 'blob' THEN hex(v) ELSE v END FROM kept")[0]
  }

  @Test("they are stored as they are", arguments: [
    ("VARCHAR(10)", "1.10", "text 1.10"), ("CLOB", "true", "text true"), ("text", "{\"a\": 1.10}", "text {\"a\": 1.10}"), ("TEXT", "-0", "text -0"),
    ("DECIMAL(10,2)", "1.10", "real 1.1"), ("NUMERIC", "\"1.50\"", "real 1.5"), ("INTEGER", "1E5", "integer 100000"), ("INT", "\"007\"", "integer 7"), ("INTEGER", "true", "integer 1"),
    ("BIGINT", "9223372036854775807", "integer 9223372036854775807"), ("INTEGER", "1.5", "real 1.5"),
    ("REAL", "9007199254740993", "real 9.00719925474099e+15"), ("FLOAT", "\"-Infinity\"", "real -Inf"), ("DOUBLE", "0.1234567890123456789", "real 0.123456789012346"),
    ("BOOLEAN", "false", "integer 0"), ("BOOL", "\"true\"", "integer 1"),
    ("DATE", "\"2026-01-05\"", "text 2026-01-05"), ("DATETIME", "1767600000", "integer 1767600000"), ("STRING", "\"abc\"", "text abc"), ("STRING", "\"42\"", "integer 42"), ("JSON", "[1.10]", "text [1.10]"),
    ("MONEY", "3.50", "real 3.5"), ("MONEY", "\"3.50\"", "real 3.5"), ("STRING", "1.10", "real 1.1"), ("DATE", "1e3", "integer 1000"), ("STRING", "100000.0", "integer 100000"),
    ("BOOLEAN", "\"TRUE\"", "integer 1"), ("BOOLEAN", "\"False\"", "integer 0"), ("BOOLEAN", "\"1\"", "integer 1"),
    ("BLOB", "\"\\\\x00ff\"", "blob 00FF"), ("BLOB", "\"x\"", "text x"), ("BLOB", "\"\\\\x\"", "blob "), ("", "1.10", "real 1.1"), ("", "\"1.10\"", "text 1.10"),
  ])
  func kept(_ declaration: String, _ json: String, _ expected: String) async throws { #expect(try await stored(json, in: declaration) == expected) }

  @Test("or refused, where SQLite would change them", arguments: [
    ("INTEGER", "12345678901234567890"), ("DECIMAL", "12345678901234567890"), ("DECIMAL", "\"12345678901234567890\""), ("NUMERIC", "0.1234567890123456789"), ("", "12345678901234567890"),
    ("INTEGER", "9223372036854775808"), ("INTEGER", "\"n/a\""), ("REAL", "\"\""), ("REAL", "\"NaN\""), ("REAL", "1e400"), ("REAL", "1e-400"), ("NUMERIC", "1e400"), ("BOOLEAN", "\"yes\""),
    ("STRING", "\"1.10\""), ("DATE", "\"3.50\""), ("STRING", "12345678901234567890"), ("MONEY", "0.1234567890123456789"), ("MONEY", "\"3,50\""), ("BOOLEAN", "\"t\""), ("STRING", "\"007\""), ("STRING", "\"1e5\""), ("STRING", "\"100000.0\""), ("STRING", "\" 1\""), ("DATE", "true"),
  ])
  func refused(_ declaration: String, _ json: String) async throws { #expect(try await stored(json, in: declaration) == "bad_data") }

  @Test("a STRICT table's ANY keeps the text of a number")
  func strict() async throws { #expect(try await stored("\"007\"", in: "ANY", options: "STRICT") == "text 007") }

  @Test("an upsert by a key of texts tells 1.10 from 1.1, and the message of what does not fit says where")
  func keys() async throws {
    try fixture.execute("CREATE TABLE versions (id TEXT PRIMARY KEY, n INTEGER)")
    for json in [#"[{"id":1.1,"n":1}]"#, #"[{"id":1.10,"n":2}]"#] {
      _ = try await fixture.store.change(RowChange(.upsert, "versions", try JSONRecords.read(Array(json.utf8))))
    }
    #expect(try fixture.query("SELECT id || '=' || n FROM versions ORDER BY id") == ["1.1=1", "1.10=2"])
    do {
      _ = try await fixture.store.change(RowChange(.upsert, "versions", try JSONRecords.read(Array(#"[{"id":1,"n":1},{"id":2,"n":12345678901234567890}]"#.utf8))))
      Issue.record("it was changed")
    } catch let error as ProcessorError {
      let message = error.failure.message
      for part in ["record 2", "'versions'", "column 'n' (INTEGER)", "19 significant digits", "expected"] { #expect(message.contains(part), "\(message)") }
      #expect(!message.contains("12345678901234567890"))
    }
    #expect(try fixture.query("SELECT count(*) FROM versions") == ["2"])
  }

  @Test("a column whose field is absent takes its default")
  func defaults() async throws {
    try fixture.execute("CREATE TABLE jobs (id INTEGER PRIMARY KEY, state TEXT DEFAULT 'new')")
    _ = try await fixture.store.change(RowChange(.insert, "jobs", try JSONRecords.read(Array(#"[{"id":1},{"id":2,"state":"done"},{"id":3,"state":null}]"#.utf8))))
    #expect(try fixture.query("SELECT id || coalesce(state, '-') FROM jobs ORDER BY id") == ["1new", "2done", "3-"])
  }

  @Test("a text that is not UTF-8 is not read as another one")
  func wrongText() async throws {
    do {
      let rows = try await fixture.store.query("SELECT CAST(x'ff41' AS TEXT) AS broken", limits: QueryLimits())
      Issue.record("\(rows)")
    } catch let error as ProcessorError {
      #expect(error.failure.cause == .badData && error.failure.message.contains("'broken'"))
    }
  }
}
