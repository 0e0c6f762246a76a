import Testing

@testable import flowrun

@Suite("Lines that are redrawn in place")
struct LiveBlockTests {
  private static let escape = "\u{1B}["

  @Test("are written over those before, and what is left of these is erased")
  func draw() {
    var block = LiveBlock()
    #expect(block.draw(["one", "two"], columns: 80) == "one\(Self.escape)K\ntwo\(Self.escape)K\n")
    #expect(block.draw(["three"], columns: 80) == "\r\(Self.escape)2Athree\(Self.escape)K\n\(Self.escape)J")
    #expect(block.lines == ["three"])
  }

  @Test("leave nothing when they are erased, and need nothing when there are none")
  func erase() {
    var block = LiveBlock()
    #expect(block.erase(columns: 80) == "")
    _ = block.draw(["one"], columns: 80)
    #expect(block.erase(columns: 80) == "\r\(Self.escape)1A\(Self.escape)J" && block.lines.isEmpty)
    #expect(block.erase(columns: 80) == "")
  }

  @Test("stand below what else is written")
  func insert() {
    var block = LiveBlock()
    #expect(block.insert("note\n", columns: 80) == "note\n")
    _ = block.draw(["one", "two"], columns: 80)
    #expect(block.insert("note\n", columns: 80) == "\r\(Self.escape)2A\(Self.escape)Jnote\none\ntwo\n" && block.lines == ["one", "two"])
  }

  @Test("have taken more rows since the terminal became narrower; styles take none")
  func narrower() {
    var block = LiveBlock()
    _ = block.draw(["\(Self.escape)1m1234567890\(Self.escape)0m", "", "12345"], columns: 10)
    #expect(block.draw([], columns: 4) == "\r\(Self.escape)6A\(Self.escape)J")
    #expect(LiveBlock.visibleCount("\(Self.escape)31mred\(Self.escape)0m and plain") == 13)
  }
}
