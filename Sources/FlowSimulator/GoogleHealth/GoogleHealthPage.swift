import Foundation
import NIOCore

/// One page of a response. Points are listed newest first, so a page starts before a position in time.
struct GoogleHealthPage {
  /// The maximum number of points.
  let size: Int
  /// Only points before it belong to this page and the following ones; nil: the first page.
  let position: Int?
  private let followsEmpty: Bool
  /// Identifies the request without its page token.
  private let fingerprint: Int
  private let dice: SeededDice

  /// - Parameter identity: the parts of the request that must be equal for every page, and the participant.
  init(
    size: Int?, token: String?, identity: String, defaultSize: Int, largest: Int, dice: SeededDice
  ) throws(WireRefusal) {
    guard size ?? 0 >= 0 else { throw .invalidArgument("pageSize must not be negative.") }
    let wanted = size ?? 0
    self.size = min(wanted == 0 ? min(defaultSize, largest) : wanted, largest)
    fingerprint = stableHash(identity)
    self.dice = dice.fork(Purpose.pages).fork(fingerprint)
    guard let token, !token.isEmpty else {
      position = nil
      followsEmpty = false
      return
    }
    let parts = Data(base64Encoded: token).map { String(decoding: $0, as: UTF8.self).split(separator: " ") } ?? []
    guard parts.count == 3, let hash = Int(parts[0]), let position = Int(parts[1]) else {
      throw .invalidArgument("The page token is not valid.")
    }
    guard hash == fingerprint else {
      throw .invalidArgument("All request fields must be the same as in the request that gave the page token.")
    }
    self.position = position
    followsEmpty = parts[2] == "e"
  }

  /// Whether the page is empty although more follow, which happens now and then: clients must continue.
  /// - Parameter start: the start of the page.
  func isEmptyByChance(from start: Int) -> Bool {
    !followsEmpty && dice.happens(0.08, at: start)
  }

  /// - Parameters:
  ///   - name: `dataPoints` or `rollupDataPoints`.
  ///   - points: JSON objects separated by commas; may be empty.
  ///   - next: the start of the next page; nil: this is the last page.
  func answer(_ name: String, points: ByteBuffer, next: Int?, isEmptyByChance: Bool = false) -> ByteBuffer {
    var answer = ByteBufferAllocator().buffer(capacity: points.readableBytes + 128)
    answer.writeString("{")
    if points.readableBytes > 0 {
      answer.writeString(#""\#(name)":["#)
      answer.writeImmutableBuffer(points)
      answer.writeString("]")
    }
    let separator = points.readableBytes > 0 ? "," : ""
    if let next {
      let token = Data("\(fingerprint) \(next) \(isEmptyByChance ? "e" : "p")".utf8).base64EncodedString()
      answer.writeString(#"\#(separator)"nextPageToken":"\#(token)""#)
    } else if dice.happens(0.25, at: -1) {
      // An alternative form in which the provider marks the last page.
      answer.writeString(#"\#(separator)"nextPageToken":"""#)
    }
    answer.writeString("}")
    return answer
  }
}
