import Foundation
import Testing

@testable import FlowSimulator

@Suite("Response shapes")
struct PayloadShapeTests {
  /// Members, nesting and kinds are the provider's; the values are invented.
  private static let dayShape = """
    {"activities":[],"goals":{"activeMinutes":30,"caloriesOut":2675,"distance":8.05,"steps":10000},
     "summary":{"activeScore":-1,"activityCalories":1101,"caloriesBMR":1705,"caloriesOut":2722,
      "distances":[{"activity":"total","distance":6.46}],"elevation":60.96,"fairlyActiveMinutes":5,"floors":20,
      "heartRateZones":[{"caloriesOut":1972.14,"max":94,"min":30,"minutes":1294,"name":"Out of Range"}],
      "lightlyActiveMinutes":157,"marginalCalories":673,"restingHeartRate":64,"sedentaryMinutes":698,"steps":7883,
      "veryActiveMinutes":52}}
    """
  private static let zonesShape = """
    {"activities-heart":[{"dateTime":"2026-08-15","value":{"customHeartRateZones":[],
     "heartRateZones":[{"caloriesOut":1972.14,"max":94,"min":30,"minutes":1398,"name":"Out of Range"}],"restingHeartRate":64}}]}
    """
  private static let windowShape = """
    {"activities-heart":[{"customHeartRateZones":[],"dateTime":"2026-08-15",
      "heartRateZones":[{"caloriesOut":2.3246,"max":94,"min":30,"minutes":2,"name":"Out of Range"}],"value":"64.2"}],
     "activities-heart-intraday":{"dataset":[{"time":"00:01:00","value":64}],"datasetInterval":1,"datasetType":"minute"}}
    """
  private static let wholeDayShape = """
    {"activities-heart":[{"dateTime":"2026-08-15","value":{"customHeartRateZones":[],
      "heartRateZones":[{"caloriesOut":1972.14,"max":94,"min":30,"minutes":593,"name":"Out of Range"}],"restingHeartRate":68}}],
     "activities-heart-intraday":{"dataset":[{"time":"00:00:00","value":67}],"datasetInterval":1,"datasetType":"second"}}
    """
  private static let stepsShape = """
    {"activities-steps":[{"dateTime":"2026-08-15","value":"3212"}],
     "activities-steps-intraday":{"dataset":[{"time":"00:00:00","value":7}],"datasetInterval":1,"datasetType":"minute"}}
    """
  private static let tokenShape = """
    {"access_token":"A","expires_in":28800,"refresh_token":"R","scope":"activity cardio_fitness heartrate location oxygen_saturation profile respiratory_rate settings sleep temperature weight",
     "token_type":"Bearer","user_id":"ABC123"}
    """
  private static let date = "/1/user/-/activities"

  @Test("a response has the provider's members, nesting and types", arguments: [
    (date + "/date/2026-03-08.json", dayShape), (date + "/heart/date/2026-03-08/1d.json", zonesShape),
    (date + "/heart/date/2026-03-08/2026-03-08/1min/time/00:00/23:59.json", windowShape),
    (date + "/heart/date/2026-03-08/1d/1sec.json", wholeDayShape),
    (date + "/steps/date/2026-03-08/2026-03-08/1min/time/00:00/23:59.json", stepsShape),
  ])
  func shapes(path: String, reference: String) async throws {
    let client = try await WireClient.signedIn(try simulator { $0.dense = true })
    let reply = try await client.get(path)
    #expect(reply.contentType == "application/json")
    #expect(shape(try reply.json()) == shape(try JSONSerialization.jsonObject(with: Data(reference.utf8))))
  }

  @Test("a token response too")
  func token() async throws {
    let client = try WireClient(try simulator(), "P0001")
    let reply = try await client.requestToken(client.refreshToken)
    #expect(shape(try reply.json()) == shape(try JSONSerialization.jsonObject(with: Data(Self.tokenShape.utf8))))
    #expect(
      try reply.json()["scope"] as? String
        == "activity cardio_fitness heartrate location oxygen_saturation profile respiratory_rate settings sleep temperature weight")
  }

  @Test("a device without an altimeter has neither floors nor elevation")
  func noAltimeter() async throws {
    let simulator = try simulator { $0.dense = true }
    let participant = try #require(simulator.population.participants.first { !$0.hasAltimeter })
    let text = try await WireClient.signedIn(simulator, participant.name).get("/1/user/-/activities/date/2026-03-08.json").text
    #expect(!text.contains("floors\":2") && !text.contains("elevation"))
  }

  @Test("an error's message is safe JSON whatever the client sent")
  func echo() async throws {
    var client = try WireClient(try simulator(), "P0001")
    client.accessToken = "\"}\\\n\u{1}ü"
    #expect(try await client.get("/1/user/-/profile.json").json()["success"] as? Bool == false)
  }

  /// Members by name and kind; of a list, the shape of its first entry.
  private func shape(_ value: Any) -> String {
    switch value {
    case let object as [String: Any]:
      return "{" + object.sorted { $0.key < $1.key }.map { "\($0.key):\(shape($0.value))" }.joined(separator: ",") + "}"
    case let list as [Any]: return "[" + (list.first.map(shape) ?? "") + "]"
    case is String: return "text"
    case is NSNumber: return "number"
    default: return "\(type(of: value))"
    }
  }
}
