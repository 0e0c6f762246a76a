import FlowCore
import FlowDefinition
import FlowPatterns
import FlowTesting
import Testing

@testable import FlowProcessors

/// What is not UTF-8 fails where it would be read as text: nothing is replaced without a word.
@Suite("Malformed text fails")
struct MalformedTextTests: RecordProcessorSuite {
  enum Reader: String, CaseIterable {
    case records, csv, csvName, path, list, split, splitAttribute, xml, extract, route, replace

    var type: any Processor.Type {
      switch self {
      case .records, .csv, .csvName: ConvertRecord.self
      case .path, .list: EvaluateJSONPath.self
      case .split: SplitJSON.self
      case .splitAttribute: SplitRecords.self
      case .xml: ConvertXML.self
      case .extract: ExtractText.self
      case .route: RouteOnContent.self
      case .replace: ReplaceText.self
      }
    }
    var properties: [String: PropertyLiteral] {
      switch self {
      case .records: [:]
      case .csv, .csvName: ["reader": "csv"]
      case .path: ["attributes": ["name": "/0/name"]]
      case .list: ["attributes": ["name": "/*/name"], "return_type": "json"]
      case .split: ["json_path_expression": "$"]
      case .splitAttribute: ["rows": "/*", "attributes": ["name": "name"]]
      case .xml: ["at": "/*/name"]
      case .extract: ["attributes": ["name": "(M.*r)"]]
      case .route: ["rules": ["found": "M"], "match_requirement": "content_must_contain_match"]
      case .replace: ["search_value": "M", "replacement_value": "N"]
      }
    }
    func content(_ name: [UInt8]) -> [UInt8] {
      switch self {
      case .csv: Array("name\r\n".utf8) + name + Array("\r\n".utf8)
      case .csvName: Array("id,".utf8) + name + Array("\r\n1,2\r\n".utf8)
      case .xml: Array(#"[{"name":"<a>"#.utf8) + name + Array(#"</a>"}]"#.utf8)
      default: Array(#"[{"name":""#.utf8) + name + Array(#""}]"#.utf8)
      }
    }
  }

  private func outcome(_ reader: Reader, _ content: [UInt8]) async throws -> ProcessorTest.Outcome {
    let test = try test(reader.type, reader.properties)
    return await test.run([test.flowFile(content: .bytes(content))])
  }

  @Test("whichever processor reads it", arguments: Reader.allCases)
  func refused(_ reader: Reader) async throws {
    // Müller in Latin-1.
    let outcome = try await outcome(reader, reader.content([0x4D, 0xFC] + Array("ller".utf8)))
    let failure = try #require(outcome.failures.first, "\(reader)")
    #expect(outcome.failures.count == 1 && failure.cause == .badData && failure.message.contains("not UTF-8") && failure.message.contains("expected"), "\(failure.message)")
    #expect(outcome.sent.keys.allSatisfy { $0 == "failure" })
  }

  @Test("while the same in UTF-8 passes", arguments: Reader.allCases)
  func accepted(_ reader: Reader) async throws {
    let outcome = try await outcome(reader, reader.content(Array("Müller".utf8)))
    #expect(outcome.failures.isEmpty && outcome.error == nil && !outcome.sent.isEmpty, "\(String(describing: outcome.error))")
  }

  @Test("what stays in bytes is not read: an element is passed on as it came")
  func bytes() async throws {
    let test = try test(SplitRecords.self, ["rows": "/*"])
    let content = Reader.split.content([0x4D, 0xFC])
    let split = await test.run([test.flowFile(content: .bytes(content))])["split"]
    #expect(split.map(\.content) == [.bytes(Array(content.dropFirst().dropLast()))])
  }

  @Test("JSON in UTF-16 and UTF-32 is read, and refused where it is malformed", arguments: [
    ([0xFF, 0xFE, 0x5B, 0, 0x5D, 0], true), ([0xFF, 0xFE, 0x5B, 0, 0x5D, 0, 0x20], false), ([0xFE, 0xFF, 0, 0x5B, 0, 0x22, 0xD8, 0, 0, 0x22, 0, 0x5D], false),
    ([0, 0, 0xFE, 0xFF, 0, 0, 0, 0x5B, 0, 0, 0, 0x5D], true), ([0, 0, 0xFE, 0xFF, 0, 0, 0, 0x5B, 0, 0x11, 0, 0, 0, 0, 0, 0x5D], false),
  ] as [([UInt8], Bool)])
  func otherEncodings(_ content: [UInt8], _ isRead: Bool) async throws {
    for reader in [Reader.records, .split] {
      let outcome = try await outcome(reader, content)
      #expect(outcome.failures.isEmpty == isRead && outcome.failures.allSatisfy { $0.cause == .badData }, "\(reader)")
    }
  }

  @Test("a beginning that ends within a character is whole up to the one before", arguments: [("aé", 2, "a"), ("aé", 3, "aé"), ("a€b", 3, "a"), ("a€b", 4, "a€"), ("😀", 3, ""), ("ab", 9, "ab"), ("", 0, "")])
  func beginnings(_ text: String, _ count: Int, _ beginning: String) throws {
    #expect(try UTF8Content.beginning(of: Array(text.utf8), atMost: count) == beginning)
  }

  @Test("what is malformed where it ends loses no character before it", arguments: [("ab", [0x80], 2, "ab"), ("aé", [0xA9], 3, "aé"), ("aé", [0x80, 0x80], 3, "aé")] as [(String, [UInt8], Int, String)])
  func malformedEnds(_ text: String, _ rest: [UInt8], _ count: Int, _ beginning: String) throws {
    #expect(try UTF8Content.beginning(of: Array(text.utf8) + rest, atMost: count) == beginning)
  }

  @Test("the place is that of the first byte at fault, also behind characters that stand for such bytes elsewhere")
  func place() {
    #expect(UTF8Fault.offset(in: Array("a\u{FFFD}é".utf8) + [0xC3]) == 6)
    #expect(UTF8Fault.offset(in: [0xED, 0xA0, 0x80]) == 0 && UTF8Fault.offset(in: Array("a\u{FFFD}".utf8)) == nil)
  }

  @Test("but a ReplaceText of which no byte of it is left does not need text", arguments: [
    ("(?s)(^.*$)", "N", "N"), ("(?s:^.*$)", "N", "N"), ("(?s)^(.*)$", "N", "N"), (#"[\s\S]+"#, "N", "N"), ("(?s).*", "N", "NN"), ("(?s)(^.*$)", #"\$1"#, "$1"), ("(?s)(^.*$)", "${a}", "$1"),
    ("(?s)(^.*$)", "$2", "$2"),
  ])
  func forgotten(_ search: String, _ replacement: String, _ expected: String) async throws {
    let properties: [String: PropertyLiteral] = ["search_value": .text(search), "replacement_value": .text(replacement), "evaluation_mode": "entire_text"]
    let test = try test(ReplaceText.self, properties)
    for content: [UInt8] in [[0xFF], [0x0A, 0xFC, 0x0D], Array("a\nb\n".utf8)] {
      #expect(await test.run([test.flowFile(["a": "$1"], content: .bytes(content))])["success"].first?.text == expected, "\(content)")
    }
  }

  @Test("and one that keeps a byte of it, or looks at it, does", arguments: [
    ("(?s)(^.*$)", "$1"), ("(?s)(^.*$)", "<$0>"), ("(?s)(^.*$)", "${'$1':toUpper()}"), ("(^.*$)", "N"), ("(?s)^.*?$", "N"), ("(?s).*a", "N"), ("(?s)^.*$|a", "N"), (".+", "N"), ("(?s)(.*)(.*)", "N"),
    (#"[\s\w]+"#, "N"), ("(?m)(?s)^.*$", "N"),
  ])
  func needed(_ search: String, _ replacement: String) async throws {
    let properties: [String: PropertyLiteral] = ["search_value": .text(search), "replacement_value": .text(replacement), "evaluation_mode": "entire_text"]
    let test = try test(ReplaceText.self, properties)
    #expect(await test.run([test.flowFile(content: .bytes([0x61, 0xFF]))])["failure"].first?.failure?.cause == .badData)
  }

  @Test("a pattern that matches any text does so to every text", arguments: [
    "(?s)(^.*$)", "(?s:^.*$)", "(?s)^(.*)$", #"[\s\S]+"#, #"([\w\W]*)"#, "(?s).*", "(?s)(?:.+)", "(?s:(.*))", "(?s).*$", "(?s)^.*", "^.*$", "(?s)^.*?$", ".*", "a", "(?s).", "(?s)^$",
  ])
  func anyText(_ search: String) throws {
    let pattern = try JavaPattern(search)
    guard pattern.matchesAnyText else { return }
    let model = try pattern.matches(in: "x").map { $0.range.isEmpty ? 0 : 1 }
    for text in ["a\n", "\n", "\r\n", "a\u{2028}", "\u{FFFD}\u{FFFD}", "😀", "a\nb\r\u{85}", "\u{FEFF}a", "\u{0}"] {
      let found = try pattern.matches(in: text)
      #expect(found.map { $0.range.isEmpty ? 0 : 1 } == model && found.first?.range == 0..<text.utf16.count, "\(text.debugDescription)")
    }
  }
}
