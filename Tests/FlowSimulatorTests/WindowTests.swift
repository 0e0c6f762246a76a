import Testing

@testable import FlowSimulator

@Suite("Windows of intraday data")
struct WindowTests {
  @Test("a day is the union of its parts", arguments: ["heart", "steps"], ["UTC", nil] as [String?])
  func composition(resource: String, zone: String?) async throws {
    let client = try await WireClient.signedIn(try simulator())
    let query = zone.map { ["timezone": $0] } ?? [:]
    let detail = resource == "heart" ? "1sec" : "1min"
    let day = "2026-03-09"
    let whole = try await client.intraday(
      resource, from: (day, "00:00"), to: (day, "23:59"), detail: detail, query: query)
    var parts: [Sample] = []
    for (from, to) in [("00:00", "00:00"), ("00:01", "07:29"), ("07:30", "07:30"), ("07:31", "18:00"), ("18:01", "23:59")] {
      parts += try await client.intraday(resource, from: (day, from), to: (day, to), detail: detail, query: query)
    }
    #expect(whole == parts)
    #expect(whole.count > 600)
  }

  @Test("the last minute is complete")
  func lastMinute() async throws {
    let client = try await WireClient.signedIn(try simulator { $0.dense = true })
    let samples = try await client.intraday(
      "heart", from: ("2026-03-08", "10:00"), to: ("2026-03-08", "10:01"), detail: "1sec", query: ["timezone": "UTC"])
    #expect(samples.count == 120)
    #expect(samples.first?.time == "10:00:00")
    #expect(samples.last?.time == "10:01:59")
  }

  @Test("a window across midnight wraps and has one entry per date")
  func midnight() async throws {
    let client = try await WireClient.signedIn(try simulator { $0.dense = true })
    let path = "/1/user/-/activities/steps/date/2026-03-08/2026-03-09/1min/time/23:58/00:01.json"
    let reply = try await client.get(path)
    #expect(try reply.samples("steps").map(\.time) == ["23:58:00", "23:59:00", "00:00:00", "00:01:00"])
    let days = try #require(try reply.json()["activities-steps"] as? [[String: String]])
    #expect(days.map { $0["dateTime"] } == ["2026-03-08", "2026-03-09"])
  }

  @Test("the spring hour is missing from local times and present in UTC")
  func springGap() async throws {
    // P0001 lives in Chicago, where 02:00 to 03:00 of 8 March 2026 did not exist.
    let client = try await WireClient.signedIn(try simulator { $0.dense = true })
    let day = "2026-03-08"
    let local = try await client.intraday("steps", from: (day, "00:00"), to: (day, "23:59"))
    #expect(local.count == 1380)
    #expect(!local.contains { $0.time.hasPrefix("02:") })
    let utc = try await client.intraday("steps", from: (day, "00:00"), to: (day, "23:59"), query: ["timezone": "UTC"])
    #expect(utc.count == 1440)
  }

  @Test("a repeated hour of the zone occurs twice")
  func autumnOverlap() async throws {
    let simulator = try simulator { $0.dense = true }
    try simulator.advance(by: .seconds(250 * 86_400))
    let client = try await WireClient.signedIn(simulator)
    let day = "2026-11-01"
    let local = try await client.intraday("steps", from: (day, "00:00"), to: (day, "23:59"))
    #expect(local.count == 1500)
    #expect(local.filter { $0.time.hasPrefix("01:") }.count == 120)
  }

  @Test("values of 5 and 15 minutes sum the steps of their minutes", arguments: [("5min", 5), ("15min", 15)])
  func coarse(detail: String, minutes: Int) async throws {
    let client = try await WireClient.signedIn(try simulator())
    let day = "2026-03-09"
    let fine = try await client.intraday("steps", from: (day, "00:00"), to: (day, "23:59"))
    let coarse = try await client.intraday("steps", from: (day, "00:00"), to: (day, "23:59"), detail: detail)
    #expect(coarse.count == fine.count / minutes)
    #expect(coarse.first?.value == fine.prefix(minutes).reduce(0) { $0 + $1.value })
    #expect(coarse.reduce(0) { $0 + $1.value } == fine.reduce(0) { $0 + $1.value })
    let heart = try await client.intraday("heart", from: (day, "00:00"), to: (day, "23:59"), detail: detail)
    #expect(heart.count > 20)
  }

  @Test("samples occur every 5 to 15 seconds, or every second when dense")
  func spacing() throws {
    let participant = try simulator().population.participants[0]
    var reader = try #require(MinuteReader(participant, now: Population.start + 3 * 86_400))
    var previous: Int?
    var gaps: Set<Int> = []
    for instant in stride(from: Population.start, to: Population.start + 86_400, by: 60) {
      guard let minute = reader.minute(at: instant), minute.worn else {
        previous = nil
        continue
      }
      minute.forEachSample { second, value in
        if let previous { gaps.insert(instant + second - previous) }
        previous = instant + second
        #expect(30..<220 ~= value)
      }
    }
    #expect(try #require(gaps.min()) >= 5)
    #expect(try #require(gaps.max()) <= 15)
  }

  @Test(
    "an invalid request is rejected",
    arguments: [
      ("/1/user/-/activities/heart/date/2026-03-08/2026-03-10/1sec/time/00:00/00:00.json", 400),
      ("/1/user/-/activities/heart/date/2026-03-08/2026-03-09/1sec/time/00:00/00:01.json", 400),
      ("/1/user/-/activities/heart/date/2026-03-09/2026-03-08/1sec/time/00:00/00:01.json", 400),
      ("/1/user/-/activities/heart/date/2026-03-08/2026-03-08/2sec/time/00:00/00:01.json", 400),
      ("/1/user/-/activities/steps/date/2026-03-08/2026-03-08/1sec/time/00:00/00:01.json", 400),
      ("/1/user/-/activities/steps/date/2026-02-30/2026-03-08/1min/time/00:00/00:01.json", 400),
      ("/1/user/-/activities/steps/date/2026-03-08/2026-03-08/1min/time/24:00/00:01.json", 400),
      ("/1/user/-/activities/date/tomorrow.json", 400),
      ("/1/user/-/activities/calories/date/2026-03-08/1d.json", 404), ("/1/user/-/devices", 404), ("/", 404),
      ("/1/user/-/activities/heart/date/2026-03-08/2026-03-09/1min/time/00:00/00:00.json", 200),
    ])
  func refusals(path: String, status: Int) async throws {
    let client = try await WireClient.signedIn(try simulator())
    let reply = try await client.get(path)
    #expect(reply.status == status)
    #expect(try status == 200 || reply.json()["success"] as? Bool == false)
  }
}
