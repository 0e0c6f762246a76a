import FlowBase
import Testing

@testable import FlowSimulator

@Suite("Pages of the Google wire")
struct GoogleHealthPageTests {
  private static let heart = "/v4/users/me/dataTypes/heart-rate/dataPoints:reconcile"

  @Test("pages of any size hold the same points once, newest first", arguments: [1, 7, 100, 1440, 10_000])
  func sizes(size: Int) async throws {
    let client = try await WireClient.signedIn(try simulator(.googleHealth) { $0.rateLimit = 100_000 })
    let filter = #"steps.interval.start_time >= "2026-03-08T09:00:00Z" AND steps.interval.start_time < "2026-03-08T15:00:00Z""#
    let times = try await client.points("steps", filter: filter, pageSize: size).map { point in
      (point["interval"] as? [String: Any])?["startTime"] as? String ?? ""
    }
    #expect(times.count > 50)
    #expect(times == times.sorted(by: >))
    #expect(Set(times).count == times.count)
  }

  @Test("a page has at most the requested size, 1440 by default, and never more than 10,000", arguments: [
    (nil, 1440), ("0", 1440), ("50", 50), ("10000", 10_000), ("99999", 10_000),
  ] as [(String?, Int)])
  func limits(asked: String?, most: Int) async throws {
    let client = try await WireClient.signedIn(try simulator(.googleHealth) { $0.dense = true })
    var query = ["filter": heartFilter("2026-03-08", "2026-03-09")]
    query["pageSize"] = asked
    var reply = try await client.get(Self.heart, query: query)
    if try reply.json()["dataPoints"] == nil {
      query["pageToken"] = try #require(try reply.json()["nextPageToken"] as? String)
      reply = try await client.get(Self.heart, query: query)
    }
    #expect((try reply.json()["dataPoints"] as? [Any])?.count == most)
  }

  @Test("some pages before the end are empty, and the end is signalled in two ways")
  func empty() async throws {
    let simulator = try simulator(.googleHealth) { $0.rateLimit = 100_000 }
    var (empty, ends) = (0, Set<String>())
    for participant in simulator.population.participants.prefix(10) {
      let client = try await WireClient.signedIn(simulator, participant.name)
      for day in ["2026-03-08", "2026-03-09", "2026-03-10"] {
        let next = CivilDate(dayNumber: try #require(CivilDate(text: day[...])).dayNumber + 1).description
        let pages = try await client.pages(Self.heart, query: ["pageSize": "2000", "filter": heartFilter(day, next)])
        empty += try pages.dropLast().count { try $0.json()["dataPoints"] == nil }
        ends.insert(try #require(pages.last).text.hasSuffix(#""nextPageToken":""}"#) ? "empty text" : "nothing")
      }
    }
    #expect(empty > 0)
    #expect(ends == ["empty text", "nothing"])
  }

  @Test("a page token is valid for one request only", arguments: [
    ["pageSize": "11"], ["filter": heartFilter("2026-03-08", "2026-03-10")], ["pageToken": "nonsense"],
  ])
  func tokens(change: [String: String]) async throws {
    let client = try await WireClient.signedIn(try simulator(.googleHealth))
    var query = ["pageSize": "10", "filter": heartFilter("2026-03-08", "2026-03-09")]
    let first = try await client.get(Self.heart, query: query)
    query["pageToken"] = try #require(try first.json()["nextPageToken"] as? String)
    #expect(try await client.get(Self.heart, query: query).status == 200)
    let other = try await client.get(Self.heart, query: query.merging(change) { $1 })
    #expect(other.status == 400)
    #expect(other.text.contains("INVALID_ARGUMENT"))
  }

  @Test("the pages of a rollup contain each minute once")
  func rollup() async throws {
    let client = try await WireClient.signedIn(try simulator(.googleHealth) { $0.rateLimit = 1000 })
    let span = Population.start..<Population.start + 86_400
    let whole = try await client.minutes("steps", span).map(\.start)
    let parts = try await client.minutes("steps", span, pageSize: 100).map(\.start)
    #expect(whole == parts)
    #expect(whole == whole.sorted(by: >))
    #expect(whole.count > 1000)
  }

  @Test("a list counts overlapping devices twice; a reconciled one counts them once")
  func devices() async throws {
    let simulator = try simulator(.googleHealth)
    let participant = try #require(simulator.population.participants.first { $0.oddity == .twoTrackers })
    let client = try await WireClient.signedIn(simulator, participant.name)
    let filter = #"steps.interval.start_time >= "2026-03-09T00:00:00Z" AND steps.interval.start_time < "2026-03-10T00:00:00Z""#
    let listed = try await client.points("steps", filter: filter, pageSize: 999)
    let reconciled = try await client.points("steps", ":reconcile", filter: filter, pageSize: 999)
    #expect(listed.count == 2 * reconciled.count)
    let minutes = try await client.minutes("steps", Population.start + 86_400..<Population.start + 2 * 86_400)
    func sum(_ values: [[String: Any]], _ name: String) throws -> Int {
      try values.compactMap { try $0.int64(name, omitted: 0) }.reduce(0, +)
    }
    #expect(try sum(reconciled, "count") == sum(minutes.map(\.value), "countSum"))
    #expect(try sum(listed, "count") > sum(reconciled, "count"))
  }
}
