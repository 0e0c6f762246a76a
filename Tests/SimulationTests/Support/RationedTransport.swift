import FlowCore
import FlowSimulator
import FlowTesting
import StudyModel
import StudyParticipants

/// A provider that makes everyone but one wait an hour, at the first request of a kind, and records requests within that hour.
final class RationedTransport: HTTPTransport {
  private struct State {
    /// By refresh token, then by access token.
    var participants: [String: String] = [:]
    /// Until when each participant must wait, on the monotonic clock.
    var told: [String: Duration] = [:]
    var askedTooEarly: [String] = []
  }

  private let base: any HTTPTransport
  private let time: ManualTime
  private let spared: String
  private let path: String
  private let state: Locked<State>

  /// - Parameter path: part of the request URL at which every participant must wait.
  init(_ base: any HTTPTransport, _ time: ManualTime, simulator: Simulator, sparing spared: String, at path: String) throws {
    self.base = base
    self.time = time
    self.spared = spared
    self.path = path
    var state = State()
    for enrolment in try simulator.enrolments() { state.participants[enrolment.refreshToken] = enrolment.participant }
    self.state = Locked(state)
  }

  var askedTooEarly: [String] { state.withLock { $0.askedTooEarly } }
  var toldCount: Int { state.withLock { $0.told.count } }

  func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    guard let bearer = request.headers["Authorization"], bearer.hasPrefix("Bearer ") else { return try await tokens(request) }
    let isRefused = state.withLock { state in
      guard let participant = state.participants[String(bearer.dropFirst(7))], participant != spared else { return false }
      if let until = state.told[participant] {
        if time.monotonic < until { state.askedTooEarly.append("\(participant) \(request.url)") }
        return time.monotonic < until
      }
      guard request.url.contains(path) else { return false }
      state.told[participant] = time.monotonic + .seconds(3600)
      return true
    }
    guard isRefused else { return try await base.send(request) }
    return HTTPResponse(
      status: 429, headers: ["Content-Type": "application/json", "Retry-After": "3600"], body: Array("{\"success\":false}".utf8))
  }

  private func tokens(_ request: HTTPRequest) async throws -> HTTPResponse {
    let response = try await base.send(request)
    let form = String(decoding: request.body ?? [], as: UTF8.self)
    let old = form.split(separator: "&").first { $0.hasPrefix("refresh_token=") }.map { String($0.dropFirst(14)) }
    if let old, let new = try JSONTree(parsing: response.body)["access_token"]?.text {
      state.withLock { $0.participants[new] = $0.participants[old] }
    }
    return response
  }
}
