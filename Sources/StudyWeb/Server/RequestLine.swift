import HTTPTypes
import NIOHTTP1

/// The first line of a request as it arrives: what is known of a request that the parser refuses.
struct RequestLine: Sendable {
  /// Enough for the method and the beginning of the address.
  private static let keptBytes = 200

  private var kept: [UInt8] = []
  /// Of the line so far.
  private var count = 0
  private var isWhole = false

  /// Takes the next bytes of the connection, and leaves alone what follows the line.
  mutating func take(_ bytes: some Sequence<UInt8>) {
    // The parser reads no more than this either.
    guard !isWhole, count <= ServerLimits.headerBytes else { return }
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        // Empty lines before a request are no part of it (RFC 9112 §2.2).
        guard count > 0 else { continue }
        isWhole = true
        return
      }
      if byte == UInt8(ascii: "\r") { continue }
      count += 1
      if kept.count < Self.keptBytes { kept.append(byte) }
    }
  }

  /// Why the parser has refused the request, for its client. The connection ends with it.
  func problem(_ error: HTTPParserError) -> WebProblem {
    switch error {
    case .headerOverflow where count > ServerLimits.addressBytes:
      WebProblem(.uriTooLong, "the address has more than \(ServerLimits.addressBytes) bytes, the most that is read")
    case .headerOverflow:
      WebProblem(
        .requestHeaderFieldsTooLarge,
        "the header has more than \(ServerLimits.headerBytes) bytes or more than \(ServerLimits.headerCount) fields, the most that is read")
    case .invalidMethod where method != nil:
      WebProblem(.notImplemented, "there is no method '\(method ?? "")' here; expected GET, HEAD or POST")
    default:
      .badRequest("the request cannot be read: \(error.debugDescription); expected HTTP/1.1 with a first line such as 'GET /api/v1/flows HTTP/1.1'")
    }
  }

  /// The method of what looks like a request, whatever it is; nil for garbage.
  var method: String? {
    let words = kept.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard words.count >= 2, !words[0].isEmpty, words[0].allSatisfy(Self.isTokenByte) else { return nil }
    // Of a longer line the end is not known.
    let isRequest = count > kept.count || !isWhole || words.count == 3 && words[2].starts(with: "HTTP/".utf8)
    return isRequest ? String(decoding: words[0].prefix(100), as: UTF8.self) : nil
  }

  /// RFC 9110 §5.6.2.
  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
