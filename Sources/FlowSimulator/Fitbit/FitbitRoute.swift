import FlowBase

/// A parsed request of the Fitbit Web API.
enum FitbitRoute: Sendable, Equatable {
  case token
  case devices
  case profile
  case dailyActivity(CivilDate)
  /// One value per day.
  case series(Resource, ClosedRange<CivilDate>)
  case intraday(Resource, IntradayWindow)
  case nightly(FitbitNightlyRoute)
  case sleepList(FitbitLogList)
  case activityList(FitbitLogList)
  case activityDetail(UInt64)
  case activityTrack(UInt64, withPartial: Bool)
  case body(FitbitBodyRoute)

  enum Resource: String, Sendable {
    case heart, steps, distance
  }

  /// The name under which statistics count the request.
  var kind: String {
    switch self {
    case .token: "token"
    case .devices: "devices"
    case .profile: "profile"
    case .dailyActivity: "daily-activity"
    case .series(.heart, _): "heart-rate-zones"
    case .series(.steps, _): "steps-series"
    case .series(.distance, _): "distance-series"
    case .intraday(let resource, let window) where window.detail == .quarter: resource.quarterKind
    case .intraday(.heart, _): "intraday-heart-rate"
    case .intraday(.steps, _): "intraday-steps"
    case .intraday(.distance, _): "intraday-distance"
    case .nightly(let route): route.resource.rawValue
    case .sleepList: "sleep-list"
    case .activityList: "activity-list"
    case .activityDetail: "activity-detail"
    case .activityTrack: "activity-track"
    case .body(let route): route.resource.rawValue
    }
  }

  /// The scopes that the participant must share; empty for the token endpoint.
  var scopes: [Scope] {
    switch self {
    case .token: []
    case .devices: [.settings]
    case .profile: [.profile]
    case .series(.heart, _), .intraday(.heart, _): [.heartrate]
    case .dailyActivity, .series, .intraday, .activityList, .activityDetail: [.activity]
    case .activityTrack: [.activity, .location]
    case .nightly(let route): [route.resource.scope]
    case .sleepList: [.sleep]
    case .body(let route): [route.resource.scope]
    }
  }

  /// - Parameters:
  ///   - path: percent-decoded, without the query.
  ///   - today: the meaning of the date `today`.
  /// - Throws: `WireRefusal`.
  init(path: String, query: [String: String] = [:], today: CivilDate) throws(WireRefusal) {
    if path == "/oauth2/token" {
      self = .token
      return
    }
    if let route = try FitbitNightlyRoute(path: path, today: today) {
      self = .nightly(route)
      return
    }
    if path == FitbitLogList.sleepPath {
      self = .sleepList(try FitbitLogList(path: path, query, today: today))
      return
    }
    if path == FitbitLogList.activityPath {
      self = .activityList(try FitbitLogList(path: path, query, today: today))
      return
    }
    if let route = try FitbitBodyRoute(path: path, today: today) {
      self = .body(route)
      return
    }
    if let route = Self.activity(path, query) {
      self = route
      return
    }
    guard path.hasPrefix("/1/user/-/"), path.hasSuffix(".json") else { throw WireRefusal.notFound }
    let parts = path.dropFirst("/1/user/-/".count).dropLast(".json".count)
      .split(separator: "/", omittingEmptySubsequences: false)
    switch parts.first {
    case "devices" where parts.count == 1: self = .devices
    case "profile" where parts.count == 1: self = .profile
    case "activities" where parts.count == 3 && parts[1] == "date":
      self = .dailyActivity(try Self.date(parts[2], today: today))
    case "activities" where parts.count >= 5 && parts[2] == "date":
      guard let resource = Resource(rawValue: String(parts[1])) else { throw WireRefusal.notFound }
      self = try Self.ranged(resource, parts.dropFirst(3), today: today)
    default: throw WireRefusal.notFound
    }
  }

  /// A single activity: `/1/user/-/activities/ID.json` or `.tcx`; nil if the path has another form.
  private static func activity(_ path: String, _ query: [String: String]) -> FitbitRoute? {
    let prefix = ["/1/user/-/activities/", "/1.1/user/-/activities/"].first { path.hasPrefix($0) } ?? ""
    let parts = path.dropFirst(prefix.count).split(separator: ".", omittingEmptySubsequences: false)
    guard !prefix.isEmpty, parts.count == 2, let number = UInt64(parts[0]) else { return nil }
    switch parts[1] {
    case "json": return .activityDetail(number)
    case "tcx" where prefix.hasPrefix("/1/"): return .activityTrack(number, withPartial: query["includePartialTCX"] == "true")
    default: return nil
    }
  }

