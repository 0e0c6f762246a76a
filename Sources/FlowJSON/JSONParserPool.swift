import CSimdJSON
import FlowCore

/// Parsers that wait for the next document: a new one costs several buffers as large as the document.
///
/// As many parsers exist as documents are read at the same time; only a few small ones are kept.
final class JSONParserPool: Sendable {
  /// Idle parsers that are kept.
  private static let idleLimit = 8
  /// A parser that has grown beyond this is not kept: it holds about twelve times its capacity, though most of it untouched.
  private static let keptCapacityBytes = 4 << 20

  /// Addresses, because a pointer may not move between threads; each is held here or by one caller, never both.
  private let idle = Locked<[UInt]>([])

  deinit {
    for address in idle.withLock({ $0 }) { flow_json_parser_free(OpaquePointer(bitPattern: address)) }
  }

  /// Parses the document and lends the parser that holds it. Throws `ExtractionError` if it is no whole JSON document.
  func withDocument<Result>(_ document: [UInt8], _ body: (OpaquePointer) throws -> Result) throws -> Result {
    guard let parser = take() else {
      throw ProcessorError(.internal, "no memory for a JSON parser")
    }
    defer { giveBack(parser) }
    if let reason = Self.parse(document, parser) {
      throw ExtractionError(
        isDocument: true, pointer: "", found: Self.words(for: document, String(cString: reason)),
        expected: "one whole JSON document")
    }
    return try body(parser)
  }

  /// Broken text costs a second parse; nothing else pays for it. Returns why the document cannot be read.
  private static func parse(_ document: [UInt8], _ parser: OpaquePointer) -> UnsafePointer<CChar>? {
    guard let reason = flow_json_parse(parser, document, document.count) else { return nil }
    let repaired = AnswerText.repaired(document)
    return repaired == document ? reason : flow_json_parse(parser, repaired, repaired.count)
  }

  private func take() -> OpaquePointer? {
    idle.withLock { $0.popLast() }.flatMap { OpaquePointer(bitPattern: $0) } ?? flow_json_parser_make()
  }

  private func giveBack(_ parser: OpaquePointer) {
    let isKept =
      flow_json_parser_capacity(parser) <= Self.keptCapacityBytes
      && idle.withLock { idle in
        guard idle.count < Self.idleLimit else { return false }
        idle.append(UInt(bitPattern: parser))
        return true
      }
    if !isKept { flow_json_parser_free(parser) }
  }

  /// The document itself is not quoted: an error answer may repeat a token.
  private static func words(for document: [UInt8], _ reason: String) -> String {
    let first = document.first { $0 > UInt8(ascii: " ") }
    let isMarkup = first == UInt8(ascii: "<")
    return "\(document.count) bytes\(isMarkup ? " of markup" : "") that are not a whole JSON document (\(reason))"
  }
}
