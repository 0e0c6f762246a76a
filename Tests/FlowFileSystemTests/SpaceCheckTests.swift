import FlowCore
import FlowFileSystem
import FlowTesting
import Testing

@Suite("Disk space is checked before anything is written")
struct SpaceCheckTests {
  private static func need(_ bytes: Int64, of subject: String = "database 'study.sqlite'") -> SpaceNeed {
    SpaceNeed(path: "batch/study.sqlite", subject: subject, bytes: bytes, reason: "20 participants, 140 days of data")
  }

  @Test("enough space reports nothing")
  func enough() throws {
    try SpaceCheck(MemoryFileSystem(free: 1000)).check([Self.need(1000), Self.need(0)])
  }

  @Test("too little space fails the run, with need, free space, place and advice for each place")
  func tooLittle() throws {
    let needs = [Self.need(250 << 20), Self.need(1000, of: "error folder 'errors'"), Self.need(5 << 20, of: "state folder '.flowrun'")]
    let stop = try #require(throws: StopRun.self) { try SpaceCheck(MemoryFileSystem(free: 3 << 20)).check(needs) }
    #expect(stop.reason == .failed && stop.cause == .disk)
    for words in [
      "database 'study.sqlite' needs about 250 MB (20 participants, 140 days of data), 3.0 MB are free",
      "free another 247 MB, or choose a path on another disk", "state folder '.flowrun' needs about 5.0 MB",
    ] {
      #expect(stop.message.contains(words), "\(stop.message)")
    }
    #expect(!stop.message.contains("errors'"))
  }

  @Test("sizes are written briefly", arguments: [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KB"), (99 << 20, "99 MB"), (3 << 30, "3.0 GB")] as [(Int64, String)])
  func text(bytes: Int64, text: String) { #expect(SpaceCheck.text(bytes) == text) }
}
