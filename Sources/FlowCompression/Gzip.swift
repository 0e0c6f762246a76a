import CZlib

/// Gzip (RFC 1952), read with zlib.
package enum Gzip {
  /// What came of reading.
  package enum Reading: Sendable, Equatable {
    case content([UInt8])
    /// The data end within a member.
    case truncated
    /// The data are not gzip, or a checksum does not fit.
    case damaged
    /// The content is longer than the limit; at most a piece more than that was inflated.
    case tooLong
    /// zlib itself failed, for lack of memory.
    case noMemory
  }

  private static let pieceBytes = 64 << 10
  /// zlib's code for a gzip wrapper around the largest window.
  private static let gzipWindow: Int32 = 15 + 16

  /// Whether the data begin as gzip does.
  package static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

  /// The content of one or more members.
  /// - Parameter limitBytes: the longest content that is accepted: a few bytes can inflate to gigabytes.
  package static func content(of bytes: [UInt8], limitBytes: Int) -> Reading {
    var stream = z_stream()
    guard inflateInit2_(&stream, gzipWindow, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return .noMemory }
    defer { inflateEnd(&stream) }
    var content: [UInt8] = []
    var position = 0
    while true {
      var status: Int32 = Z_OK
      content += [UInt8](unsafeUninitializedCapacity: pieceBytes) { piece, count in
        bytes.withUnsafeBufferPointer { source in
          let left = min(source.count - position, Int(UInt32.max))
          // zlib does not write to its input.
          stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress?.advanced(by: position))
          stream.avail_in = UInt32(left)
          stream.next_out = piece.baseAddress
          stream.avail_out = UInt32(piece.count)
          status = inflate(&stream, Z_NO_FLUSH)
          position += left - Int(stream.avail_in)
          count = piece.count - Int(stream.avail_out)
        }
      }
      if content.count > limitBytes { return .tooLong }
      switch status {
      case Z_OK: continue
      case Z_STREAM_END:
        if position == bytes.count { return .content(content) }
        guard inflateReset(&stream) == Z_OK else { return .noMemory }
      case Z_BUF_ERROR: return .truncated
      case Z_MEM_ERROR: return .noMemory
      default: return .damaged
      }
    }
  }
}
