import FlowCompression
import FlowCore
import FlowFileSystem
import FlowTesting
import StudyModel
import Testing

@testable import StudyRaw

/// A body in a file is kept as the same body in memory is.
@Suite("A body in a file")
struct ClaimedBodyTests {
  private static let letters = ["a", "\"", "\\", "\n", "ä", "€", "😀", "\u{0}"]

  private static let manyLetters: String = (0..<400_000).map { letters[($0 * 7 + $0 / 5) % 8] }.joined()

  static let bodies: [(name: String, bytes: [UInt8])] = [
    ("empty", []), ("short", Array("{\"n\":1}".utf8)),
    ("quotes and characters of every length", Array(manyLetters.utf8)),
    ("characters across the borders of pieces", Array(("x" + String(repeating: "😀", count: 400_000)).utf8)),
    ("no UTF-8 at its end", Array(String(repeating: "ab", count: 500_000).utf8) + [0xC3]),
    ("no UTF-8 in the middle", Array(String(repeating: "€", count: 300_000).utf8) + [0xFF] + Array("rest".utf8)),
  ]

  @Test("is in the lines and in the object byte for byte", arguments: bodies.indices)
  func same(_ index: Int) async throws {
    let folder = try TemporaryFolder(), fileSystem = POSIXFileSystem()
    let bytes = Self.bodies[index].bytes
    let path = folder.path("content")
    try fileSystem.writeDurably(bytes, to: path)
    let inMemory = RawBench.answer("P0001", ["first", String(decoding: [UInt8](), as: UTF8.self), "last"])
    var expected = inMemory
    expected.responses[1].body = bytes
    var inFile = inMemory
    inFile.responses[1].claim = ContentClaim(path: path, sizeBytes: bytes.count) { _ in }
    var written: [UInt8] = []
    try inFile.write(of: "object", run: RawBench.run, kind: .real, fileSystem) { written += $0 }
    #expect(written == expected.lines(of: "object", run: RawBench.run), "\(Self.bodies[index].name)")

    let spool = RawSpool(folder: folder.path("spool"), environment: RawBench.environment(fileSystem))
    _ = try await spool.append(inFile)
    let journal = folder.path("spool/\(RawBench.run)-1.jsonl.zst")
    let lines = try RawBench.lines(try fileSystem.read(journal))
    let kept = try lines.map { try $0.checkedBody() }
    #expect(kept == expected.responses.map(\.body))
    try await spool.end()
  }
}
