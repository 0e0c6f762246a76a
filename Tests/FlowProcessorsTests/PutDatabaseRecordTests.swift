import FlowCore
import FlowDefinition
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("PutDatabaseRecord")
struct PutDatabaseRecordTests: RecordProcessorSuite {
  @Test("records are put, and what fails has changed nothing", arguments: [
    ("insert", "things", #"[{"id":1,"name":"a"},{"id":2,"name":"b"}]"#, "success"), ("insert", "things", #"[{"id":1,"name":"a"},{"id":1,"name":"b"}]"#, "failure"),
    ("insert", "participant", #"[{"name":"a"}]"#, "failure"), ("insert", "nothing", #"[{"name":"a"}]"#, "failure"), ("update", "things", "[]", "success"), ("insert", "things", "{", "failure"),
  ])
  func put(_ statement: String, _ table: String, _ json: String, _ way: String) async throws {
    let database = SQLDatabaseConformance.double()
    let test = try test(PutDatabaseRecord.self, ["statement_type": .text(statement), "table_name": "${table}"], database)
    let outcome = await test.run([test.flowFile(["table": table], text: json)])
    let sent = try #require(outcome[way].first)
    #expect(text(sent) == json && sent["putdatabaserecord.error"] == sent.failure?.message && (way == "success") == (sent.failure == nil))
    let count = try await database.query("SELECT * FROM things ORDER BY id", limits: QueryLimits()).rows.count
    #expect(count == (outcome.counters["rows changed"] ?? 0) && (way == "success" || count == 0))
  }

  @Test("what may pass takes retry, a failure of the whole run stops it")
  func retry() async throws {
    let faults = FaultPlan().fail("sql.change", call: 1, with: ProcessorError(.database, "locked")).fail("sql.change", call: 2, with: StopRun(.unavailable, .database, "away"))
    let test = try test(PutDatabaseRecord.self, ["statement_type": "insert", "table_name": "things"], MemorySQLDatabase([.init("things", columns: ["id"])], faults: faults))
    let outcome = await test.run([test.flowFile(text: #"[{"id":1}]"#)])
    #expect(outcome["retry"].first?.failure?.cause == .database)
    #expect(await test.run([test.flowFile(text: #"[{"id":1}]"#)]).error is StopRun)
  }

  @Test("records of an update without a row are counted, and a bulletin says so; those of a deletion are counted only", arguments: [("update", 1), ("delete", 0)])
  func unmatched(_ statement: String, _ bulletins: Int) async throws {
    let database = SQLDatabaseConformance.double()
    let test = try test(PutDatabaseRecord.self, ["statement_type": .text(statement), "table_name": "things", "update_keys": ["id"]], database)
    _ = try await database.change(RowChange(.insert, "things", try JSONRecords.read(Array(#"[{"id":1,"name":"a"}]"#.utf8))))
    let outcome = await test.run([test.flowFile(text: #"[{"id":1,"name":"b"},{"id":2,"name":"c"},{"id":3,"name":"d"}]"#)])
    #expect(outcome["success"].count == 1 && outcome.counters["rows changed"] == 1 && outcome.counters["records without a row"] == 2)
    #expect(outcome.bulletins.count == bulletins)
    if let bulletin = outcome.bulletins.first {
      #expect(bulletin.level == .warning)
      for part in ["'things'", "2 of 3 records", "record 2", "expected", "statement_type: upsert"] { #expect(bulletin.detail.contains(part), "\(bulletin.detail)") }
    }
  }
}
