import Foundation

/// The simulator's own endpoints, beside the provider's: `GET /simulator/participants`, `GET /simulator/statistics`,
/// `GET /simulator/clock` and `POST /simulator/clock` with `{"advance_seconds": n}`.
struct SimulatorControl: Sendable {
  let world: SimulatedWorld
  let enrolments: @Sendable () throws -> [SimulatedEnrolment]
  let statistics: @Sendable () -> SimulatorStatistics

  func respond(to request: WireRequest) throws -> WireReply {
    switch (request.method, request.path) {
    case ("GET", "/simulator/participants"):
      return try encoded(enrolments().map { ParticipantFile($0, markedAsSimulator: true) })
    case ("GET", "/simulator/statistics"):
      return try encoded(statistics().requests)
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

  private func encoded(_ value: some Encodable) throws -> WireReply {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return WireReply(json: String(decoding: try encoder.encode(value), as: UTF8.self))
  }
}
