import StudyRaw
import Testing

/// A key names provider, run and participant, and is read back exactly.
@Suite struct RawKeyTests {
  @Test("A key is read as it was written", arguments: [("P0001", 1), ("a-b-c", 1), ("P.2", 3), ("x_1", 12)])
  func roundTrip(participant: String, number: Int) {
    let key = RawKey(provider: "fitbit", date: "2026-01-06", run: "20260106T101500Z-00ff", participant: participant, number: number)
    #expect(RawKey(key.text) == key)
  }

  @Test("The form is the one that others rely on")
  func form() {
    let key = RawKey(provider: "google-health", date: "2026-01-06", run: "20260106T101500Z-00ff", participant: "P0001")
    #expect(key.text == "provider=google-health/data_type=mixed/date=2026-01-06/20260106T101500Z-00ff-P0001.jsonl.zst")
  }

  @Test(
    "Another object's key is not taken for one of ours",
    arguments: [
      "", "notes.txt", "provider=fitbit/data_type=mixed/date=2026-01-06/RUN.jsonl.zst", "provider=fitbit/data_type=mixed/date=2026-01-06/A-B-.jsonl.zst",
      "provider=fitbit/data_type=mixed/date=2026-01-06/A-B-C~1.jsonl.zst", "provider=fitbit/data_type=mixed/date=2026-01-06/A-B-C~02.jsonl.zst",
      "provider=/data_type=mixed/date=2026-01-06/A-B-C.jsonl.zst", "x/provider=fitbit/data_type=mixed/date=2026-01-06/A-B-C.jsonl.zst",
    ])
  func foreign(key: String) {
    #expect(RawKey(key) == nil)
  }
}
