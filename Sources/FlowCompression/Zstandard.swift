import CZstd

/// Zstandard (RFC 8878). A file is a sequence of frames; each frame decompresses by itself, so that a file that broke
/// off is readable up to its last whole frame.
package enum Zstandard {
  /// A failure of the library, or data that are not what a compressor wrote.
  package struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
      /// The data end within a frame.
      case truncated
      /// The data are no frame, or its checksum does not fit.
      case damaged
      /// The library itself failed, for lack of memory.
      case `internal`
    }
    package var kind: Kind
    package var description: String
  }

  /// On providers' JSON, level 2 is faster than level 3 (the library's default) and its frames are a tenth smaller; they are the same size as
  /// those of level 5, which takes three times as long. Measured on single responses of both providers.
  package static let defaultLevel: Int32 = 2

  /// One whole frame with a checksum of its content. Throws `Failure` (`internal`).
  package static func frame(_ bytes: [UInt8], level: Int32 = defaultLevel) throws(Failure) -> [UInt8] {
    var frame: [UInt8] = []
    try FrameCompressor(level: level, hasChecksum: true).append(frameOf: bytes, to: &frame)
    return frame
  }

  /// Compresses many short frames with one context, which is larger than they are. Confined to its caller.
  package final class FrameCompressor {
    private let context: OpaquePointer
    private var room: [UInt8] = []

    /// Throws `Failure` (`internal`).
    /// - Parameter hasChecksum: each frame has one of its content; a container with checksums of its own needs none.
    package init(level: Int32 = defaultLevel, hasChecksum: Bool) throws(Failure) {
      context = try Zstandard.compressor(level, hasChecksum: hasChecksum)
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Appends one whole frame. Throws `Failure` (`internal`), and then has appended nothing.
    package func append(frameOf content: [UInt8], to bytes: inout [UInt8]) throws(Failure) {
      let capacity = ZSTD_compressBound(content.count)
      if room.count < capacity { room = [UInt8](repeating: 0, count: capacity) }
      let status = room.withUnsafeMutableBytes { room in
        content.withUnsafeBytes { ZSTD_compress2(context, room.baseAddress, room.count, $0.baseAddress, $0.count) }
      }
      try Zstandard.check(status)
      bytes.append(contentsOf: room[..<status])
    }
  }

  /// Compresses one frame piece by piece, in memory that does not grow with it. Confined to its caller.
  package struct FrameEncoder: ~Copyable {
    private let context: OpaquePointer

    /// Throws `Failure` (`internal`).
    package init(level: Int32 = defaultLevel) throws(Failure) { context = try Zstandard.compressor(level) }

    deinit { ZSTD_freeCCtx(context) }

    /// The next bytes of the frame. Throws `Failure` (`internal`).
    /// - Parameter isLast: the piece ends the frame.
    package mutating func encode(_ piece: [UInt8], isLast: Bool) throws(Failure) -> [UInt8] {
      var encoded: [UInt8] = []
      var position = 0
      let chunk = ZSTD_CStreamOutSize()
      var isDone = false
      while !isDone {
        var left = 0
        encoded += [UInt8](unsafeUninitializedCapacity: chunk) { buffer, count in
          piece.withUnsafeBytes { source in
            var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: position)
            var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: chunk, pos: 0)
            left = ZSTD_compressStream2(context, &output, &input, isLast ? ZSTD_e_end : ZSTD_e_continue)
            position = input.pos
            count = output.pos
          }
        }
        try Zstandard.check(left)
        isDone = isLast ? left == 0 : position == piece.count
      }
      return encoded
    }
  }

  /// The whole content of one or more frames. Throws `Failure`.
  /// - Parameter limitBytes: the longest content that is accepted: a few bytes can decompress to gigabytes.
  package static func content(of frames: [UInt8], limitBytes: Int) throws(Failure) -> [UInt8] {
    var decoder = try Decoder()
    let content = try decoder.decode(frames, limitBytes: limitBytes)
    guard decoder.isAtFrameEnd else { throw Failure(kind: .truncated, description: "the data end within a zstd frame") }
    return content
  }

  private static func compressor(_ level: Int32, hasChecksum: Bool = true) throws(Failure) -> OpaquePointer {
    guard let context = ZSTD_createCCtx() else { throw Failure(kind: .internal, description: "zstd cannot allocate a context") }
    do throws(Failure) {
      for (parameter, value) in [(ZSTD_c_compressionLevel, level), (ZSTD_c_checksumFlag, hasChecksum ? 1 : 0)] {
        try check(ZSTD_CCtx_setParameter(context, parameter, value))
      }
    } catch {
      ZSTD_freeCCtx(context)
      throw error
    }
    return context
  }

  static func check(_ status: Int) throws(Failure) {
    guard ZSTD_isError(status) != 0 else { return }
    let isOwn = ZSTD_getErrorCode(status) == ZSTD_error_memory_allocation
    throw Failure(kind: isOwn ? .internal : .damaged, description: "zstd: \(String(cString: ZSTD_getErrorName(status)))")
  }

  /// Decompresses one frame piece by piece, in memory that does not grow with it. Confined to its caller.
  package struct FrameDecoder: ~Copyable {
    private let context: OpaquePointer

    package init() throws(Failure) {
      guard let context = ZSTD_createDCtx() else { throw Failure(kind: .internal, description: "zstd cannot allocate a context") }
      self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    /// The content of the next bytes, how many of them belong to the frame, and whether it ends there. After the end, the next call begins
    /// another frame. Throws `Failure` (`damaged`).
    package mutating func decode(_ piece: some RandomAccessCollection<UInt8>, limitBytes: Int = .max) throws(Failure) -> (content: [UInt8], used: Int, isAtEnd: Bool) {
      var content: [UInt8] = []
      var position = 0
      let chunk = ZSTD_DStreamOutSize()
      let bytes = Array(piece)
      while position < bytes.count || !content.isEmpty {
        var status = 0
        var isFull = false
        let produced = [UInt8](unsafeUninitializedCapacity: chunk) { buffer, count in
          bytes.withUnsafeBytes { source in
            var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: position)
            var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: chunk, pos: 0)
            status = ZSTD_decompressStream(context, &output, &input)
            position = input.pos
            isFull = output.pos == output.size
            count = output.pos
          }
        }
        try Zstandard.check(status)
        content += produced
        guard content.count <= limitBytes else {
          throw Failure(kind: .damaged, description: "the data decompress to more than \(limitBytes) bytes")
        }
        if status == 0 { return (content, position, true) }
        // A full buffer may hide more content of the same input.
        if position == bytes.count && !isFull { break }
      }
      return (content, position, false)
    }
  }

  /// Decompresses a sequence of frames piece by piece. Confined to its caller.
  package struct Decoder: ~Copyable {
    private var frame: FrameDecoder
    private var readBytes: Int64 = 0
    /// The bytes read so far end where a frame ends.
    package private(set) var isAtFrameEnd = true
    /// How many of the bytes read so far belong to whole frames.
    package private(set) var wholeBytes: Int64 = 0

    package init() throws(Failure) { frame = try FrameDecoder() }

    /// The content of the next bytes. Throws `Failure` (`damaged`).
    package mutating func decode(_ piece: [UInt8], limitBytes: Int = .max) throws(Failure) -> [UInt8] {
      var content: [UInt8] = []
      var rest = piece[...]
      while !rest.isEmpty {
        let (part, used, isAtEnd) = try frame.decode(rest, limitBytes: limitBytes - content.count)
        content += part
        rest = rest.dropFirst(used)
        readBytes += Int64(used)
        isAtFrameEnd = isAtEnd
        if isAtEnd { wholeBytes = readBytes }
      }
      return content
    }
  }
}
