/// The small responses of the Fitbit Web API, in the provider's format.
enum FitbitPayload {
  static func token(_ pair: TokenLedger.Pair, scopes: [Scope], userID: String) -> String {
    let scope = scopes.map(\.rawValue).joined(separator: " ")
    return """
      {"access_token":"\(pair.accessToken)","expires_in":\(TokenGenerations.accessLifetimeSeconds),\
      "refresh_token":"\(pair.refreshToken)","scope":"\(scope)","token_type":"Bearer","user_id":"\(userID)"}
      """
  }

  static func profile(of participant: SimulatedParticipant, now: Int) -> String {
    """
    {"user":{"age":41,"displayName":"\(participant.name)","distanceUnit":"METRIC","encodedId":"\(userID(of: participant))",\
    "gender":"NA","locale":"en_US","memberSince":"2020-01-01","offsetFromUTCMillis":\(participant.zone.offset(at: now) * 1000),\
    "startDayOfWeek":"SUNDAY","timezone":"\(participant.zone.profileZone(at: now).name)"}}
    """
  }

  static func devices(of participant: SimulatedParticipant, now: Int) -> String {
    let sync = participant.latestSync(now: now)
    let zone = participant.zone.profileZone(at: now)
    func device(_ number: Int, _ type: String, _ version: String, _ sync: Int?) -> String {
      // Like the provider: local time in the profile's zone, without an offset.
      let time = sync.map { #""lastSyncTime":"\#(wallClock($0 + zone.offset(at: $0))).000","# } ?? ""
      let digits = String(1000 + participant.number * 4 + number)
      // A phone does not report a battery level.
      guard version != SimulatedParticipant.phoneName else {
        return #"{"battery":"Empty","deviceVersion":"\#(version)","id":"55\#(digits)",\#(time)"type":"\#(type)"}"#
      }
      return #"{"battery":"Medium","batteryLevel":60,"deviceVersion":"\#(version)","features":[],"id":"55\#(digits)",\#(time)"#
        + #""mac":"AABBCC\#(digits)","type":"\#(type)"}"#
    }
    var devices: [String]
    switch participant.oddity {
    case .noDevice: devices = []
    case .scaleFirst: devices = [device(2, "SCALE", "Aria", now - 61)]
    case .twoTrackers: devices = [device(3, "TRACKER", "Alta HR", Population.start - 40 * 86_400)]
    default: devices = []
    }
    if let phone = participant.phoneSync(now: now) { devices.append(device(0, "TRACKER", SimulatedParticipant.phoneName, phone)) }
    if participant.oddity != .noDevice {
      devices.append(device(1, "TRACKER", participant.hasAltimeter ? "Charge 6" : "Inspire 3", sync))
    }
    return "[" + devices.joined(separator: ",") + "]"
  }

  /// - Parameter withHeartRate: whether the participant shares heart rate; otherwise, values derived from it are
  ///   absent.
  static func dailyActivity(_ day: DailySummary, withHeartRate: Bool) -> String {
    var members = [
      #""activeScore":-1"#, #""activityCalories":\#(day.activityCalories)"#, #""caloriesBMR":\#(day.basalCalories)"#,
      #""caloriesOut":\#(day.caloriesOut)"#, #""distances":\#(distances(day))"#,
    ]
    if let elevation = day.elevation, let floors = day.floors {
      members += [#""elevation":\#(elevation)"#, #""floors":\#(floors)"#]
    }
    members.append(#""fairlyActiveMinutes":\#(day.fairlyActiveMinutes)"#)
    if withHeartRate, day.zones.isWorn { members.append(#""heartRateZones":\#(heartRateZones(day.zones))"#) }
    members += [
      #""lightlyActiveMinutes":\#(day.lightlyActiveMinutes)"#, #""marginalCalories":\#(day.marginalCalories)"#,
    ]
    if withHeartRate, let rate = day.restingHeartRate { members.append(#""restingHeartRate":\#(rate)"#) }
    members += [
      #""sedentaryMinutes":\#(day.sedentaryMinutes)"#, #""steps":\#(day.steps)"#,
      #""veryActiveMinutes":\#(day.veryActiveMinutes)"#,
    ]
    let goals = #"{"activeMinutes":30,"caloriesOut":2500,"distance":8.05,"steps":10000}"#
    return #"{"activities":[],"goals":\#(goals),"summary":{\#(members.joined(separator: ","))}}"#
  }

  static func heartRateSeries(_ days: [DailySummary]) -> String {
    #"{"activities-heart":[\#(days.map(heartRateDay).joined(separator: ","))]}"#
  }

  static func stepsSeries(_ days: [DailySummary]) -> String {
    let entries = days.map { #"{"dateTime":"\#($0.date)","value":"\#($0.steps)"}"# }
    return #"{"activities-steps":[\#(entries.joined(separator: ","))]}"#
  }

  static func heartRateDay(_ day: DailySummary) -> String {
    let resting = day.restingHeartRate.map { #","restingHeartRate":\#($0)"# } ?? ""
    let zones = heartRateZones(day.zones)
    return #"{"dateTime":"\#(day.date)","value":{"customHeartRateZones":[],"heartRateZones":\#(zones)\#(resting)}}"#
  }

  static func heartRateZones(_ minutes: ZoneMinutes) -> String {
    let entries = minutes.zones.zones.enumerated().map { index, zone in
      let values = minutes.values(of: index)
      let calories = values.map { #""caloriesOut":\#($0.calories),"# } ?? ""
      let counted = values.map { #""minutes":\#($0.minutes),"# } ?? ""
      return #"{\#(calories)"max":\#(zone.upper),"min":\#(zone.lower),\#(counted)"name":"\#(zone.name)"}"#
    }
    return "[" + entries.joined(separator: ",") + "]"
  }

  static func error(_ type: String, field: String? = nil, message: String) -> String {
    let field = field.map { #""fieldName":"\#($0)","# } ?? ""
    return #"{"success":false,"errors":[{"errorType":"\#(type)",\#(field)"message":"\#(jsonEscaped(message))"}]}"#
  }

  /// The provider's id for a participant.
  static func userID(of participant: SimulatedParticipant) -> String {
    "SIM" + String(participant.number * 7919, radix: 36).uppercased()
  }

  /// Only the entry `total` is the day's distance; `tracker` repeats it, and the others are parts of it.
  private static func distances(_ day: DailySummary) -> String {
    let active = Double(day.distanceHundredths / 2) / 100
    let light = Double(day.distanceHundredths - day.distanceHundredths / 2) / 100
    let entries: [(String, Double)] = [
      ("total", day.distance), ("tracker", day.distance), ("loggedActivities", 0), ("veryActive", active),
      ("moderatelyActive", 0), ("lightlyActive", light), ("sedentaryActive", 0),
    ]
    return "[" + entries.map { #"{"activity":"\#($0)","distance":\#($1)}"# }.joined(separator: ",") + "]"
  }
}
