import FlowCore
import Testing

@Suite("units")
struct UnitsTests {
  @Test(
    "parse durations, in short and in NiFi's notation",
    arguments: [
      ("30s", 30_000), ("30 sec", 30_000), ("30 secs", 30_000), ("1 second", 1000), ("10m", 600_000),
      ("5 mins", 300_000),
      ("1 min", 60_000), ("24h", 86_400_000), ("1 hr", 3_600_000), ("2 hours", 7_200_000), ("7d", 604_800_000),
      ("1 day", 86_400_000), ("2w", 1_209_600_000), ("500ms", 500), ("500 millis", 500), ("1.5h", 5_400_000), ("0s", 0),
      (" 5s", 5000), ("0.0005s", 1),
    ])
  func durations(text: String, milliseconds: Int) {
    #expect(Units.duration(text) == .milliseconds(milliseconds))
  }

  @Test(
    "reject an invalid duration",
    arguments: [
      "", "5", "s", "-5s", "+5s", "5 S", "5M", "1,5h", "1.h", ".5h", "1..5h", "5 s s", "5 years", "1e3s", "٣s", "5s ",
      "999999999999999999d",
      "NaNs", "infinitys", "0x5s",
    ])
  func noDurations(text: String) {
    #expect(Units.duration(text) == nil)
  }

  @Test(
    "parse sizes based on 1024, in either case",
    arguments: [
      ("512", 512), ("512 B", 512), ("500 KB", 512_000), ("64 MB", 67_108_864), ("64mb", 67_108_864),
      ("1.5 GB", 1_610_612_736),
      ("1 TB", 1_099_511_627_776), ("0", 0),
    ])
  func sizes(text: String, bytes: Int) {
    #expect(Units.bytes(text) == bytes)
  }

  @Test(
    "reject an invalid size",
    arguments: ["", "MB", "-1 MB", "64 megs", "64 M", "1 PB", "64 MB.", "9999999999 TB", "1.5.1 MB"])
  func noSizes(text: String) {
    #expect(Units.bytes(text) == nil)
  }

  @Test(
    "reject values that would overflow, and state the bound",
    arguments: ["300000d", "36501 days", "9e9d", "1000000000000000000000s", "99999999999w"])
  func tooLong(text: String) {
    #expect(Units.duration(text) == nil)
    #expect(Units.expectedDuration(for: text).contains(text.contains("e") ? "such as" : "at most 36500d"))
  }

  @Test("accept the longest duration and the largest size")
  func bounds() {
    #expect(Units.duration("36500d") == .seconds(36_500 * 86_400))
    #expect(Units.bytes("1024 TB") == 1 << 50)
    #expect(Units.bytes("1025 TB") == nil && Units.expectedSize(for: "1025 TB") == "a size of at most 1024 TB")
    #expect(Units.expectedSize(for: "much") == "a size such as 500 KB, 64 MB or 1 GB")
  }

  @Test(
    "write a duration in the largest unit that is exact",
    arguments: [
      (0, "0s"), (1500, "1500ms"), (2000, "2s"), (90_000, "90s"), (5_400_000, "90m"), (86_400_000, "1d"),
      (90_000_000, "25h"),
      (604_800_000, "7d"),
    ])
  func written(milliseconds: Int, text: String) {
    #expect(Units.text(of: .milliseconds(milliseconds)) == text)
    #expect(Units.duration(text) == .milliseconds(milliseconds))
  }
}
