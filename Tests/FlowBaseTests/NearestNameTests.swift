@testable import FlowBase
import Testing

@Suite("the nearest name")
struct NearestNameTests {
  @Test(
    "is one typing mistake away",
    arguments: [
      ("slcies", "slices"), ("slice", "slices"), ("slicess", "slices"), ("slixes", "slices"), ("Slices", "slices"),
      ("windwo", "window"),
      ("databse", "database"), ("to", nil), ("xyz", nil), ("", nil), ("wholly different", nil),
    ])
  func nearest(name: String, found: String?) {
    #expect(NearestName.of(name, among: ["slices", "window", "database"]) == found)
  }

  @Test(
    "expands an abbreviation",
    arguments: [("int", "integer"), ("SQLite", "SQLiteDatabase"), ("in", nil), ("inst", nil)])
  func abbreviation(name: String, found: String?) {
    #expect(NearestName.of(name, among: ["integer", "instant", "instance", "SQLiteDatabase"]) == found)
  }

  @Test("is never the name itself")
  func notItself() {
    #expect(NearestName.of("slices", among: ["slices"]) == nil)
  }

  @Test("is the alphabetically first of equally close names")
  func ties() {
    #expect(NearestName.of("cat", among: ["rat", "bat", "hat"]) == "bat")
    #expect(NearestName.of("cat", among: ["hat", "rat", "bat"]) == "bat")
  }

  @Test(
    "counts edits, with a swap of neighbours as one",
    arguments: [
      ("", "", 0), ("a", "", 1), ("", "abc", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("kitten", "sitting", 3),
      ("ca", "abc", 3),
      ("abcdef", "badcfe", 3),
    ])
  func distance(left: String, right: String, edits: Int) {
    #expect(NearestName.distance(Array(left), Array(right)) == edits)
    #expect(NearestName.distance(Array(right), Array(left)) == edits)
  }

  @Test("is offered, otherwise a short list, or those of a long one that have the word, otherwise nothing")
  func hints() {
    #expect(NearestName.hint(for: "windw", among: ["slices", "window"]) == "did you mean 'window'?")
    #expect(NearestName.hint(for: "colour", among: ["slices", "window"]) == "available: slices, window")
    #expect(NearestName.hint(for: "colour", among: (1...13).map { "name\($0)" }) == nil)
    #expect(NearestName.hint(for: "colour", among: []) == nil)
    let long = ["get steps", "put steps"] + (1...13).map { "name\($0)" }
    #expect(NearestName.hint(for: "steps", among: long) == "did you mean one of: get steps, put steps")
    #expect(NearestName.hint(for: "stage", among: (1...13).map { "stage \($0)" }) == nil)
  }
}
