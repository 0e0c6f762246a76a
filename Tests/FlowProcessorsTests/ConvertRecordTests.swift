import FlowCore
import FlowDefinition
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("ConvertRecord")
struct ConvertRecordTests: RecordProcessorSuite {
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
    (["reader": "csv", "csv_field_count": "any"], "a,b\n1\n2,3,4\n5,6,,x\n", #"[{"a":1,"b":null,"unknown_field_index_2":null,"unknown_field_index_3":null},{"a":2,"b":3,"unknown_field_index_2":4,"unknown_field_index_3":null},{"a":5,"b":6,"unknown_field_index_2":null,"unknown_field_index_3":"x"}]"#),
    (["reader": "csv", "csv_types": "text"], "zip,flag,n,e\n12345,true,1.50,1e3\n2,,5,\n", #"[{"zip":"12345","flag":"true","n":"1.50","e":"1e3"},{"zip":"2","flag":null,"n":"5","e":null}]"#),
    (["writer": "csv", "record_separator": "\n"], #"[{"a":"x\ny","b":1},{"a":"z"}]"#, "a,b\n\"x\ny\",1\nz,\n"), (["writer": "csv", "record_separator": #"\n"#], #"[{"a":1}]"#, "a\n1\n"),
    (["writer": "csv", "record_separator": #"\r\n"#], #"[{"a":1}]"#, "a\r\n1\r\n"),
    (["suppress_null_values": "always_suppress"], #"[{"a":null,"b":{"c":null,"d":[null,{"e":null,"f":"é\n"}]}},{"c":1}]"#, #"[{"b":{"d":[null,{"f":"é\n"}]}},{"c":1}]"#),
    (["suppress_null_values": "suppress_missing"], #"[{"a":null},{"b":{"c":null}}]"#, #"[{"a":null},{"b":{"c":null}}]"#),
    (["suppress_null_values": "always_suppress", "reader": "csv"], "a,b\n,\n1,\n", #"[{},{"a":1}]"#),
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

  @Test("the records of JSON are the value of the first member of a name, at any depth", arguments: [
    (#"{"meta":{"dataPoints":[{"a":1},{"a":2}]},"dataPoints":[{"a":3}]}"#, #"[{"a":1},{"a":2}]"#), (#"{"dataPoints":{"a":1}}"#, #"[{"a":1}]"#),
    (#"{"dataPoints":[]}"#, "[]"), ("[]", "[]"), ("[]\n[]\n", "[]"), ("[]\n{\"dataPoints\":[{\"a\":1}]}\n", #"[{"a":1}]"#),
    (#"[{"dataPoints":[{"a":1}]},{"dataPoints":[]},{"x":{"dataPoints":{"a":2}}}]"#, #"[{"a":1},{"a":2}]"#),
    ("{\"dataPoints\":[{\"a\":1}]}\n{\"dataPoints\":[{\"a\":2}]}\n", #"[{"a":1},{"a":2}]"#),
  ])
  func startingField(_ before: String, _ after: String) async throws {
    let test = try test(ConvertRecord.self, ["json_starting_field": "dataPoints"])
    #expect(text(await test.run([test.flowFile(text: before)])["success"].first) == after)
  }

  @Test("an answer without the member of the records is no answer without records", arguments: [
    ("{}", "no member 'dataPoints'"), ("[[1]]", "no member 'dataPoints'"), ("null", "no member 'dataPoints'"), (#"{"error":"quota"}"#, "no member 'dataPoints'"), (#"{"dataPoints":null}"#, "record 1"), (#"[{"dataPoints":[]},{"x":1}]"#, "no member 'dataPoints' in value 2"), ("", "the content is empty"),
  ])
  func noStartingField(_ content: String, _ words: String) async throws {
    let test = try test(ConvertRecord.self, ["json_starting_field": "dataPoints"])
    let failure = await test.run([test.flowFile(["record.count": "0"], text: content)]).failure
    #expect(failure?.cause == .badData && failure?.message.contains(words) == true && failure?.message.contains("expected") == true, "\(failure?.message ?? "none")")
  }

  @Test("an empty content is no JSON, unless a writer of the flow has left it for no records; as CSV it has none")
  func noContent() async throws {
    let json = try test(ConvertRecord.self, [:]), csv = try test(ConvertRecord.self, ["reader": "csv"])
    for content in ["", " \n", "\u{FEFF}"] {
      let failure = await json.run([json.flowFile(text: content)]).failure
      #expect(failure?.cause == .badData && failure?.message == "the content is empty; expected JSON; for no records, []")
    }
    #expect(text(await csv.run([csv.flowFile(text: "")])["success"].first) == "[]")
    let lines = try test(ConvertRecord.self, ["output_grouping": "one_line_per_object"])
    let none = try #require(await lines.run([lines.flowFile(text: "[]")])["success"].first)
    #expect(text(none) == "" && none["record.count"] == "0")
    #expect(text(await json.run([none])["success"].first) == "[]")
  }

  @Test("white space around names and values of CSV is left out, if that is wanted", arguments: [
    ("true", #"[{"a":"x y","b":1,"c":""}]"#), ("false", #"[{" a ":" x y ","b":" 1","c":"  "}]"#),
  ])
  func trimmed(_ trims: String, _ json: String) async throws {
    let test = try test(ConvertRecord.self, ["reader": "csv", "csv_trim_fields": .text(trims)])
    #expect(text(await test.run([test.flowFile(text: " a ,b,c\n x y , 1,\"  \"\n")])["success"].first) == json)
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
}
