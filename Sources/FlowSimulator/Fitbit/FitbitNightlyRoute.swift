import FlowBase

/// A parsed request for a night's data: sleep, and measurements during it.
struct FitbitNightlyRoute: Sendable, Equatable {
  enum Resource: String, Sendable {
    case sleep, hrv, spo2, br
    case skinTemperature = "temp/skin"
    case coreTemperature = "temp/core"

    var scope: Scope {
      switch self {
      case .sleep: .sleep
      case .hrv: .heartrate
      case .spo2: .oxygenSaturation
      case .br: .respiratoryRate
      case .skinTemperature, .coreTemperature: .temperature
      }
    }

    /// The maximum number of days in a range.
    fileprivate var longestRange: Int { self == .sleep ? 100 : 30 }
    fileprivate var hasDetail: Bool { self == .hrv || self == .spo2 || self == .br }
  }

  let resource: Resource
  let dates: ClosedRange<CivilDate>
  /// Whether two dates were requested, which changes the format of some responses.
  let isRange: Bool
  /// By minute, or by sleep stage.
  let isDetailed: Bool

  /// nil if the path has another form.
  /// - Throws: `WireRefusal`.
  init?(path: String, today: CivilDate) throws(WireRefusal) {
    guard path.hasSuffix(".json") else { return nil }
    let path = path.dropLast(".json".count)
    if path.hasPrefix("/1.2/user/-/sleep/date/") {
      resource = .sleep
    } else if let found = [Resource.hrv, .spo2, .br, .skinTemperature, .coreTemperature].first(where: {
      path.hasPrefix("/1/user/-/\($0.rawValue)/date/")
    }) {
      resource = found
    } else {
      return nil
    }
    guard let start = path.firstRange(of: "/date/") else { return nil }
    var parts = path[start.upperBound...].split(separator: "/", omittingEmptySubsequences: false)
    isDetailed = parts.count > 1 && parts.last == "all" && resource.hasDetail
    if isDetailed { parts.removeLast() }
    guard parts.count == 1 || parts.count == 2 else { throw WireRefusal.notFound }
    isRange = parts.count == 2
    let first = try FitbitRoute.date(parts[0], today: today)
    let last = isRange ? try FitbitRoute.date(parts[1], today: today) : first
    guard first <= last, last.dayNumber - first.dayNumber < resource.longestRange else {
      throw WireRefusal.validation(
        field: "date", message: "The range must be ascending and of at most \(resource.longestRange) days.")
    }
    dates = first...last
  }
}