  /// `DATE/PERIOD-OR-DATE`, for intraday followed by `DETAIL` and optionally `time/HH:mm/HH:mm`.
  private static func ranged(_ resource: Resource, _ parts: ArraySlice<Substring>, today: CivilDate) throws(WireRefusal) -> FitbitRoute {
    let parts = Array(parts)
    let first = try date(parts[0], today: today)
    if parts.count == 2 {
      guard resource != .distance else { throw WireRefusal.notFound }
      return .series(resource, try days(from: first, parts[1], today: today, atMost: resource == .heart ? 365 : 1095))
    }
    guard parts.count == 3 || parts.count == 6 && parts[3] == "time" else { throw WireRefusal.notFound }
    guard let detail = IntradayWindow.Detail(rawValue: String(parts[2])), detail != .second || resource == .heart else {
      throw WireRefusal.validation(field: "detailLevel", message: "Invalid detail level: \(parts[2])")
    }
    let last = parts[1] == "1d" ? first : try date(parts[1], today: today)
    let times = parts.count == 6 ? (try time(parts[4]), try time(parts[5])) : nil
    let window = IntradayWindow(first: first, last: last, times: times, detail: detail)
    guard window.localMinutes.lowerBound < window.localMinutes.upperBound else {
      throw WireRefusal.validation(field: "date", message: "The end date must not be before the start date.")
    }
    // The last minute is included, so 00:00 to 00:00 of the next day is the longest window.
    guard window.localMinutes.count <= 1441 else {
      throw WireRefusal.validation(field: "date", message: "The end date must be within 24 hours of the start date.")
    }
    return .intraday(resource, window)
  }

  /// - Parameter limit: heart rates are given for at most a year at once.
  private static func days(
    from first: CivilDate, _ text: Substring, today: CivilDate, atMost limit: Int
  ) throws(WireRefusal) -> ClosedRange<CivilDate> {
    let periods = ["1d": 1, "7d": 7, "30d": 30, "1w": 7, "1m": 30]
    // With a period, the date is its last day.
    if let count = periods[String(text)] { return CivilDate(dayNumber: first.dayNumber - count + 1)...first }
    let last = try date(text, today: today)
    guard first <= last, last.dayNumber - first.dayNumber < limit else {
      throw WireRefusal.validation(field: "date", message: "The range must be ascending and of at most \(limit) days.")
    }
    return first...last
  }

  static func date(_ text: Substring, today: CivilDate) throws(WireRefusal) -> CivilDate {
    if text == "today" { return today }
    guard let date = CivilDate(text: text) else {
      throw WireRefusal.validation(field: "date", message: "Invalid date: \(text)")
    }
    return date
  }

  /// Minutes of the day.
  private static func time(_ text: Substring) throws(WireRefusal) -> Int {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }), let hour = Int(parts[0]), let minute = Int(parts[1]),
      0..<24 ~= hour, 0..<60 ~= minute
    else { throw WireRefusal.validation(field: "time", message: "Invalid time: \(text)") }
    return hour * 60 + minute
  }
}

/// The window of an intraday request.
struct IntradayWindow: Sendable, Equatable {
  enum Detail: String, Sendable {
    case second = "1sec"
    case minute = "1min"
    case fiveMinutes = "5min"
    case quarter = "15min"

    /// Minutes per value; 0 for samples.
    var minutes: Int {
      switch self {
      case .second: 0
      case .minute: 1
      case .fiveMinutes: 5
      case .quarter: 15
      }
    }
  }

  let first: CivilDate
  let last: CivilDate
  let detail: Detail
  /// Whether the path has a `time` part, which changes the format of the response.
  let hasTimes: Bool
  /// Local minutes since 1970, end excluded; the last requested minute is complete.
  let localMinutes: Range<Int>

  init(first: CivilDate, last: CivilDate, times: (Int, Int)?, detail: Detail) {
    self.first = first
    self.last = last
    self.detail = detail
    hasTimes = times != nil
    let lower = first.dayNumber * 1440 + (times?.0 ?? 0)
    localMinutes = lower..<max(lower, last.dayNumber * 1440 + (times?.1 ?? 1439) + 1)
  }
}

extension FitbitRoute.Resource {
  /// The name under which statistics count requests for intervals of 15 minutes.
  fileprivate var quarterKind: String {
    switch self {
    case .heart: "heart-rate-15min"
    case .steps: "steps-15min"
    case .distance: "distance-15min"
    }
  }
}

extension WireRefusal {
  static let notFound = WireRefusal(reply: .error(404, "not_found", message: "The API you are requesting could not be found."))

  static func validation(field: String, message: String) -> WireRefusal {
    WireRefusal(reply: .error(400, "validation", field: field, message: message))
  }
}
