import Foundation

/// What fuzzing starts from: whole inputs of the kind that a target reads, most of them fixtures of other tests.
package struct FuzzCorpus: Sendable {
  package let inputs: [[UInt8]]
  /// Pieces that mean something in this kind of input: a mutation puts them in.
  package let words: [String]

  package init(_ target: FuzzTarget) throws {
    let tests = URL(filePath: #filePath).appending(path: "../..").standardizedFileURL
    func files(_ folder: String, _ endings: Set<String>) throws -> [[UInt8]] {
      try FileManager.default.contentsOfDirectory(at: tests.appending(path: folder), includingPropertiesForKeys: nil)
        .filter { endings.contains($0.pathExtension) }.sorted { $0.path() < $1.path() }.map { Array(try Data(contentsOf: $0)) }
    }
    switch target {
    case .flowFile:
      inputs = try files("../Flows", ["yaml"]) + files("FlowDefinitionTests/Fixtures/Invalid", ["yaml"])
      words = [
        "processors:", "- name: ", "type: InvokeEndpoint", "to: { success: errors }", "#{a}", "${a:toDate('yyyy')}", "&a ", "*a", "<<: ",
        "|\n  ", ">-\n  ", "!!int ", "---\n", "\t", "retry: ", "parameters:", "services:", "\u{FEFF}", "\r\n", "\u{2028}",
      ]
    case .expression:
      inputs = try Self.expressions(tests.appending(path: "FlowExpressionTests/Fixtures"))
      words = [
        "${", "}", ":", "(", ")", "'", "\"", "$$", "#{", "\\", ":toNumber()", ":replaceAll('(a+)+$', '')", ":repeat(1000000)", ":padLeft(",
        ":jsonPath('$..*')", ":format('yyyy')", "literal(", "anyAttribute(", ":evaluateELString()", "9223372036854775807", "-1", "# ",
      ]
    case .participantFile:
      inputs = try files("FuzzTests/Corpus/participant-file", ["json"])
      words = [
        "\"refresh_token\":", "\"previous_sync\":", "\"enrolled\":", "\"zone\":", "null", "1e400", "\"2026-02-30T00:00:00Z\"", "\\ud800", "{", "[", "]", "}",
      ]
    case .enrolmentTable:
      inputs = try files("FuzzTests/Corpus/enrolment-table", ["csv"])
      words = [
        ",", "\"", "\"\"", "\r\n", "\n", "\r", "\u{FEFF}", "participant", "refresh_token", "enrolled", "zone", "legacy_id", "oauth_type", "2026-02-30",
        "2026-01-05", "America/Chicago", "google", "P0001", "\u{0}", "\u{2028}",
      ]
    case .errorEntry:
      inputs = try files("FuzzTests/Corpus/error-entry", ["json", "jsonl"])
      words = ["\"uuid\":", "\"columns\":", "\"count\":", "9223372036854775808", "null", "\"nan\"", "-0.0", "{}", "[]", "\n", "1e999"]
    case .providerResponse:
      inputs = try files("FlowProcessorsTests/Fixtures/Records/payloads", ["json", "txt"])
      words = [
        "\"dataPoints\":", "\"NaN\"", "\"-14400s\"", "null", "[]", "{}", "1e400", "\"23:59:59\"", "\"2026-02-30\"", "-9223372036854775809", "\\u0000", "\"time\":{}",
      ]
    case .slicePlan:
      inputs = try files("FuzzTests/Corpus/slice-plan", ["jsonl"])
      words = [
        "\"kind\":\"rest\"", "\"kind\":\"slice\"", "\"start\":", "\"end\":", "9223372036854775807", "-9223372036854775808", "253402300800", "\"zone\":\"UTC\"",
        "\"declaration\":", "\"data_type\":\"no-such\"", "\"count\":", "null",
      ]
    case .zoneFile:
      inputs = try files("FuzzTests/Corpus/zone-file", ["tzif"])
      words = [
        "TZif", "\u{0}", "2", "4", "\nCST6CDT,M3.2.0,M11.1.0\n", "<-03>3", "\nEST5\n", "J60", ",0/-167", "M10.5.0/3", "\u{7F}\u{7F}\u{7F}\u{7F}", "\n",
      ]
    case .flowFilePackage:
      inputs = try files("FuzzTests/Corpus/flowfile-package", ["pkg"])
      words = ["NiFiFF3", "\u{0}\u{0}", "\u{0}\u{1}", "\u{7F}\u{7F}", "uuid", "filename", "NiFiFF3\u{0}\u{1}\u{0}\u{1}a\u{0}\u{1}b"]
    case .nifiFlow:
      inputs = try files("FuzzTests/Corpus/nifi-flow", ["xml", "json", "gz"])
      words = [
        "<processors>", "</processors>", "<![CDATA[", "&#x1F600;", "<!DOCTYPE a [", "<entry><key>", "{\"identifier\":", "\"processGroups\":[", "#{folder}", "${a:toDate(",
        "##{", "org.apache.nifi.processors.standard.", "\"enc{00}\"", "errors", "\\u0000", "\\ud800", "null", "1e999", "99999999999999999999", "\u{1F}\u{8B}", "\u{2028}", "- name: ",
      ]
    case .brokenText:
      inputs = try files("FlowProcessorsTests/Fixtures/Records/payloads", ["json"]) + files("FuzzTests/Corpus/broken-text", ["bin"])
      words = [
        "\\ud83d", "\\udc00", "\\u00", "\\x", "\u{FEFF}", "1e400", "-", "\"", "\\", "\u{0}", "\u{1}", "\u{2028}", "NaN", "[", "]", "{", "}",
      ]
    }
  }

  /// The expressions of the conformance cases.
  private static func expressions(_ folder: URL) throws -> [[UInt8]] {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "jsonl" }.sorted { $0.path() < $1.path() }
      .flatMap { try String(contentsOf: $0, encoding: .utf8).split(separator: "\n") }
      .compactMap { try JSONDecoder().decode(Case.self, from: Data($0.utf8)).expression }.map { Array($0.utf8) }
  }

  private struct Case: Decodable { var expression: String? }
}

/// Changes inputs at random, the same way for the same seed.
package struct Mutator {
  private var state: UInt64
  private let corpus: FuzzCorpus

  package init(seed: UInt64, corpus: FuzzCorpus) {
    state = seed
    self.corpus = corpus
  }

  /// An input of the corpus with one to six changes.
  package mutating func next() -> [UInt8] {
    var bytes = corpus.inputs[below(corpus.inputs.count)]
    for _ in 0...below(6) { change(&bytes) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8]) {
    let place = below(bytes.count + 1)
    let length = min(below(16), bytes.count - place)
    switch below(8) {
    case 0: bytes.insert(UInt8(below(256)), at: place)
    case 1: bytes.removeSubrange(place..<place + length)
    case 2: bytes.insert(contentsOf: corpus.words[below(corpus.words.count)].utf8, at: place)
    case 3: bytes.replaceSubrange(place..<place + length, with: corpus.words[below(corpus.words.count)].utf8)
    case 4: if place < bytes.count { bytes[place] ^= UInt8(1 << below(8)) }
    case 5: bytes.removeSubrange(place...)
    case 6: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
    default:
      let other = corpus.inputs[below(corpus.inputs.count)]
      let start = below(other.count + 1)
      bytes.insert(contentsOf: other[start..<min(start + below(200), other.count)], at: place)
    }
  }

  /// SplitMix64.
  private mutating func below(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return Int((value ^ value >> 31) % UInt64(bound))
  }
}
