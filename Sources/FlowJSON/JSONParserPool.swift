import CSimdJSON
import FlowCore

/// A pool of idle parsers: creating a parser allocates several buffers as large as the document.
///
/// The number of parsers equals the number of documents parsed concurrently; only a few small ones are kept when idle. A document gets the
/// smallest parser that has room for it, so that the large ones are as many as the large documents that are parsed concurrently.
final class JSONParserPool: Sendable {
  /// The maximum number of idle parsers.
  private static let idleLimit = 8
  /// The largest capacity of a parser that is kept. A parser reserves about twelve times its capacity, most of it
  /// untouched.
  private static let keptCapacityBytes = 4 << 20

  private struct IdleParser {
    /// Instead of a pointer, which is not Sendable.
    var address: UInt
    var capacityBytes: Int
  }

  /// By capacity. A parser is owned either by the pool or by one caller.
  private let idle = Locked<[IdleParser]>([])

  deinit {
    for parser in idle.withLock({ $0 }) { flow_json_parser_free(OpaquePointer(bitPattern: parser.address)) }
  }

  /// Parses the document and calls `body` with the parser. Throws `ExtractionError` if it is not a complete JSON
  /// document.
  func withDocument<Result>(_ document: [UInt8], _ body: (OpaquePointer) throws -> Result) throws -> Result {
    guard let parser = take(forBytes: document.count) else {
      throw ProcessorError(.internal, "no memory for a JSON parser")
    }
    defer { giveBack(parser) }
    if let reason = Self.parse(document, parser) {
      throw ExtractionError(
        isDocument: true, pointer: "", found: Self.description(of: document, String(cString: reason)),
        expected: "one complete JSON document")
    }
    return try body(parser)
  }

  /// Returns why the document cannot be parsed; nil on success. Only malformed text pays for repair and a second parse.
  private static func parse(_ document: [UInt8], _ parser: OpaquePointer) -> UnsafePointer<CChar>? {
    guard let reason = flow_json_parse(parser, document, document.count) else { return nil }
    let repaired = AnswerText.repaired(document)
    return repaired == document ? reason : flow_json_parse(parser, repaired, repaired.count)
  }

  /// The smallest idle parser with room for the document, else the largest, which grows.
  private func take(forBytes count: Int) -> OpaquePointer? {
    let parser = idle.withLock { idle -> IdleParser? in
      guard let largest = idle.indices.last else { return nil }
      return idle.remove(at: idle.firstIndex { $0.capacityBytes >= count } ?? largest)
    }
    return parser.flatMap { OpaquePointer(bitPattern: $0.address) } ?? flow_json_parser_make()
  }

  private func giveBack(_ parser: OpaquePointer) {
    let capacity = flow_json_parser_capacity(parser)
    let isKept =
      capacity <= Self.keptCapacityBytes
      && idle.withLock { idle in
        guard idle.count < Self.idleLimit else { return false }
        let place = idle.firstIndex { $0.capacityBytes >= capacity } ?? idle.endIndex
        idle.insert(IdleParser(address: UInt(bitPattern: parser), capacityBytes: capacity), at: place)
        return true
      }
    if !isKept { flow_json_parser_free(parser) }
  }

  /// Does not quote the document: an error response may echo a secret.
  private static func description(of document: [UInt8], _ reason: String) -> String {
    let first = document.first { $0 > UInt8(ascii: " ") }
    let isMarkup = first == UInt8(ascii: "<")
    return "\(document.count) bytes\(isMarkup ? " of markup" : "") that are not a complete JSON document (\(reason))"
  }
}
