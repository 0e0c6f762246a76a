import Foundation
import NIOCore

/// The simulator's own endpoints: `GET /simulator/participants`, `GET /simulator/statistics`, `GET
/// /simulator/truth?detail=1sec|1min`, `GET /simulator/clock` and `POST /simulator/clock` with `{"advance_seconds":
/// n}`.
struct SimulatorControl: Sendable {
  let world: SimulatedWorld
  let enrolments: @Sendable () throws -> [SimulatedEnrolment]
  let statistics: @Sendable () -> SimulatorStatistics
  let truth: @Sendable (Truth.HeartRateDetail) -> Truth

  func respond(to request: WireRequest) throws -> WireReply {
    switch (request.method, request.path) {
    case ("GET", "/simulator/participants"):
      return try encoded(enrolments().map { EnrolledFile($0, markedAsSimulator: true) })
    case ("GET", "/simulator/statistics"):
      return try encoded(statistics().requests)
    case ("GET", "/simulator/truth"): return try truth(request.query["detail"] ?? Truth.HeartRateDetail.second.rawValue)
    case ("GET", "/simulator/clock"): return clock
    case ("POST", "/simulator/clock"):
      guard let advance = try? JSONDecoder().decode(Advance.self, from: Data(request.body.utf8)) else {
        return .error(400, "validation", field: "advance_seconds", message: #"Expected {"advance_seconds": n}."#)
      }
      do {
        try world.advance(bySeconds: advance.seconds)
        return clock
      } catch SimulatorError.clockBackward {
        return .error(400, "validation", field: "advance_seconds", message: "\(SimulatorError.clockBackward)")
      }
    default: return .error(404, "not_found", message: "The simulator has no \(request.method) \(request.path).")
    }
  }

  private struct Advance: Decodable {
    let seconds: Int

    enum CodingKeys: String, CodingKey {
      case seconds = "advance_seconds"
    }
  }

  private var clock: WireReply {
    WireReply(json: #"{"now":"\#(rfc3339(world.now))","advanced_seconds":\#(world.advancedSeconds)}"#)
  }

  /// Every row at the simulated time, including nights, activities and intervals of 15 minutes, as JSON Lines.
  private func truth(_ detail: String) throws -> WireReply {
    guard let detail = Truth.HeartRateDetail(rawValue: detail) else {
      return .error(400, "validation", field: "detail", message: "Expected 1sec or 1min.")
    }
    var lines = ByteBuffer()
    try truth(detail).write(withNights: true, withActivities: true, withQuarters: true) { lines.writeImmutableBuffer($0) }
    var reply = WireReply(body: lines)
    reply.contentType = "application/jsonl"
    return reply
  }

  private func encoded(_ value: some Encodable) throws -> WireReply {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return WireReply(json: String(decoding: try encoder.encode(value), as: UTF8.self))
  }
}
