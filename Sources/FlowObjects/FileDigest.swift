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

/// How much of a file is in memory at once.
let filePieceBytes = 1 << 20
