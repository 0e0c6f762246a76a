import Dispatch
import FlowCore
import FlowJSON
import Testing

@Suite("JSON documents")
struct JSONDocumentTests {
  @Test(
    "an incomplete JSON document has no rows and is not quoted",
    arguments: [
      "", " ", "{", "[", "{}{}", "[][]", "{}]", "[1,]", "{\"a\":1,}", "{'a':1}", "nul", "[NaN]", "[01]", "[1.]", "\"secret", "<html>secret",
      "{\"rows\":[]} secret", "{\"rows\":[{\"x\":1}", "{\"rows\":[]", "[1]\u{0}",
    ])
  func noDocument(json: String) throws {
    let error = extractionError { try extract(json, [try column("x", .integer)]) }
    #expect(error?.cause == .badData)
    #expect(error?.pointer == "")
    #expect(error?.description.contains("secret") == false)
  }

  @Test("a document nested too deeply is rejected")
  func depth() {
    let json = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
    #expect(extractionError { try extract(json, [try column("x", .integer)]) }?.cause == .badData)
  }

  @Test("a parser reads the next document after an invalid or large one")
  func reuse() throws {
    let extractor = SimdJSONExtractor()
    let mapping = RecordMapping(rows: try #require(JSONPath("/rows")), columns: [try column("x", .integer)])
    let large = "{\"rows\": [\((0..<50_000).map { "{\"x\": \($0)}" }.joined(separator: ","))]}"
    for (json, count) in [("{\"rows\": [{\"x\": 1}]}", 1), ("{\"rows\": [", nil), (large, 50_000), ("{\"rows\": []}", 0)] as [(String, Int?)] {
      let batch = try? extractor.extract(Array(json.utf8), mapping: mapping, context: ExtractionContext())
      #expect(batch?.count == count)
    }
  }

  @Test("one extractor serves many threads at once")
  func threads() throws {
    let extractor = SimdJSONExtractor()
    let mapping = RecordMapping(rows: try #require(JSONPath("/rows")), columns: [try column("x", .integer), try column("t", .text)])
    let wrong = Locked(0)
    DispatchQueue.concurrentPerform(iterations: 400) { number in
      let count = 1 + number % 97
      let rows = (0..<count).map { #"{"x": \#(number * 1000 + $0), "t": "row \#(number) \#($0)"}"# }.joined(separator: ",")
      let batch = try? extractor.extract(Array("{\"rows\": [\(rows)]}".utf8), mapping: mapping, context: ExtractionContext())
      let isRight =
        batch?["x"]?.values == .integer((0..<count).map { Int64(number * 1000 + $0) })
        && batch?["t"]?.values == .text((0..<count).map { "row \(number) \($0)" })
      if !isRight { wrong.withLock { $0 += 1 } }
    }
    #expect(wrong.withLock { $0 } == 0)
  }

  @Test("a member of any name and order is found, also in a row with many", arguments: [
    (#"{"a": 1, "b": 2, "c": 3}"#, "1 | 2 | 3"), (#"{"c": 3, "b": 2, "a": 1}"#, "1 | 2 | 3"), (#"{"z": 9, "b": 2, "y": {"a": 7}}"#, "∅ | 2 | ∅"),
    (#"{"": 5, "aa": 6, "c": 3, "ab": 1}"#, "∅ | ∅ | 3"), ("{}", "∅ | ∅ | ∅"),
  ])
  func members(row: String, expected: String) throws {
    let columns = try [column("a", .integer), column("b", .integer), column("c", .integer)]
    #expect(try extract(#"{"rows": [{"a": 0}, \#(row), {"c": 0}]}"#, columns).lines[1] == expected)
  }
}

@Suite("A single value by JSON pointer")
struct JSONTextAtPointerTests {
  private let document = #"""
    {"nextPageToken": "PAGE2", "count": 12, "ratio": 0.5, "large": 18446744073709551615, "ok": true, "none": null, "empty": "",
     "list": [{"name": "a/b"}, {"name": "c"}], "a/b": {"~": "tilde"}, "0": "zero", "*": "star", "error": "text", "twice": 1, "twice": 2}
    """#

  @Test("text, numbers and booleans are text; absent and null are nil", arguments: [
    ("/nextPageToken", "PAGE2"), ("/count", "12"), ("/ratio", "0.5"), ("/large", "18446744073709551615"), ("/ok", "true"), ("/none", nil),
    ("/empty", ""), ("/missing", nil), ("/list/1/name", "c"), ("/list/2/name", nil), ("/list/01/name", nil), ("/list/name", nil),
    ("/a~1b/~0", "tilde"), ("/0", "zero"), ("/*", "star"), ("/error/message", nil), ("/none/a", nil),
  ] as [(String, String?)])
  func text(pointer: String, expected: String?) throws {
    #expect(try SimdJSONExtractor().text(at: pointer, in: Array(document.utf8)) == expected)
  }

  @Test("a list, an object or a repeated member is an error", arguments: ["", "/list", "/list/0", "/twice"])
  func noText(pointer: String) {
    let error = #expect(throws: ExtractionError.self) {
      try SimdJSONExtractor().text(at: pointer, in: Array(document.utf8))
    }
    #expect(error?.pointer == pointer)
  }

  @Test("a truncated document has no values")
  func cutOff() {
    let error = #expect(throws: ExtractionError.self) {
      try SimdJSONExtractor().text(at: "/a", in: Array(#"{"a": "b""#.utf8))
    }
    #expect(error?.cause == .badData)
  }
}

@Suite("A compiled mapping")
struct CompiledMappingTests {
  @Test("reads any number of documents, each with its own attributes")
  func manyDocuments() throws {
    var zone = MappedColumn(name: "zone", kind: .text, origin: .attribute)
    zone.isRequired = false
    let minutes = try column("minutes", .integer, "zones[name=@zone]/minutes")
    let mapping = RecordMapping(rows: try #require(JSONPath("/days")), columns: [zone, minutes])
    let compiled = try SimdJSONExtractor().compile(mapping)
    let document = Array(#"{"days": [{"zones": [{"name": "Peak", "minutes": 3}, {"name": "Cardio", "minutes": 7}]}]}"#.utf8)
    for (name, expected) in [("Peak", "3"), ("Cardio", "7"), ("Peak", "3")] {
      let context = ExtractionContext(attributeValues: ["zone": name])
      #expect(try compiled.extract(document, context: context).lines == ["\(name) | \(expected)"])
    }
  }
}
