import FlowCore
import Foundation
import NIOCore

/// The Google Health API v4 for the population: Google's OAuth, devices, settings, data points and rollups, with quota.
struct SimulatedGoogleHealth: SimulatedProvider {
  /// Requests per participant in any 60 seconds, the strictest reading of `300 per minute`.
  static let limit = 300
  let population: Population
  let world: SimulatedWorld
  let tokens: TokenEndpoint
  let ledger: TokenLedger
  let consent: Consent
  let summaries: SummaryCache
  let limiter: RateLimiter
  /// The clock of the quota windows, in seconds.
  let limiterNow: @Sendable () -> Int
  let namesRetryAfter: Bool
  let statistics: Locked<SimulatorStatistics>

  let tokenPath = "/oauth2/token"

  func answerToken(_ request: WireRequest) async throws -> WireReply {
    try await tokens.respond(to: request)
  }

  func answerData(_ request: WireRequest) async throws -> WireReply {
    let now = world.now
    guard let token = request.bearerToken, case .participant(let number) = try await ledger.authorizeGoogle(token, now: now) else {
      return GoogleHealthStatus.unauthenticated.reply
    }
    let participant = population.participants[number - 1]
    let budget = limiter.take(participant: number, now: limiterNow())
    guard budget.isGranted else {
      var reply = GoogleHealthStatus.quota.reply
      if namesRetryAfter { reply.headers.append(("Retry-After", String(budget.resetSeconds))) }
      return reply
    }
    var reply = try respond(to: request, for: participant, now: now)
    // Google announces nothing. More than it allows has to be announced, because no client would use it otherwise.
    if budget.limit > Self.limit {
      reply.headers += [("RateLimit-Remaining", String(budget.remaining)), ("RateLimit-Reset", String(budget.resetSeconds))]
    }
    return reply
  }

  private func respond(to request: WireRequest, for participant: SimulatedParticipant, now: Int) throws -> WireReply {
    do throws(WireRefusal) {
      guard let route = try GoogleHealthRoute(method: request.method, path: request.path) else {
        statistics.withLock { $0.count("unknown") }
        return WireReply(status: 404, html: "Error 404 (Not Found)!!1")
      }
      statistics.withLock { $0.count(route.kind) }
      return try answer(request, route, for: participant, now: now)
    } catch {
      return error.reply
    }
  }

  func failure(_ status: Int, isTokenRequest: Bool, echo: String) -> WireReply {
    switch status {
    case 404, 502: return WireReply(status: status, html: "Error \(status) (Server Error)!!1")
    case 429:
      var reply = GoogleHealthStatus.quota.reply
      if namesRetryAfter { reply.headers.append(("Retry-After", "1")) }
      return reply
    default:
      guard isTokenRequest else { return GoogleHealthStatus(status: status, echo: echo).reply }
      return WireReply(
        status: status, json: #"{"error":"internal_failure","error_description":"Something went wrong with \#(jsonEscaped(echo))."}"#)
    }
  }

  private func answer(
    _ request: WireRequest, _ route: GoogleHealthRoute, for participant: SimulatedParticipant, now: Int
  ) throws(WireRefusal) -> WireReply {
    if let unknown = Set(request.query.keys).subtracting(route.parameters).min() {
      throw .invalidArgument(
        "Invalid JSON payload received. Unknown name \"\(unknown)\": Cannot bind query parameter. Field '\(unknown)' could not be found "
          + "in request message.")
    }
    if route.scopes.contains(where: { !consent.covers($0, for: participant) }) { throw .scope }
    if case .track(let number) = route { return try track(number, request, of: participant, now: now) }
    var reply = WireReply(body: try body(request, route, for: participant, now: now))
    reply.contentType = "application/json; charset=UTF-8"
    return reply
  }

  private func track(
    _ number: UInt64, _ request: WireRequest, of participant: SimulatedParticipant, now: Int
  ) throws(WireRefusal) -> WireReply {
    let source = PointSource(participant: participant, now: now, isReconciled: false, withCivil: false)
    guard let track = source.track(number, withPartial: request.query["partialData"] == "true") else {
      throw WireRefusal(reply: GoogleHealthStatus(status: 404, code: "NOT_FOUND", message: "Requested entity was not found.", reason: "RESOURCE_NOT_FOUND").reply)
    }
    if request.query["alt"] == "media" {
      var reply = WireReply(body: ByteBuffer(string: track))
      reply.contentType = "application/vnd.garmin.tcx+xml"
      return reply
    }
    // Both forms have been seen.
    let text = number / 10 % 2 == 0 ? track : Data(track.utf8).base64EncodedString()
    var reply = WireReply(json: #"{"tcxData":\#(JSONText.quoted(text))}"#)
    reply.contentType = "application/json; charset=UTF-8"
    return reply
  }

  private func body(
    _ request: WireRequest, _ route: GoogleHealthRoute, for participant: SimulatedParticipant, now: Int
  ) throws(WireRefusal) -> ByteBuffer {
    switch route {
    case .track: return ByteBuffer()
    case .identity: return ByteBuffer(string: GoogleHealthPayload.identity(of: participant))
    case .settings: return ByteBuffer(string: GoogleHealthPayload.settings(of: participant, now: now))
    case .profile: return ByteBuffer(string: GoogleHealthPayload.profile)
    case .pairedDevices: return ByteBuffer(string: GoogleHealthPayload.pairedDevices(of: participant, now: now))
    case .points(let type, .list), .points(let type, .reconcile):
      let list = try GoogleHealthList(
        request, type: type, isReconciled: route == .points(type, .reconcile), participant: participant, now: now,
        summaries: summaries)
      return list.answer
    case .points(let type, .rollUp):
      return try GoogleHealthRollUp(request, type: type, participant: participant, now: now).answer
    case .points(let type, .dailyRollUp):
      return try GoogleHealthDailyRollUp(request, type: type, participant: participant, now: now, summaries: summaries).answer
    }
  }
}
