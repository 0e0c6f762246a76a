import FlowBase
import Foundation
import Testing

@testable import FlowSimulator

/// The requests of a collector to the Google Health API.
extension WireClient {
  /// All pages of a response. A repeated page token is an error.
  func pages(_ path: String, query: [String: String] = [:]) async throws -> [WireReply] {
    var pages: [WireReply] = []
    var query = query
    var seen: Set<String> = []
    while true {
      let reply = try await get(path, query: query)
      guard reply.status == 200 else { throw Unexpected(what: reply.text) }
      pages.append(reply)
      guard let token = try reply.json()["nextPageToken"] as? String, !token.isEmpty else { return pages }
      guard seen.insert(token).inserted else { throw Unexpected(what: "page token \(token) came twice") }
      query["pageToken"] = token
    }
  }

  /// The type's member of every point of every page.
  func points(
    _ type: String, _ action: String = "", filter: String? = nil, pageSize: Int? = nil
  ) async throws -> [[String: Any]] {
    var query: [String: String] = [:]
    query["filter"] = filter
    query["pageSize"] = pageSize.map(String.init)
    let pages = try await pages("/v4/users/me/dataTypes/\(type)/dataPoints\(action)", query: query)
    let points = try pages.flatMap { try $0.json()["dataPoints"] as? [[String: Any]] ?? [] }
    return try points.map { try #require($0[try Self.member(of: type)] as? [String: Any]) }
  }

  func dailyRollUp(_ type: String, _ date: CivilDate) async throws -> WireReply {
    let (start, end) = (GoogleHealthPayload.date(date), GoogleHealthPayload.date(CivilDate(dayNumber: date.dayNumber + 1)))
    let body = #"{"range":{"start":{"date":\#(start)},"end":{"date":\#(end)}},"windowSizeDays":1}"#
    return try await send("POST", "/v4/users/me/dataTypes/\(type)/dataPoints:dailyRollUp", body: body)
  }

  /// The rollup's value of a day; nil without a point or value.
  func dailyValue(_ type: String, _ date: CivilDate) async throws -> [String: Any]? {
    let reply = try await dailyRollUp(type, date)
    guard reply.status == 200 else { throw Unexpected(what: reply.text) }
    let points = try reply.json()["rollupDataPoints"] as? [[String: Any]] ?? []
    #expect(points.count <= 1)
    return points.first?[try Self.member(of: type)] as? [String: Any]
  }

  /// Windows of one minute, or of some seconds, with their values, without empty ones.
  /// - Parameter pageSize: 0: none is named.
  func minutes(_ type: String, _ span: Range<Int>, seconds: Int = 60, pageSize: Int = 10_000) async throws -> [(start: String, value: [String: Any])] {
    var minutes: [(start: String, value: [String: Any])] = []
    var token = ""
    repeat {
      let page = token.isEmpty ? "" : #","pageToken":"\#(token)""#
      let body = """
        {"range":{"startTime":"\(rfc3339(span.lowerBound))","endTime":"\(rfc3339(span.upperBound))"},"windowSize":"\(seconds)s"\(pageSize > 0 ? #","pageSize":\#(pageSize)"# : "")\(page)}
        """
      let reply = try await send("POST", "/v4/users/me/dataTypes/\(type)/dataPoints:rollUp", body: body)
      guard reply.status == 200 else { throw Unexpected(what: reply.text) }
      for point in try reply.json()["rollupDataPoints"] as? [[String: Any]] ?? [] {
        guard let value = point[try Self.member(of: type)] as? [String: Any] else { continue }
        minutes.append((try #require(point["startTime"] as? String), value))
      }
      token = try reply.json()["nextPageToken"] as? String ?? ""
    } while !token.isEmpty
    return minutes
  }

  private static func member(of type: String) throws -> String { try #require(GoogleHealthDataType.named(type)).member }
}

/// The filter of heart-rate samples of whole UTC days.
func heartFilter(_ first: String, _ end: String) -> String {
  #"heart_rate.sample_time.physical_time >= "\#(first)T00:00:00Z" AND heart_rate.sample_time.physical_time < "\#(end)T00:00:00Z""#
}

extension [String: Any] {
  /// An int64, which is a string on the wire; `omitted` if absent.
  func int64(_ name: String, omitted: Int? = nil) throws -> Int? {
    guard let value = self[name] else { return omitted }
    let text = try #require(value as? String, "an int64 is a string")
    let number: Int = try #require(Int(text))
    return number
  }

  /// `77640s` in whole minutes.
  func minutes(_ name: String) throws -> Int? {
    guard let text = self[name] as? String else { return nil }
    return try #require(Int(text.dropLast())) / 60
  }

  /// A civil date.
  func date(_ name: String = "date") throws -> String {
    let date = try #require(self[name] as? [String: Int])
    return try #require(CivilDate(existing: date["year"] ?? 0, date["month"] ?? 0, date["day"] ?? 0)).description
  }
}
