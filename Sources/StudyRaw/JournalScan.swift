import FlowCompression
import FlowCore

/// Finds the frames of a journal and the objects that they belong to.
struct JournalScan {
  struct Frame: Sendable, Equatable {
    var key: RawKey
    var offset: Int64
    var count: Int
  }

  let path: String
  let fileSystem: any FileSystem

  private static let chunkBytes = 1 << 20
  /// What is read of a frame at first: most frames are not longer.
  private static let firstChunkBytes = 32 << 10
  /// The longest frame that is looked at: an answer of the largest size, with all its pages.
  private static let limitBytes = 1 << 30

  struct Findings: Sendable, Equatable {
    /// The whole frames, in order.
    var frames: [Frame] = []
    /// Why what follows them cannot be read; nil if nothing follows, or only a frame that broke off.
    var damage: String?
  }

  /// Throws `FileSystemError`.
  func run() throws -> Findings {
    var findings = Findings()
    var offset: Int64 = 0
    do {
      while let (count, firstLine) = try nextFrame(at: offset) {
        let line = try RawLine(parsing: firstLine)
        guard let key = RawKey(line.object) else { throw RawDamage("it belongs to '\(line.object)', which is no object's key") }
        findings.frames.append(Frame(key: key, offset: offset, count: count))
        offset += Int64(count)
      }
    } catch let damage as RawDamage {
      findings.damage = try isBlank(from: offset) ? nil : "the frame at byte \(offset): \(damage)"
    }
    return findings
  }

  /// Whether only zeros follow: bytes whose place was made before a power cut, but not their content.
  private func isBlank(from offset: Int64) throws -> Bool {
    var position = offset
    while true {
      let chunk = try fileSystem.readChunk(path, at: position, count: Self.chunkBytes)
      if chunk.isEmpty { return true }
      guard chunk.allSatisfy({ $0 == 0 }) else { return false }
      position += Int64(chunk.count)
    }
  }

  /// The length of the frame at an offset, and its first line; nil at the end, whole or broken off.
  private func nextFrame(at offset: Int64) throws -> (count: Int, firstLine: [UInt8])? {
    do {
      var decoder = try Zstandard.FrameDecoder()
      var line: [UInt8] = []
      var isLineWhole = false
      var position = offset
      while true {
        let chunk = try fileSystem.readChunk(path, at: position, count: position == offset ? Self.firstChunkBytes : Self.chunkBytes)
        guard !chunk.isEmpty else { return nil }
        let (content, used, isAtEnd) = try decoder.decode(chunk, limitBytes: Self.limitBytes)
        if !isLineWhole {
          let part = content.prefix { $0 != UInt8(ascii: "\n") }
          line += part
          isLineWhole = part.count < content.count
        }
        position += Int64(used)
        if isAtEnd { return (Int(position - offset), line) }
      }
    } catch let failure as Zstandard.Failure {
      throw RawDamage("\(failure)")
    }
  }
}
