import FlowCompression
import Testing

@Suite("Gzip is read, and refused where it is damaged")
struct GzipTests {
  private static func file() throws -> [UInt8] { try ImportBench.bytes("instance.json.gz") }

  private static func content() throws -> [UInt8] {
    guard case .content(let content) = Gzip.content(of: try file(), limitBytes: 1 << 20) else { return [] }
    return content
  }

  @Test("the content is what was compressed; two members follow each other")
  func content() throws {
    let content = try Self.content()
    #expect(content.starts(with: Array("{\"encodingVersion\"".utf8)))
    #expect(Gzip.content(of: try Self.file() + Self.file(), limitBytes: 1 << 20) == .content(content + content))
  }

  @Test("a file cut off anywhere is truncated")
  func truncated() throws {
    let file = try Self.file()
    for length in stride(from: 0, to: file.count, by: 7) { #expect(Gzip.content(of: Array(file[..<length]), limitBytes: 1 << 20) == .truncated, "\(length)") }
  }

  @Test("a changed byte of the data or the checksum is damage, or is found to be cut off")
  func damaged() throws {
    let file = try Self.file(), content = try Self.content()
    for place in stride(from: 12, to: file.count, by: 5) {
      var changed = file
      changed[place] ^= 0x40
      #expect(Gzip.content(of: changed, limitBytes: 1 << 20) != .content(content), "\(place)")
    }
    var checksum = file
    checksum[file.count - 6] ^= 1
    #expect(Gzip.content(of: checksum, limitBytes: 1 << 20) == .damaged)
    #expect(Gzip.content(of: [0x1F, 0x8B, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], limitBytes: 1 << 20) == .damaged)
  }

  @Test("more than the limit is too long")
  func tooLong() throws {
    let content = try Self.content()
    #expect(Gzip.content(of: try Self.file(), limitBytes: content.count) == .content(content))
    #expect(Gzip.content(of: try Self.file(), limitBytes: content.count - 1) == .tooLong)
  }
}
