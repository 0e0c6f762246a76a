import Testing

@testable import flowrun

@Suite("Tables of text")
struct TextTableTests {
  private static func table(_ rows: [[String]]) -> TextTable {
    var table = TextTable([("who", .left), ("count", .right), ("what to do", .left)])
    for row in rows { table.add(row) }
    return table
  }

  @Test("the last column is wrapped at its blanks, below its own beginning, and the others are cut only when that is not enough")
  func wrapped() {
    let table = Self.table([["P0001", "7", "ask for consent again, then run the flow"], ["P0002", "12", "nothing to do"]])
    #expect(
      table.fitted(to: 36, cutting: [(2, 12), (0, 3)], wrapsLast: true).plainLines == [
        "who    count  what to do",
        "P0001      7  ask for consent again,",
        "              then run the flow",
        "P0002     12  nothing to do",
      ])
    #expect(
      table.fitted(to: 24, cutting: [(2, 12), (0, 3)], wrapsLast: true).plainLines == [
        "who  count  what to do",
        "P0…      7  ask for",
        "            consent",
        "            again, then",
        "            run the flow",
        "P0…     12  nothing to",
        "            do",
      ])
  }

  @Test("times become minutes and then dates, and names of columns are cut, only as far as the width asks for it")
  func narrow() {
    var table = TextTable([("participant", .left), ("previous sync", .left), ("oauth type", .left)])
    table.add(["P0001", "2026-03-10T23:18:13.511Z", "google"])
    func lines(_ width: Int?) -> [String] { table.shorteningTimes(to: width, toDates: true).cuttingHeaders(to: width).plainLines }
    #expect(lines(nil) == ["participant  previous sync             oauth type", "P0001        2026-03-10T23:18:13.511Z  google"])
    #expect(lines(80) == lines(nil))
    #expect(lines(42) == ["participant  previous sync      oauth type", "P0001        2026-03-10T23:18Z  google"])
    #expect(lines(36) == ["participant  previous sync  oauth t…", "P0001        2026-03-10     google"])
    #expect(lines(24).allSatisfy { $0.count <= 24 }, "\(lines(24))")
  }

  @Test("a word that is longer than the column is not broken: it may be a command's path")
  func longWord() {
    let lines = Self.table([["P0001", "7", "mend /var/lib/flowrun/participants/P0001.json first"]]).fitted(to: 30, cutting: [(2, 12)], wrapsLast: true).plainLines
    #expect(lines.contains { $0.hasSuffix("  /var/lib/flowrun/participants/P0001.json") }, "\(lines)")
  }

  @Test("a long cell before the last column widens its own row alone, and no row ends in blanks")
  func long() {
    var table = TextTable([("name", .left), ("message", .left), ("end", .left)])
    let message = String(repeating: "m", count: 400)
    table.add(["a", "short", "x"])
    table.add(["b", message, "y"])
    table.add(["c", "", ""])
    #expect(table.plainLines == ["name  message  end", "a     short    x", "b     \(message)  y", "c"])
  }
}
