import FlowCore
import FlowSimulator
import FlowTesting
import Foundation
import StudyModel

/// A provider that fails like a real one, by a seed, and records its requests.
final class ProviderTrouble: Sendable {
  enum Kind: Sendable, CaseIterable {
    case limited, failed, busy, html, cut, neverArrived, answerLost, slow
    /// Answers that repeat what was sent, tokens included: as a refusal, as a page, as data, as a header field.
    case echoRefused, echoPage, echoData, echoValues, echoHeader
    /// The whole client is refused.
    case gone, serviceDisabled, invalidClient
  }
  static let faults: [Kind] = [.limited, .failed, .busy, .html, .cut, .neverArrived, .answerLost, .slow]
  static let echoes: [Kind] = [.echoRefused, .echoPage, .echoData, .echoValues, .echoHeader]

  private struct State {
    /// Whose token it is.
    var participants: [String: String] = [:]
    /// Until when a participant must wait, on this run's clock.
    var waits: [String: Duration] = [:]
    var tokenAnswers: [String: Int] = [:]
    var askedTooEarly: [String] = []
    var count = 0
  }
  private let kinds: [Kind]
  private let share: Double
  private let sparesTokens: Bool
  private let firstTokenAnswersLost: Int
  private let dice: SeededRandomSource
  private let state = Locked(State())

  /// - Parameters:
  ///   - share: 0 to 1, of all requests.
  ///   - sparesTokens: token requests are answered as they should be.
  ///   - firstTokenAnswersLost: so many answers to each participant's token requests are lost, beside the share.
  init(
    seed: UInt64, _ kinds: [Kind] = ProviderTrouble.faults, share: Double, sparesTokens: Bool = false,
    firstTokenAnswersLost: Int = 0
  ) {
    self.sparesTokens = sparesTokens
    self.kinds = kinds
    self.share = share
    self.firstTokenAnswersLost = firstTokenAnswersLost
    dice = SeededRandomSource(seed: seed ^ 0xFA17)
  }

  /// Requests for data that arrived while their participant had to wait.
  var askedTooEarly: [String] { state.withLock { $0.askedTooEarly } }
  /// How often something went wrong.
  var count: Int { state.withLock { $0.count } }

  /// A run begins, with its own clock.
  func begin(_ simulator: Simulator) throws {
    let enrolments = try simulator.enrolments()
    state.withLock { state in
      state.waits = [:]
      for enrolment in enrolments { state.participants[enrolment.refreshToken] = enrolment.participant }
    }
  }

  /// A request is sent; a request already in transit when its participant must wait cannot be recalled.
  func witness(_ request: HTTPRequest, time: ManualTime) {
    let participant = participant(of: request)
    let now = time.monotonic
    if Self.isTokenRequest(request) { return }
    state.withLock { state in
      guard participant == "?" || state.waits[participant].map({ now < $0 }) == true else { return }
      state.askedTooEarly.append("\(participant) at \(now), told to wait until \(state.waits[participant] ?? .zero): \(request.url)")
    }
  }

  private static func isTokenRequest(_ request: HTTPRequest) -> Bool { request.url.hasSuffix("/oauth2/token") }

  func answer(
    _ request: HTTPRequest, time: ManualTime, _ deliver: @Sendable () async throws -> HTTPResponse
  ) async throws -> HTTPResponse {
    let isTokenRequest = Self.isTokenRequest(request)
    let participant = participant(of: request)
    if isTokenRequest, losesTokenAnswer(of: participant) {
      learn(try await deliver(), participant)
      throw TransportError(.connection, "the answer was lost")
    }
    guard !(isTokenRequest && sparesTokens), Double(dice.next() >> 11) * 0x1p-53 < share else {
      let response = try await deliver()
      if isTokenRequest { learn(response, participant) }
      return response
    }
    state.withLock { $0.count += 1 }
    let kind = kinds[Int(dice.next() % UInt64(kinds.count))]
    let response = try await suffer(kind, request, time) {
      let response = try await deliver()
      if isTokenRequest { self.learn(response, participant) }
      return response
    }
    if response.status == 429, !isTokenRequest, let wait = response.headers["Retry-After"].flatMap({ Int($0) }) {
      let until = time.monotonic + .seconds(wait)
      state.withLock { $0.waits[participant] = max(until, $0.waits[participant] ?? until) }
    }
    return response
  }

