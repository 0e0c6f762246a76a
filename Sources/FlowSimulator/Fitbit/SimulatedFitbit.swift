import FlowCore
import NIOCore

/// The Fitbit Web API for the population: OAuth, devices, profile and the data endpoints, with rate limits and faults.
struct SimulatedFitbit: SimulatedProvider {
  /// Requests per participant and hour of the clock.
  static let limit = 150
  let population: Population
  let world: SimulatedWorld
  let tokens: TokenEndpoint
  let ledger: TokenLedger
  let consent: Consent
  let summaries: SummaryCache
  let limiter: RateLimiter
  /// The clock of the rate limit windows, in seconds.
  let limiterNow: @Sendable () -> Int
  let statistics: Locked<SimulatorStatistics>

  let tokenPath = "/oauth2/token"

  func answerToken(_ request: WireRequest) async throws -> WireReply {
    try await tokens.respond(to: request)
  }

  func answerData(_ request: WireRequest) async throws -> WireReply {
    let now = world.now
    guard let token = request.bearerToken else {
      return .error(401, "invalid_request", message: "Authorization header required.")
    }
    switch try await ledger.authorize(token, now: now) {
    case .expired: return .error(401, "expired_token", message: "Access token expired: \(token).")
    case .invalid: return .error(401, "invalid_token", message: "Access token invalid: \(token).")
    case .participant(let number):
      let participant = population.participants[number - 1]
      let budget = limiter.take(participant: number, now: limiterNow())
      var reply = budget.isGranted ? answer(request, for: participant, now: now) : .tooManyRequests(budget.resetSeconds)
      reply.headers += [
        ("Fitbit-Rate-Limit-Limit", String(budget.limit)), ("Fitbit-Rate-Limit-Remaining", String(budget.remaining)),
        ("Fitbit-Rate-Limit-Reset", String(budget.resetSeconds)),
      ]
      return reply
    }
  }

  func failure(_ status: Int, isTokenRequest: Bool, echo: String) -> WireReply {
    switch status {
    case 429:
      var reply = WireReply.tooManyRequests(1)
      reply.headers += [
        ("Fitbit-Rate-Limit-Limit", "150"), ("Fitbit-Rate-Limit-Remaining", "0"), ("Fitbit-Rate-Limit-Reset", "1"),
      ]
      return reply
    case 502: return WireReply(status: 502, html: "502 Bad Gateway")
    case 410: return WireReply(status: 410, json: "{}")
    default: return .error(status, "system", field: "n/a", message: "Something went wrong with \(echo).")
    }
  }

  private func answer(_ request: WireRequest, for participant: SimulatedParticipant, now: Int) -> WireReply {
    let zone: ZoneRules
    switch request.query["timezone"] {
    case nil: zone = participant.zone
    case "UTC": zone = .utc
    case let other?: return .error(400, "validation", field: "timezone", message: "Invalid time zone: \(other)")
    }
    let route: FitbitRoute
    do {
      route = try FitbitRoute(path: request.path, query: request.query, today: zone.day(at: now))
    } catch {
      if error.reply.status == 404 { statistics.withLock { $0.count("unknown") } }
      return error.reply
    }
    statistics.withLock { $0.count(route.kind) }
    guard request.method == "GET" else {
      return .error(405, "request", message: "The method \(request.method) is not supported here.")
    }
    if let scope = route.scopes.first(where: { !consent.allows($0, for: participant) }) {
      let message = "This application does not have permission to access \(scope.rawValue) data."
      return .error(403, "insufficient_scope", message: message)
    }
    let activities = FitbitActivities(participant: participant, now: now)
    switch route {
    case .sleepList(let list): return WireReply(json: FitbitNightly(participant: participant, now: now).list(list, origin: request.origin))
    case .activityList(let list): return WireReply(json: activities.list(list, origin: request.origin))
    case .activityDetail(let number): return activities.detail(number, origin: request.origin).map { WireReply(json: $0) } ?? WireRefusal.notFound.reply
    case .activityTrack(let number, let withPartial):
      guard let track = activities.track(number, withPartial: withPartial) else { return WireRefusal.notFound.reply }
      var reply = WireReply(body: ByteBuffer(string: track))
      reply.contentType = "application/vnd.garmin.tcx+xml"
      return reply
    case .body(let route): return WireReply(json: FitbitBody(participant: participant, now: now, language: request.language).answer(route))
    default: break
    }
    return WireReply(body: body(of: route, for: participant, zone: zone, now: now))
  }

  private func body(of route: FitbitRoute, for participant: SimulatedParticipant, zone: ZoneRules, now: Int) -> ByteBuffer {
    func day(_ date: CivilDate) -> DailySummary {
      summaries.summary(of: participant, date: date, zone: zone, now: now)
    }
    func days(_ dates: ClosedRange<CivilDate>) -> [DailySummary] {
      (dates.lowerBound.dayNumber...dates.upperBound.dayNumber).map { day(CivilDate(dayNumber: $0)) }
    }
    switch route {
    case .token, .sleepList, .activityList, .activityDetail, .activityTrack, .body: return ByteBuffer()
    case .nightly(let route): return ByteBuffer(string: FitbitNightly(participant: participant, now: now).answer(route))
    case .devices: return ByteBuffer(string: FitbitPayload.devices(of: participant, now: now))
    case .profile: return ByteBuffer(string: FitbitPayload.profile(of: participant, now: now))
    case .dailyActivity(let date):
      let withHeartRate = consent.allows(.heartrate, for: participant)
      return ByteBuffer(string: FitbitPayload.dailyActivity(day(date), withHeartRate: withHeartRate))
    case .series(.heart, let dates): return ByteBuffer(string: FitbitPayload.heartRateSeries(days(dates)))
    case .series(.steps, let dates), .series(.distance, let dates): return ByteBuffer(string: FitbitPayload.stepsSeries(days(dates)))
    case .intraday(let resource, let window):
      let intraday = FitbitIntraday(participant: participant, window: window, zone: zone, now: now)
      switch resource {
      case .heart: return intraday.heartRate()
      case .steps: return intraday.steps()
      case .distance: return intraday.distance()
      }
    }
  }
}

extension WireReply {
  static func error(_ status: Int, _ type: String, field: String? = nil, message: String) -> WireReply {
    WireReply(status: status, json: FitbitPayload.error(type, field: field, message: message))
  }

  static func tooManyRequests(_ resetSeconds: Int) -> WireReply {
    var reply = WireReply.error(429, "system", field: "n/a", message: "Too Many Requests")
    reply.headers = [("Retry-After", String(resetSeconds))]
    return reply
  }
}
