import FlowCompression
import Testing

/// What is compressed comes back byte for byte, or as a failure that says what is wrong.
@Suite struct ZstandardTests {
  private static let contents: [[UInt8]] = [
    [], [0], Array("{\"value\":61}\n".utf8), Array(repeating: 7, count: 1_000_000),
    (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) },
  ]

  @Test("A frame holds its content", arguments: contents)
  func roundTrip(content: [UInt8]) throws {
    let frame = try Zstandard.frame(content)
    #expect(try Zstandard.content(of: frame, limitBytes: 2_000_000) == content)
  }

  @Test("Frames of one compressor are independent of those before")
  func frameCompressor() throws {
    let compressor = try Zstandard.FrameCompressor(hasChecksum: false)
    for contents in [Self.contents, Self.contents.reversed()] {
      for content in contents {
        var frame: [UInt8] = [1]
        try compressor.append(frameOf: content, to: &frame)
        var alone: [UInt8] = [1]
        try Zstandard.FrameCompressor(hasChecksum: false).append(frameOf: content, to: &alone)
        #expect(frame == alone)
        #expect(try Zstandard.content(of: Array(frame.dropFirst()), limitBytes: 2_000_000) == content)
      }
    }
  }

  @Test("Frames one after the other are one content, whatever the pieces they arrive in", arguments: [1, 3, 7, 1000, 1_000_000])
  func pieces(size: Int) throws {
    let contents = [Array("one\n".utf8), Array(repeating: UInt8(ascii: "x"), count: 200_000), Array("three\n".utf8)]
    let file = try contents.flatMap { try Zstandard.frame($0) }
    var decoder = try Zstandard.Decoder()
    var read: [UInt8] = []
    for start in stride(from: 0, to: file.count, by: size) { read += try decoder.decode(Array(file[start..<min(start + size, file.count)])) }
    #expect(read == contents.flatMap { $0 })
    let (isWhole, wholeBytes) = (decoder.isAtFrameEnd, decoder.wholeBytes)
    #expect(isWhole && wholeBytes == Int64(file.count))
  }

  @Test("A file that breaks off is read up to its last whole frame")
  func torn() throws {
    let first = try Zstandard.frame(Array("one\n".utf8))
    let second = try Zstandard.frame((0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 40_503 >> 5) })
    for kept in [1, second.count / 2, second.count - 1] {
      var decoder = try Zstandard.Decoder()
      _ = try decoder.decode(first + second.prefix(kept))
      let (isWhole, wholeBytes) = (decoder.isAtFrameEnd, decoder.wholeBytes)
      #expect(!isWhole && wholeBytes == Int64(first.count))
      #expect(throws: Zstandard.Failure.self) { try Zstandard.content(of: first + second.prefix(kept), limitBytes: 1 << 20) }
    }
  }

  @Test("A changed byte is damage, never other content")
  func damage() throws {
    let content = Array("{\"value\":61}\n{\"value\":62}\n".utf8)
    let frame = try Zstandard.frame(content)
    for place in frame.indices {
      var damaged = frame
      damaged[place] ^= 0x10
      let read = try? Zstandard.content(of: damaged, limitBytes: 1 << 20)
      // A flag of the header may change without an effect on the content; anything else is found by the checksum.
      #expect(read == nil || read == content)
    }
  }

  @Test("A content beyond the limit is refused before it fills the memory")
  func limit() throws {
    let frame = try Zstandard.frame(Array(repeating: 0, count: 10_000_000))
    #expect(throws: Zstandard.Failure.self) { try Zstandard.content(of: frame, limitBytes: 1_000_000) }
  }
}
