/// A JSON document in a file, cut into smaller documents of the same form: each has everything around a list, and some of its elements.
///
/// So rows are extracted from a document of any size with the memory of a piece. The list is the one that a path to rows leads to first.
/// Cutting does not validate: a piece is parsed as strictly as any document.
package struct DocumentCuts: Sendable, Equatable {
  /// Up to and with the bracket that opens the list.
  package let head: Range<Int64>
  /// Elements without the comma before and after them.
  package let pieces: [Range<Int64>]
  /// From the bracket that closes the list on.
  package let tail: Range<Int64>

  package static let usualPieceBytes: Int64 = 1 << 20
  private static let chunkBytes = 1 << 18

  /// nil if the document cannot be cut: it is small, the path does not lead to a list, or there is too much around it.
  /// - Parameters:
  ///   - rows: the path to the rows.
  ///   - read: the next bytes from an offset; empty at the end.
  package init?(rows: JSONPath, pieceBytes: Int64 = DocumentCuts.usualPieceBytes, read: (_ offset: Int64, _ count: Int) throws -> [UInt8]) rethrows {
    guard var scan = ListScan(rows, pieceBytes: pieceBytes) else { return nil }
    var offset: Int64 = 0
    while true {
      let chunk = try read(offset, Self.chunkBytes)
      if chunk.isEmpty { break }
      for byte in chunk { scan.take(byte) }
      offset += Int64(chunk.count)
      guard !scan.hasFailed else { return nil }
    }
    guard let start = scan.start, let end = scan.end, scan.pieces.count > 1, start + (offset - end) <= pieceBytes else { return nil }
    head = 0..<start
    pieces = scan.pieces
    tail = end..<offset
  }

  /// A piece as a document.
  package func document(_ piece: Range<Int64>, read: (_ offset: Int64, _ count: Int) throws -> [UInt8]) rethrows -> [UInt8] {
    var document: [UInt8] = []
    document.reserveCapacity(head.count + piece.count + tail.count)
    for part in [head, piece, tail] {
      var offset = part.lowerBound
      while offset < part.upperBound {
        let bytes = try read(offset, Int(part.upperBound - offset))
        if bytes.isEmpty { break }
        document += bytes
        offset += Int64(bytes.count)
      }
    }
    return document
  }
}

/// Finds a list and the borders of its elements, byte by byte.
private struct ListScan {
  /// The members that lead to the list.
  private let members: [[UInt8]]
  private let pieceBytes: Int64

  private(set) var hasFailed = false
  private(set) var start: Int64?
  private(set) var end: Int64?
  private(set) var pieces: [Range<Int64>] = []

  private var offset: Int64 = 0
  private var depth = 0
  /// How many of the members have been followed.
  private var followed = 0
  private var isInText = false
  private var isEscaped = false
  /// The text that was read last, if it may be a key on the way.
  private var text: [UInt8] = []
  private var keepsText = false
  /// The next value is that of the member which leads on.
  private var isExpected: Bool
  private var listDepth = 0
  private var pieceStart: Int64 = 0

  init?(_ rows: JSONPath, pieceBytes: Int64) {
    var members: [[UInt8]] = []
    steps: for step in rows.components {
      switch step {
      case .member(let name): members.append(Array(name.utf8))
      case .each: break steps
      case .index, .element, .eachOrObject, .enclosing: return nil
      }
    }
    self.members = members
    self.pieceBytes = pieceBytes
    isExpected = members.isEmpty
  }

  mutating func take(_ byte: UInt8) {
    defer { offset += 1 }
    if isInText { return takeText(byte) }
    switch byte {
    case UInt8(ascii: "\""):
      isInText = true
      keepsText = start == nil && depth == followed + 1
      text.removeAll(keepingCapacity: true)
      if isExpected { fail() }
    case UInt8(ascii: "{"), UInt8(ascii: "["): open(byte)
    case UInt8(ascii: "}"), UInt8(ascii: "]"): close()
    case UInt8(ascii: ":"):
      // Names with escapes are not compared: they lead nowhere.
      if start == nil, depth == followed + 1, followed < members.count, text == members[followed] { isExpected = true }
    case UInt8(ascii: ","):
      if depth == listDepth, start != nil, end == nil, offset - pieceStart >= pieceBytes {
        pieces.append(pieceStart..<offset)
        pieceStart = offset + 1
      }
    case 0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF: break
    default: if isExpected { fail() }
    }
  }

  private mutating func takeText(_ byte: UInt8) {
    if isEscaped {
      isEscaped = false
    } else if byte == UInt8(ascii: "\\") {
      isEscaped = true
    } else if byte == UInt8(ascii: "\"") {
      isInText = false
      return
    }
    if keepsText { text.append(byte) }
  }

  private mutating func open(_ byte: UInt8) {
    let isList = byte == UInt8(ascii: "[")
    // The root is an object on the way to a member.
    if depth == 0, !members.isEmpty, isList { fail() }
    if isExpected {
      isExpected = false
      if !members.isEmpty { followed += 1 }
      if followed == members.count {
        guard isList else { return fail() }
        start = offset + 1
        pieceStart = offset + 1
        listDepth = depth + 1
      } else if isList {
        return fail()
      }
    }
    depth += 1
  }

  private mutating func close() {
    if start != nil, end == nil, depth == listDepth {
      end = offset
      pieces.append(pieceStart..<offset)
    }
    depth -= 1
  }

  private mutating func fail() {
    isExpected = false
    hasFailed = true
  }
}
