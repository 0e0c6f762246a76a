import FlowCore
import FlowDefinition
import FlowSQLite
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("ConvertRecord, QueryRecord, ExecuteSQL and PutDatabaseRecord")
struct RecordProcessorTests {
  private func text(_ flowFile: FlowFile?) -> String? {
    guard case .bytes(let bytes) = flowFile?.content else { return flowFile == nil ? nil : "" }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func test(_ type: any Processor.Type, _ properties: [String: PropertyLiteral], _ database: MemorySQLDatabase? = nil) throws -> ProcessorTest {
    let environment = RuntimeEnvironment.undriven()
    environment.shared.put(SQLiteRecordQueries.make(lane: { _ in InlineLane() }, time: environment.time))
    return try ProcessorTest(
      type, properties.merging(database == nil ? [:] : ["database": "db"]) { $1 }, services: database.map { ["db": $0] } ?? [:],
      compiler: CompiledExpressions(parameters: []), environment: environment)
  }

  // MARK: ConvertRecord

  @Test("JSON becomes CSV", arguments: [
    (#"[{"a":1,"b":"x"},{"a":2.50,"c":true}]"#, "a,b,c\r\n1,x,\r\n2.50,,true\r\n"), (#"{"a":"say \"hi\", all"}"#, "a\r\n\"say \"\"hi\"\", all\"\r\n"),
    ("{\"a\":null}\n{\"a\":\"\"}\n", "a\r\n\r\n\"\"\r\n"), (#"[{"a":{"b":[1]}}]"#, "a\r\n\"{\"\"b\"\":[1]}\"\r\n"), ("[]", ""), (#"[{"a":"line\nbreak"}]"#, "a\r\n\"line\nbreak\"\r\n"),
  ])
  func toCSV(_ json: String, _ csv: String) async throws {
    let test = try test(ConvertRecord.self, ["writer": "csv"])
    let converted = await test.run([test.flowFile(text: json)])["success"].first
    #expect(text(converted) == csv && converted?["mime.type"] == "text/csv")
  }

  @Test("CSV becomes JSON", arguments: [
    ("id,name,ok\r\n1,Ann,true\r\n2,,false\r\n", #"[{"id":1,"name":"Ann","ok":true},{"id":2,"name":null,"ok":false}]"#),
    ("id\n007\n1\n", #"[{"id":"007"},{"id":"1"}]"#), ("a,b\n1.50,1e3\n,\n", #"[{"a":1.50,"b":1e3},{"a":null,"b":null}]"#), ("\u{FEFF}a\n\"\"\n", #"[{"a":""}]"#),
    ("a,b\n\"x\n,y\",\"\"\"\"\n\n", #"[{"a":"x\n,y","b":"\""}]"#), ("a,b", "[]"), ("", "[]"), ("a\rx\r", #"[{"a":"x"}]"#),
    ("n\n12345678901234567890\n", #"[{"n":12345678901234567890}]"#),
  ])
  func toJSON(_ csv: String, _ json: String) async throws {
    let test = try test(ConvertRecord.self, ["reader": "csv"])
    #expect(text(await test.run([test.flowFile(text: csv)])["success"].first) == json)
  }

  @Test("separator, header and grouping are the flow's", arguments: [
    (["reader": "csv", "csv_separator": ";"], "a;b\n1,5;2\n", #"[{"a":"1,5","b":2}]"#), (["reader": "csv", "csv_separator": "tab"], "a\tb\n1\t2\n", #"[{"a":1,"b":2}]"#),
    (["reader": "csv", "csv_header": "false"], "x,1\ny,2\n", #"[{"column_1":"x","column_2":1},{"column_1":"y","column_2":2}]"#),
    (["writer": "csv", "csv_header": "false", "csv_separator": ";"], #"[{"a":"x;y","b":1}]"#, "\"x;y\";1\r\n"),
    (["output_grouping": "one_line_per_object"], #"[{"a":1},{"b":2}]"#, "{\"a\":1,\"b\":null}\n{\"a\":null,\"b\":2}\n"),
  ] as [([String: PropertyLiteral], String, String)])
  func forms(_ properties: [String: PropertyLiteral], _ before: String, _ after: String) async throws {
    let test = try test(ConvertRecord.self, properties)
    #expect(text(await test.run([test.flowFile(text: before)])["success"].first) == after)
  }

  @Test("what is no record fails and says where", arguments: [
    ("json", "{", "no JSON"), ("json", "[1]", "record 1"), ("json", #"[{"a":01}]"#, "field 'a' of record 1"), ("json", #"[{"a":[1 2]}]"#, "field 'a'"), ("json", #"[{"a":nul}]"#, "field 'a'"),
    ("json", "x", "record 1"), ("csv", "a,b\n1\n", "line 2 has 1 field"), ("csv", "a,a\n1,2\n", "names column 'a' twice"), ("csv", "a,\n1,2\n", "without a name"),
    ("csv", "a\n\"x\n", "line 2 has a quote that is not closed"), ("csv", "a\n\"x\"y\n", "line 2 has text after a closing quote"),
  ])
  func refused(_ reader: String, _ content: String, _ words: String) async throws {
    let test = try test(ConvertRecord.self, ["reader": .text(reader)])
    let failure = await test.run([test.flowFile(text: content)]).failure
    #expect(failure?.cause == .badData && failure?.message.contains(words) == true, "\(failure?.message ?? "none")")
  }

  @Test("a nest of brackets ends early", arguments: ["[", "{\"a\":"])
  func deep(_ opening: String) async throws {
    let closing = opening == "[" ? "]" : "}", depth = 20_000
    let nested = String(repeating: opening, count: depth) + "1" + String(repeating: closing, count: depth)
    let test = try test(ConvertRecord.self, [:])
    #expect(await test.run([test.flowFile(text: #"[{"x":\#(nested)}]"#)]).failure?.cause == .badData)
  }

  @Test("any records come back from CSV as they were, but for texts that look like other values", arguments: 0..<200)
  func roundTrip(_ seed: Int) throws {
    let random = SeededRandomSource(seed: UInt64(seed))
    func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
    let texts = ["", "x", "a,b", "say \"hi\"", "line\r\nbreak", " space ", "ünï", "'", "\t", "-", "1a"]
    let numbers = ["0", "-1", "1.5", "1e10", "123456789012345678901"]
    let columns = (0...pick(4)).map { "c\($0)\(texts[pick(texts.count)])" }
    let kinds = columns.map { _ in pick(3) }
    let rows = (0..<pick(5)).map { _ in
      kinds.map { kind -> DataValue in
        if pick(4) == 0 { return .null }
        return kind == 0 ? .text(texts[pick(texts.count)]) : kind == 1 ? .number(numbers[pick(numbers.count)]) : .boolean(pick(2) == 0)
      }
    }
    let table = DataTable(columns: columns, rows: rows)
    for separator in [UInt8(ascii: ","), UInt8(ascii: ";"), 0x09] {
      #expect(try CSVRecords.read(CSVRecords.write(table, separator: separator), separator: separator) == table)
    }
    if !rows.isEmpty {
      for grouping in JSONRecords.Grouping.allCases { #expect(try JSONRecords.read(JSONRecords.write(table, as: grouping)) == table) }
    }
  }

  @Test("a content without records ends, if that is wanted")
  func empty() async throws {
    let test = try test(ConvertRecord.self, ["include_zero_record_flowfiles": "false"])
    let outcome = await test.run([test.flowFile(text: "[]")])
    #expect(outcome.removed.count == 1 && outcome.sent.isEmpty)
  }

  // MARK: QueryRecord

  @Test("each query has its relationship, and the content goes to original")
  func queries() async throws {
    let test = try test(QueryRecord.self, [
      "reader": "csv", "queries": ["high": "SELECT id FROM FLOWFILE WHERE rate > ${limit}", "all": "SELECT count(*) AS n FROM FLOWFILE;", "none": "SELECT * FROM FLOWFILE WHERE 0"],
    ])
    let outcome = await test.run([test.flowFile(["limit": "90"], text: "id,rate\n1,80\n2,100\n")])
    #expect(text(outcome["high"].first) == #"[{"id":2}]"# && text(outcome["all"].first) == #"[{"n":2}]"# && text(outcome["none"].first) == "[]")
    #expect(outcome["high"].first?["QueryRecord.Route"] == "high" && outcome["high"].first?["record.count"] == "1" && text(outcome["original"].first) == "id,rate\n1,80\n2,100\n")
  }

  @Test("a result without records is left out, if that is wanted")
  func emptyResult() async throws {
    let test = try test(QueryRecord.self, ["queries": ["none": "SELECT * FROM FLOWFILE WHERE 0"], "include_zero_record_flowfiles": "false"])
    let outcome = await test.run([test.flowFile(text: #"[{"a":1}]"#)])
    #expect(outcome.sent.mapValues(\.count) == ["original": 1])
  }

  @Test("a wrong query is a failure of its FlowFile", arguments: ["SELECT * FROM other", "DROP TABLE FLOWFILE", "SELECT nothing FROM FLOWFILE"])
  func wrongQuery(_ sql: String) async throws {
    let test = try test(QueryRecord.self, ["queries": ["q": .text(sql)]])
    #expect(await test.run([test.flowFile(text: #"[{"a":1}]"#)]).failure?.cause == .badRequest)
  }

  // MARK: ExecuteSQL

  private static let three = DataTable(columns: ["n"], rows: [[.number("1")], [.number("2")], [.number("3")]])

  @Test("rows become the content, in parts if that is wanted", arguments: [
    ("0", ["[{\"n\":1},{\"n\":2},{\"n\":3}]"]), ("2", ["[{\"n\":1},{\"n\":2}]", "[{\"n\":3}]"]), ("3", ["[{\"n\":1},{\"n\":2},{\"n\":3}]"]), ("1", ["[{\"n\":1}]", "[{\"n\":2}]", "[{\"n\":3}]"]),
  ])
  func parts(_ limit: String, _ contents: [String]) async throws {
    let test = try test(ExecuteSQL.self, ["sql_query": "SELECT ${what}", "max_rows_per_flow_file": .text(limit)], MemorySQLDatabase(answers: ["SELECT n": Self.three]))
    let outcome = await test.run([test.flowFile(["what": "n"])])
    let parts = outcome["success"]
    #expect(parts.map { text($0) } == contents && parts.map { $0["executesql.row.count"] } == parts.map { $0["record.count"] })
    #expect(parts.map { $0["fragment.index"] } == (limit == "0" ? [nil] : contents.indices.map { "\($0)" }))
    #expect(Set(parts.map { $0["fragment.count"] }) == [limit == "0" ? nil : "\(contents.count)"] && outcome.counters["rows"] == 3)
  }

  @Test("without an input it asks once; without a row it sends an empty list")
  func source() async throws {
    let test = try test(ExecuteSQL.self, ["sql_query": "SELECT n"], MemorySQLDatabase(answers: ["SELECT n": DataTable(columns: ["n"])]))
    let outcome = await test.run()
    #expect(outcome.isExhausted && text(outcome["success"].first) == "[]" && outcome["success"].first?["input.flowfile.uuid"] == nil)
  }

  @Test("the content is the query where none is given; a wrong one is a failure")
  func contentQuery() async throws {
    let test = try test(ExecuteSQL.self, ["writer": "csv"], MemorySQLDatabase(answers: ["SELECT n": Self.three]))
    #expect(text(await test.run([test.flowFile(text: "SELECT n;\n")])["success"].first) == "n\r\n1\r\n2\r\n3\r\n")
    for content in ["SELECT other", ""] {
      let failed = await test.run([test.flowFile(text: content)])["failure"].first
      #expect(failed?.failure?.cause == .badRequest && failed?["executesql.error.message"] == failed?.failure?.message)
    }
  }

  @Test("a result beyond the limit is a failure")
  func limit() async throws {
    let test = try test(ExecuteSQL.self, ["sql_query": "SELECT n", "result_limit": "50 B"], MemorySQLDatabase(answers: ["SELECT n": Self.three]))
    #expect(await test.run([test.flowFile()])["failure"].first?.failure?.cause == .badData)
  }

  // MARK: PutDatabaseRecord

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
}
