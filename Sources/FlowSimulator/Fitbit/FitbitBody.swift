import FlowBase

/// A parsed request about the body: logs of weight and fat, and cardio fitness.
struct FitbitBodyRoute: Sendable, Equatable {
  enum Resource: String, Sendable {
    case weight = "body/log/weight"
    case fat = "body/log/fat"
    case cardioFitness = "cardioscore"

    var scope: Scope { self == .cardioFitness ? .cardioFitness : .weight }
    /// The maximum number of days in a range.
    fileprivate var longestRange: Int { self == .weight ? 31 : 30 }
  }

  let resource: Resource
  let dates: ClosedRange<CivilDate>

  /// nil if the path has another form.
  /// - Throws: `WireRefusal`.
  init?(path: String, today: CivilDate) throws(WireRefusal) {
    guard path.hasSuffix(".json"),
      let resource = [Resource.weight, .fat, .cardioFitness].first(where: { path.hasPrefix("/1/user/-/\($0.rawValue)/date/") }),
      let start = path.firstRange(of: "/date/")
    else { return nil }
    self.resource = resource
    let parts = path.dropLast(".json".count)[start.upperBound...].split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 1 || parts.count == 2 else { throw WireRefusal.notFound }
    let first = try FitbitRoute.date(parts[0], today: today)
    let last = parts.count == 2 ? try FitbitRoute.date(parts[1], today: today) : first
    guard first <= last, last.dayNumber - first.dayNumber < resource.longestRange else {
      throw WireRefusal.validation(field: "date", message: "The range must be ascending and of at most \(resource.longestRange) days.")
    }
    dates = first...last
  }
}

/// The responses about the body. The unit of weights depends on the request's language and is not told.
struct FitbitBody {
  let participant: SimulatedParticipant
  let now: Int
  /// The header field `Accept-Language`.
  let language: String?

  func answer(_ route: FitbitBodyRoute) -> String {
    let log = BodyLog(of: participant, now: now)
    let dates = (route.dates.lowerBound.dayNumber...route.dates.upperBound.dayNumber).map(CivilDate.init)
    let weighings = dates.flatMap { log?.weighings(on: $0) ?? [] }
    switch route.resource {
    case .weight: return #"{"weight":[\#(weighings.map(weight).joined(separator: ","))]}"#
    case .fat: return #"{"fat":[\#(weighings.filter { $0.fat != nil }.map(fat).joined(separator: ","))]}"#
    case .cardioFitness:
      let days = dates.compactMap { log?.cardioFitness(on: $0) }.map { #"{"dateTime":"\#($0.date)","value":{"vo2Max":"\#($0.text)"}}"# }
      return #"{"cardioScore":[\#(days.joined(separator: ","))]}"#
    }
  }

  private func weight(_ weighing: Weighing) -> String {
    let fat = weighing.fatPercentage.map { #""fat":\#($0),"# } ?? ""
    return #"{"bmi":\#(weighing.bodyMassIndex),\#(fat)\#(entry(weighing)),"weight":\#(weighing.kilograms * unitsPerKilogram)}"#
  }

  private func fat(_ weighing: Weighing) -> String { #"{"fat":\#(weighing.fatPercentage ?? 0),\#(entry(weighing))}"# }

  private func entry(_ weighing: Weighing) -> String {
    let time = wallClock(weighing.secondOfDay).dropFirst("1970-01-01T".count)
    return #""date":"\#(weighing.date)","logId":\#(weighing.number),"source":"\#(weighing.source.rawValue)","time":"\#(time)""#
  }

  private var unitsPerKilogram: Double {
    switch language {
    case "en_US": 2.204_622_621_8
    case "en_GB": 0.157_473_044_4
    default: 1
    }
  }
}