  private func suffer(
    _ kind: Kind, _ request: HTTPRequest, _ time: ManualTime, _ deliver: () async throws -> HTTPResponse
  ) async throws -> HTTPResponse {
    let echo = "\(request.headers["Authorization"] ?? "") \(String(decoding: request.body ?? [], as: UTF8.self))"
    let words = echo.components(separatedBy: CharacterSet(charactersIn: " =&")).max { $0.count < $1.count } ?? ""
    switch kind {
    case .limited:
      return Self.json(429, "{\"errors\":[{\"errorType\":\"system\",\"message\":\"Too Many Requests\"}]}", ["Retry-After": String(1 + dice.next() % 300)])
    case .failed: return Self.json(500, "{\"errors\":[{\"errorType\":\"system\"}]}")
    case .busy: return Self.json(503, "", ["Retry-After": "2"])
    case .html: return HTTPResponse(status: 200, headers: ["Content-Type": "text/html"], body: Array("<html>Please wait</html>".utf8))
    case .cut:
      var response = try await deliver()
      // Half of the time the connection reports the truncation; otherwise the document simply ends.
      if dice.next() % 2 == 0 { throw TransportError(.truncated, "the answer was cut off") }
      response.body.removeLast(response.body.count / 3)
      return response
    case .neverArrived: throw TransportError(.connection, "the connection was reset")
    case .answerLost:
      _ = try await deliver()
      throw TransportError(.connection, "the connection was reset before an answer")
    case .slow:
      let delay = Duration.seconds(Int64(1 + dice.next() % 90))
      await time.sleep(for: min(delay, request.timeout))
      let response = try await deliver()
      if delay > request.timeout { throw TransportError(.timeout, "no answer in time") }
      return response
    case .gone: return Self.json(410, "{}")
    case .serviceDisabled:
      return Self.json(403, #"{"error":{"code":403,"status":"PERMISSION_DENIED","details":[{"reason":"SERVICE_DISABLED"}]}}"#)
    case .invalidClient: return Self.json(401, #"{"errors":[{"errorType":"invalid_client","message":"no"}],"error":"invalid_client"}"#)
    case .echoRefused:
      return Self.json(
        [400, 401, 403, 422][Int(dice.next() % 4)],
        "{\"error\":\"\(words)\",\"errors\":[{\"errorType\":\"\(words)\",\"fieldName\":\"\(words)\",\"message\":\"refused: \(echo)\"}]}")
    case .echoPage: return HTTPResponse(status: 200, headers: ["Content-Type": "text/\(words)"], body: Array("<p>\(echo)</p>".utf8))
    case .echoData:
      return Self.json(200, #"{"echo":"\#(echo)","user":{"timezone":"\#(words)"},"escaped":"\#(words)\/"}"#)
    case .echoValues:
      let rows = "{\"dataset\":[{\"time\":\"\(words)\",\"value\":\"\(words)\"}]}"
      return Self.json(
        200,
        "{\"activities-heart-intraday\":\(rows),\"activities-steps-intraday\":\(rows),\"summary\":{\"steps\":\"\(words)\"},"
          + "\"activities-heart\":[{\"dateTime\":\"\(words)\",\"value\":{\"heartRateZones\":[{\"name\":\"Peak\"}]}}]}")
    case .echoHeader:
      return Self.json(503, "{}", ["Retry-After": words, "Fitbit-Rate-Limit-Reset": words, "Location": "https://elsewhere.test/\(words)"])
    }
  }

  private static func json(_ status: Int, _ text: String, _ headers: HTTPHeaders = [:]) -> HTTPResponse {
    var headers = headers
    headers["Content-Type"] = "application/json"
    return HTTPResponse(status: status, headers: headers, body: Array(text.utf8))
  }

  // MARK: Who asks

  private func participant(of request: HTTPRequest) -> String {
    let bearer = request.headers["Authorization"].map { String($0.dropFirst("Bearer ".count)) }
    let form = String(decoding: request.body ?? [], as: UTF8.self).split(separator: "&").first { $0.hasPrefix("refresh_token=") }
    let token = form.map { String($0.dropFirst("refresh_token=".count)) } ?? bearer ?? ""
    return state.withLock { $0.participants[token] } ?? "?"
  }

  private func learn(_ response: HTTPResponse, _ participant: String) {
    let answer = (try? JSONSerialization.jsonObject(with: Data(response.body))) as? [String: Any] ?? [:]
    state.withLock { state in
      for name in ["access_token", "refresh_token"] {
        if let token = answer[name] as? String { state.participants[token] = participant }
      }
    }
  }

  private func losesTokenAnswer(of participant: String) -> Bool {
    state.withLock { state in
      state.tokenAnswers[participant, default: 0] += 1
      return state.tokenAnswers[participant] ?? 0 <= firstTokenAnswersLost
    }
  }
}
