import FlowCore
import FlowCrypto
import Foundation

/// A response's body in a file, as the text of a line: read twice, in memory that does not grow with it.
struct ClaimedBody {
  let sha256: [UInt8]
  /// The body is UTF-8.
  let isText: Bool
  private let claim: ContentClaim
  private let fileSystem: any FileSystem

  /// A multiple of three, so that pieces of base64 follow each other.
  private static let pieceBytes = 3 << 18

  /// Reads it once. Throws `FileSystemError`.
  init(_ claim: ContentClaim, _ fileSystem: any FileSystem) throws {
    self.claim = claim
    self.fileSystem = fileSystem
    let digest = RunningSHA256()
    var text = UTF8Pieces()
    try Self.forEachPiece(of: claim, fileSystem) { piece in
      digest.update(piece)
      _ = text.take(piece)
    }
    sha256 = digest.finish()
    isText = text.isWhole
  }

  /// The text between the quotes. Throws `FileSystemError`.
  func write(to sink: ([UInt8]) throws -> Void) throws {
    var text = UTF8Pieces()
    try Self.forEachPiece(of: claim, fileSystem) { piece in
      guard isText else { return try sink(Array(Data(piece).base64EncodedString().utf8)) }
      try sink(Array(JSONText.quotedBytes(text.take(piece) ?? "").dropFirst().dropLast()))
    }
  }

  private static func forEachPiece(of claim: ContentClaim, _ fileSystem: any FileSystem, _ body: ([UInt8]) throws -> Void) throws {
    var offset: Int64 = 0
    while true {
      let piece = try fileSystem.readChunk(claim.path, at: offset, count: pieceBytes)
      if piece.isEmpty { return }
      offset += Int64(piece.count)
      try body(piece)
    }
  }
}

/// UTF-8 that comes in pieces, whose borders may lie within a character.
private struct UTF8Pieces {
  private var rest: [UInt8] = []
  private var isBroken = false

  /// Whether everything so far is UTF-8, up to its last byte.
  var isWhole: Bool { !isBroken && rest.isEmpty }

  /// The characters that end with this piece; nil if there is something else than UTF-8.
  mutating func take(_ piece: [UInt8]) -> String? {
    guard !isBroken else { return nil }
    var bytes = rest + piece
    // A character has four bytes at most: an unfinished one begins within the last three.
    let start = bytes.indices.suffix(3).last { bytes[$0] & 0xC0 == 0xC0 } ?? bytes.endIndex
    let length = start == bytes.endIndex ? 0 : bytes[start] & 0xF8 == 0xF0 ? 4 : bytes[start] & 0xF0 == 0xE0 ? 3 : 2
    let isCut = start < bytes.endIndex && bytes.endIndex - start < length
    rest = isCut ? Array(bytes[start...]) : []
    if isCut { bytes.removeSubrange(start...) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      isBroken = true
      return nil
    }
    return text
  }
}
