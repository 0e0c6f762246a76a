import FlowBase

/// The small responses of the Google Health API and shared parts, in the provider's format: int64 as strings, zero
/// members omitted.
enum GoogleHealthPayload {
  static func identity(of participant: SimulatedParticipant) -> String {
    let digits = String(participant.number)
    let healthUserID = "111" + digits.padded(to: 16)
    let legacyUserID = FitbitPayload.userID(of: participant)
    return #"{"name":"users/me/identity","healthUserId":"\#(healthUserID)","legacyUserId":"\#(legacyUserID)"}"#
  }

  static func settings(of participant: SimulatedParticipant, now: Int) -> String {
    let zone = participant.zone.profileZone(at: now)
    return #"{"name":"users/me/settings","timeZone":"\#(zone.name)","utcOffset":"\#(zone.offset(at: now))s"}"#
  }

  static let profile = #"{"name":"users/me/profile","age":41}"#

  static func pairedDevices(of participant: SimulatedParticipant, now: Int) -> String {
    func device(_ number: Int, _ type: String, _ version: String, _ sync: Int?) -> String {
      let time = sync.map { #","lastSyncTime":"\#(rfc3339($0))""# } ?? ""
      // A phone does not report a battery level.
      let battery = version == SimulatedParticipant.phoneName ? #""batteryStatus":"Empty""# : #""batteryLevel":60,"batteryStatus":"Medium","features":[]"#
      return #"{"name":"users/me/pairedDevices/\#(number)","deviceType":"\#(type)","deviceVersion":"\#(version)",\#(battery)\#(time)}"#
    }
    var devices: [String]
    switch participant.oddity {
    case .scaleFirst: devices = [device(2, "SCALE", "Aria", now - 61)]
    case .twoTrackers: devices = [device(3, "TRACKER", "Alta HR", Population.start - 40 * 86_400)]
    default: devices = []
    }
    if let phone = participant.phoneSync(now: now) { devices.append(device(4, "TRACKER", SimulatedParticipant.phoneName, phone)) }
    if participant.oddity != .noDevice {
      devices.append(device(1, "TRACKER", trackerName(of: participant), participant.latestSync(now: now)))
    }
    return devices.isEmpty ? "{}" : #"{"pairedDevices":[\#(devices.joined(separator: ","))]}"#
  }

  static func trackerName(of participant: SimulatedParticipant) -> String {
    participant.hasAltimeter ? "Charge 6" : "Inspire 3"
  }

  static func dataSource(of participant: SimulatedParticipant) -> String {
    #""dataSource":{"device":{"displayName":"\#(trackerName(of: participant))"},"platform":"FITBIT","recordingMethod":"PASSIVELY_MEASURED"}"#
  }

  /// `{"year":2026,"month":8,"day":15}`
  static func date(_ date: CivilDate) -> String {
    return #"{"year":\#(date.year),"month":\#(date.month),"day":\#(date.day)}"#
  }

  /// `{"date":{…},"time":{…}}` from local seconds since 1970; zero members are omitted.
  static func civilTime(_ local: Int) -> String {
    let day = local.flooredDivision(by: 86_400)
    let second = local - day * 86_400
    let parts = [("hours", second / 3600), ("minutes", second / 60 % 60), ("seconds", second % 60)]
    let time = parts.filter { $0.1 > 0 }.map { #""\#($0.0)":\#($0.1)"# }.joined(separator: ",")
    return #"{"date":\#(date(CivilDate(dayNumber: day))),"time":{\#(time)}}"#
  }

  /// An interval of an observation or a session.
  static func interval(_ start: Int, _ end: Int, in zone: ZoneRules, withCivil: Bool) -> String {
    let (startOffset, endOffset) = (zone.offset(at: start), zone.offset(at: end))
    let civil =
      withCivil
      ? #","civilStartTime":\#(civilTime(start + startOffset)),"civilEndTime":\#(civilTime(end + endOffset))"# : ""
    return #""interval":{"startTime":"\#(rfc3339(start))","startUtcOffset":"\#(startOffset)s","endTime":"\#(rfc3339(end))","#
      + #""endUtcOffset":"\#(endOffset)s"\#(civil)}"#
  }
}
