import FlowBase

/// The responses about activities: the paginated list, the detail of one, and its track.
struct FitbitActivities {
  let participant: SimulatedParticipant
  let now: Int

  /// One page, with a link to the next.
  /// - Parameter origin: scheme and host.
  func list(_ list: FitbitLogList, origin: String) -> String {
    let log = ActivityLog(of: participant, now: now)
    let before = CivilDate(dayNumber: list.date.dayNumber - 1)
    let wanted = list.isAscending ? log?.all(from: list.date) ?? [] : log?.all(until: before).reversed() ?? []
    let page = wanted.dropFirst(list.offset).prefix(list.limit)
    let pagination = list.pagination(count: page.count, of: wanted.count, origin: origin)
    return #"{"activities":[\#(page.map { entry($0, origin, isDetail: false) }.joined(separator: ","))],"pagination":\#(pagination)}"#
  }

  /// nil: there is none.
  func detail(_ number: UInt64, origin: String) -> String? {
    guard let activity = ActivityLog(of: participant, now: now)?.activity(numbered: number), !activity.hasNoDetail else { return nil }
    let entry = entry(activity, origin, isDetail: true)
    // The undocumented endpoint has been seen with and without the object around it.
    return number / 10 % 3 == 1 ? entry : #"{"activityLog":\#(entry)}"#
  }

  /// nil: there is none.
  func track(_ number: UInt64, withPartial: Bool) -> String? {
    guard let activity = ActivityLog(of: participant, now: now)?.activity(numbered: number), activity.record != .manual else { return nil }
    return TrackText(activity, in: participant.zone, isUTC: false).document(withPoints: activity.hasPositions || withPartial)
  }

  private func entry(_ activity: Activity, _ origin: String, isDetail: Bool) -> String {
    let milliseconds = activity.instants.count * 1000
    let start = localTime(activity.instants.lowerBound, in: participant.zone)
    var members = [
      #""activeDuration":\#(activity.activeSeconds * 1000)"#, #""activityName":"\#(activity.name)""#, #""activityTypeId":\#(activity.kind.typeID)"#,
      #""calories":\#(activity.kilocalories)"#, #""duration":\#(milliseconds)"#, #""lastModified":"\#(wallClock(activity.modified)).000Z""#,
      #""logId":\#(activity.number)"#, #""logType":"\#(activity.record.rawValue)""#, #""originalDuration":\#(milliseconds)"#,
      #""originalStartTime":"\#(start)""#, #""startTime":"\#(start)""#,
    ]
    if let rate = activity.averageHeartRate { members.append(#""averageHeartRate":\#(rate)"#) }
    // Some clients have written numbers as text.
    if let steps = activity.steps { members.append(activity.number / 10 % 5 == 0 ? #""steps":"\#(steps)""# : #""steps":\#(steps)"#) }
    if let kilometres = activity.kilometres { members += [#""distance":\#(kilometres)"#, #""distanceUnit":"Kilometer""#] }
    if let elevation = activity.elevation { members.append(#""elevationGain":\#(Double(elevation) / 10)"#) }
    if let minutes = activity.zoneMinutes { members.append(#""activeZoneMinutes":{"minutesInHeartRateZones":[],"totalMinutes":\#(minutes)}"#) }
    switch activity.record {
    case .tracker: members.append(#""source":{"id":"5500000","name":"Charge 6","type":"tracker","url":"https://www.fitbit.com/"}"#)
    case .manual: members.append(#""source":{"id":"22ZZZZ","name":"Example Import","type":"app","url":"https://example.org/"}"#)
    case .autoDetected: break
    }
    if activity.record != .manual { members.append(#""tcxLink":"\#(origin)/1/user/-/activities/\#(activity.number).tcx""#) }
    if isDetail { members.append(#""hasGps":\#(activity.hasPositions && !activity.isPhoneGPS)"#) }
    return "{" + members.joined(separator: ",") + "}"
  }
}

/// `2026-08-15T07:10:00.000-04:00`
func localTime(_ instant: Int, in zone: ZoneRules) -> String {
  let offset = zone.offset(at: instant)
  let minutes = abs(offset) / 60
  return "\(wallClock(instant + offset)).000\(offset < 0 ? "-" : "+")\(padded(minutes / 60, 2)):\(padded(minutes % 60, 2))"
}

/// The track of an activity as Garmin's Training Center XML, version 2.
struct TrackText {
  private let activity: Activity
  private let zone: ZoneRules
  private let isUTC: Bool

  init(_ activity: Activity, in zone: ZoneRules, isUTC: Bool) {
    self.activity = activity
    self.zone = zone
    self.isUTC = isUTC
  }

  func document(withPoints: Bool) -> String {
    let start = time(activity.instants.lowerBound)
    let laps = activity.laps.map { lap($0, withPoints: withPoints) }.joined()
    return #"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#
      + "\n<TrainingCenterDatabase xmlns=\"http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2\">\n    <Activities>\n"
      + "        <Activity Sport=\"\(activity.kind.sport)\">\n            <Id>\(start)</Id>\n\(laps)            "
      + #"<Creator xsi:type="Device_t" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><UnitId>0</UnitId><ProductID>0</ProductID></Creator>"#
      + "\n        </Activity>\n    </Activities>\n</TrainingCenterDatabase>\n"
  }

  private func lap(_ lap: Activity.Lap, withPoints: Bool) -> String {
    let way = lap.centimetres.map { "<DistanceMeters>\(Double($0) / 100)</DistanceMeters>" } ?? ""
    let points = withPoints ? "<Track>\n\(activity.points[lap.points].map(point).joined(separator: "\n"))\n</Track>" : ""
    return "            <Lap StartTime=\"\(time(lap.instants.lowerBound))\"><TotalTimeSeconds>\(Double(lap.instants.count))</TotalTimeSeconds>\(way)"
      + "<Calories>\(lap.kilocalories)</Calories><Intensity>Active</Intensity><TriggerMethod>Manual</TriggerMethod>\(points)</Lap>\n"
  }

  private func point(_ point: Activity.Point) -> String {
    let position = point.position.map {
      "<Position><LatitudeDegrees>\($0.latitude)</LatitudeDegrees><LongitudeDegrees>\($0.longitude)</LongitudeDegrees></Position>"
        + ($0.altitude.map { "<AltitudeMeters>\(Double($0) / 10)</AltitudeMeters>" } ?? "")
    }
    let way = point.centimetres.map { "<DistanceMeters>\(Double($0) / 100)</DistanceMeters>" } ?? ""
    return "<Trackpoint><Time>\(time(point.instant))</Time>\(position ?? "")\(way)<HeartRateBpm><Value>\(point.heartRate)</Value></HeartRateBpm></Trackpoint>"
  }

  private func time(_ instant: Int) -> String { isUTC ? "\(wallClock(instant)).000Z" : localTime(instant, in: zone) }
}
