import FlowCore
import StudyLedger
import StudyModel
import Testing

@Suite("The register of recent writes")
struct RecentWritesTests {
  private static func span(_ from: Int64, _ until: Int64) -> SliceRows.Span { .instants(from...until) }

  @Test("a place is touched by a write to its participant, table and time since the mark, and by no other")
  func touched() {
    var writes = RecentWrites()
    writes.note("P1", "t", Self.span(0, 9))
    let mark = writes.count
    func isUntouched(_ writes: RecentWrites) -> Bool { writes.isUntouched("P1", "t", Self.span(5, 20), since: mark) }
    #expect(isUntouched(writes))
    writes.note("P2", "t", Self.span(5, 20))
    writes.note("P1", "u", Self.span(5, 20))
    writes.note("P1", "t", Self.span(21, 30))
    writes.note("P1", "t", .none)
    writes.note("P1", "t", Self.span(0, 4))
    #expect(isUntouched(writes))
    for write: (String?, SliceRows.Span) in [("t", Self.span(20, 21)), ("t", .all), (nil, .all), ("t", .dates("a"..."b"))] {
      var touched = writes
      touched.note("P1", write.0, write.1)
      #expect(!isUntouched(touched), "\(write)")
    }
    var days = RecentWrites()
    days.note("P1", "d", .dates("2026-01-05"..."2026-01-07"))
    #expect(!days.isUntouched("P1", "d", .dates("2026-01-07"..."2026-01-09"), since: 0))
    #expect(days.isUntouched("P1", "d", .dates("2026-01-08"..."2026-01-09"), since: 0))
  }

  @Test("what is older than it can remember counts as touched", arguments: 1...12)
  func forgotten(count: Int) {
    var writes = RecentWrites(limit: 4)
    for _ in 0..<count { writes.note("P2", "t", .all) }
    for back in 0...count { #expect(writes.isUntouched("P1", "t", .all, since: count - back) == (back <= 4), "\(back) of \(count)") }
    writes.note("P1", "t", .all)
    #expect(!writes.isUntouched("P1", "t", .all, since: count))
    #expect(writes.isUntouched("P1", "t", .all, since: count + 1))
  }

  @Test("when anybody else has written, nothing holds that was found before, and what is found after does")
  func others() {
    var writes = RecentWrites()
    func isUntouched(since mark: Int) -> Bool { writes.isUntouched("P1", "t", Self.span(5, 20), since: mark) }
    writes.noteOthers(7)
    let first = writes.count
    writes.noteOthers(7)
    #expect(isUntouched(since: first))
    writes.noteOthers(9)
    #expect(!isUntouched(since: first))
    let second = writes.count
    #expect(isUntouched(since: second))
    writes.forgetOthers()
    #expect(!isUntouched(since: second))
    let third = writes.count
    writes.noteOthers(9)
    #expect(isUntouched(since: third))
  }
}
