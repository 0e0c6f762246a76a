import FlowCompression
import FlowCore
import FlowCrypto

/// The lines of an object's file, one after the other. Used on one lane.
final class RawObjectLines {
  private static let chunkBytes = 1 << 20
  /// The longest line: the largest response that a processor may accept, escaped.
  private static let lineLimitBytes = 1 << 30

  private let path: String
  private let fileSystem: any FileSystem
  private var decoder: Zstandard.Decoder
  private var position: Int64 = 0
  private var buffer: [UInt8] = []
  /// How far the buffer has been given out, and how far it is known to have no line feed.
  private var start = 0
  private var searched = 0
  private let digest = RunningSHA256()
  private(set) var isAtEnd = false

  /// Throws `RawDamage`.
  init(path: String, fileSystem: any FileSystem) throws {
    self.path = path
    self.fileSystem = fileSystem
    do { decoder = try Zstandard.Decoder() } catch { throw RawDamage("\(error)") }
  }

  /// The next line without its line feed; nil at the end. Throws `RawDamage` and `FileSystemError`.
  func next() throws -> [UInt8]? {
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(buffer[start..<end])
        start = end + 1
        searched = start
        return line
      }
      searched = buffer.count
      if isAtEnd {
        guard start == buffer.count else { throw RawDamage("its last line does not end") }
        return nil
      }
      try readMore()
    }
  }

  private func readMore() throws {
    if start > 0 {
      buffer.removeFirst(start)
      searched -= start
      start = 0
    }
    let chunk = try fileSystem.readChunk(path, at: position, count: Self.chunkBytes)
    position += Int64(chunk.count)
    guard !chunk.isEmpty else {
      guard decoder.isAtFrameEnd else { throw RawDamage("it breaks off at byte \(position)") }
      isAtEnd = true
      return
    }
    digest.update(chunk)
    do {
      buffer += try decoder.decode(chunk, limitBytes: Self.lineLimitBytes)
    } catch {
      throw RawDamage("before byte \(position): \(error)")
    }
    guard buffer.count <= Self.lineLimitBytes else { throw RawDamage("a line has more than \(Self.lineLimitBytes) bytes") }
  }

  /// The SHA-256 of the whole file, hexadecimal. Call it once, at the end.
  func sha256() -> String {
    precondition(isAtEnd, "the hash is known when everything was read")
    return Hexadecimal.text(digest.finish())
  }
}
