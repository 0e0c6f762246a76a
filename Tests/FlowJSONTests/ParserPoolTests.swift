import FlowCore
import Testing
@testable import FlowJSON

@Suite("A parser is as large as the documents that it is used for")
struct ParserPoolTests {
  private static let small = Array("[1]".utf8)
  private static let large = Array("[\(String(repeating: "1,", count: 200_000))1]".utf8)

  @Test("a small document does not take the large parser, and a large one takes it again")
  func bestFit() throws {
    let pool = JSONParserPool()
    let (largeParser, smallParser) = try pool.withDocument(Self.large) { large in try pool.withDocument(Self.small) { (large, $0) } }
    #expect(largeParser != smallParser)
    for _ in 0..<3 {
      #expect(try pool.withDocument(Self.small) { $0 } == smallParser)
      #expect(try pool.withDocument(Self.large) { $0 } == largeParser)
    }
  }

  @Test("a document that no idle parser has room for takes the largest, whose buffers grow")
  func growth() throws {
    let pool = JSONParserPool()
    let parser = try pool.withDocument(Self.small) { $0 }
    #expect(try pool.withDocument(Self.large) { $0 } == parser)
  }
}
