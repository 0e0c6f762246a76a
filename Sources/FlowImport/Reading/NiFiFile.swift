import FlowCompression
import FlowCore

/// Finds out which format a file has, and reads it. Pure.
package enum NiFiFile {
  private static let expected = "a NiFi template (XML), a flow definition (JSON), or flow.json or flow.json.gz"

  /// The flow of a file. Throws `Diagnostic` for a file that is refused: what was found and what was expected.
  package static func flow(_ bytes: [UInt8]) throws(Diagnostic) -> NiFiFlow {
    guard bytes.count <= ImportLimits.bytes else { throw tooLarge("the file has \(bytes.count) bytes") }
    guard Gzip.isGzip(bytes) else { return try read(bytes, isInflated: false) }
    switch Gzip.content(of: bytes, limitBytes: ImportLimits.bytes) {
    case .content(let content): return try read(content, isInflated: true)
    case .tooLong: throw tooLarge("the file inflates to more than \(ImportLimits.bytes) bytes")
    case .truncated: throw Diagnostic(.damagedImport, found: "the gzip file is cut off", expected: "a whole one")
    case .damaged: throw Diagnostic(.damagedImport, found: "the gzip file is damaged: a checksum or a code does not fit", expected: "one as NiFi wrote it")
    case .noMemory: throw Diagnostic(.damagedImport, found: "zlib had no memory to inflate the file", expected: "a machine with a few megabytes to spare")
    }
  }

  private static func read(_ bytes: [UInt8], isInflated: Bool) throws(Diagnostic) -> NiFiFlow {
    if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) {
      throw Diagnostic(.notNiFi, found: "a text in UTF-16", expected: "UTF-8, as NiFi writes", hint: "iconv -f UTF-16 -t UTF-8 FILE >utf-8")
    }
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    guard let first = text.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else {
      throw Diagnostic(.notNiFi, found: "the file is empty", expected: expected)
    }
    switch first {
    case UInt8(ascii: "<"): return try checked(TemplateReader.flow(text))
    // A list, too, is told by what it is.
    case UInt8(ascii: "{"), UInt8(ascii: "["): return try checked(DefinitionReader.flow(text))
    default: throw other(text, isInflated: isInflated)
    }
  }

  private static func checked(_ flow: NiFiFlow) throws(Diagnostic) -> NiFiFlow {
    var flow = flow
    flow.hideSecretsInNames()
    for group in flow.groups { try ComponentCount.check(group) }
    try ComponentCount.check(flow.contexts)
    return flow
  }

  private static func tooLarge(_ found: String) -> Diagnostic {
    Diagnostic(.tooLargeToImport, found: found, expected: "at most \(ImportLimits.bytes)", hint: "download one process group at a time")
  }

  static func miNiFi(_ language: String) -> Diagnostic {
    Diagnostic(
      .otherFormat, found: "a MiNiFi configuration (\(language))", expected: expected, hint: "load the flow that it was made from into NiFi and download its flow definition")
  }

  /// What the file is instead, as far as it can be told.
  private static func other(_ bytes: [UInt8], isInflated: Bool) -> Diagnostic {
    let start = String(decoding: bytes.prefix(64 << 10), as: UTF8.self)
    let lines = start.split(whereSeparator: \.isNewline)
    func has(_ key: String) -> Bool { lines.contains { $0.hasPrefix(key + ":") } }
    if has("MiNiFi Config Version") || (has("Flow Controller") && has("Processors")) {
      return miNiFi("YAML")
    }
    if has("flow"), has("processors") {
      return Diagnostic(.otherFormat, found: "a flow file of flowrun", expected: expected, hint: "it needs no import: flowrun validate finds its problems")
    }
    if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
      return Diagnostic(.otherFormat, found: "a zip archive", expected: expected, hint: "unzip it and import the flow that is in it")
    }
    return Diagnostic(
      .notNiFi, found: "\(isInflated ? "the gzip file holds" : "the file is") neither XML nor a JSON object", expected: expected)
  }
}
