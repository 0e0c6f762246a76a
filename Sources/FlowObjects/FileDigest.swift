import FlowCore
import FlowCrypto

extension FileSystem {
  /// The SHA-256 of a file, which is read in pieces that are passed on.
  func sha256(of path: String, passing pass: ([UInt8]) throws -> Void = { _ in }) throws -> [UInt8] {
    let descriptor = try open(path, .read)
    defer { close(descriptor) }
    let hash = RunningSHA256()
    while true {
      let piece = try readNext(descriptor, path: path, limitBytes: filePieceBytes)
      if piece.isEmpty { return hash.finish() }
      hash.update(piece)
      try pass(piece)
    }
  }
}

extension FileSystem {
  /// The SHA-256 of an object's bytes, which are passed on.
  func sha256(of source: ObjectSource, passing pass: ([UInt8]) throws -> Void = { _ in }) throws -> [UInt8] {
    switch source {
    case .file(let path): return try sha256(of: path, passing: pass)
    case .bytes(let bytes):
      try pass(bytes)
      return SHA256.digest(of: bytes)
    }
  }

  /// Whether the bytes are in a file that is gone; an error counts as "is there".
  func isGone(_ source: ObjectSource) -> Bool {
    guard case .file(let path) = source else { return false }
    do { return try status(path) == nil } catch { return false }
  }
}

/// How much of a file is in memory at once.
let filePieceBytes = 1 << 20
