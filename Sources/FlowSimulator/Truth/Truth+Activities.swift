import FlowBase

extension Truth {
  /// Calls `body` with every row of a participant's activities, day by day.
  package func forEachActivityRow(of participant: SimulatedParticipant, _ body: (TableRow) throws -> Void) rethrows {
    guard let days = localDays(of: participant), allows(.activity, participant), let log = ActivityLog(of: participant, now: now) else { return }
    for date in days {
      for activity in log.activities(startingOn: date) {
        try body(row(of: activity, participant))
        for row in parts(of: activity, participant) { try body(row) }
        guard activity.record != .manual, allows(.location, participant) else { continue }
        for point in activity.points {
          try body(row(of: point, activity, participant))
          if let row = positionRow(of: point, activity) { try body(row) }
        }
      }
    }
  }

  /// The local days of the window, whole.
  func localDays(of participant: SimulatedParticipant) -> [CivilDate]? {
    window(of: participant).map { window in
      (participant.zone.day(at: window.lowerBound).dayNumber...participant.zone.day(at: window.upperBound - 1).dayNumber).map(CivilDate.init)
    }
  }

  /// Whether the data of a Fitbit scope is shared, for either provider.
  func allows(_ scope: Scope, _ participant: SimulatedParticipant) -> Bool {
    switch api {
    case .fitbit: consent.allows(scope, for: participant)
    case .googleHealth: GoogleHealthScope.allCases.contains { $0.parts.contains(scope) && consent.covers($0, for: participant) }
    }
  }

  private func logID(_ activity: Activity) -> TableRow.Value {
    .text(api == .fitbit ? "\(activity.number)" : "users/me/dataTypes/exercise/dataPoints/\(activity.number)")
  }

  private func integer(_ value: Int?) -> TableRow.Value { value.map { .integer($0) } ?? .null }
  private func real(_ value: Double?) -> TableRow.Value { value.map { .real($0) } ?? .null }
  /// Google leaves zeros out.
  private func counted(_ value: Int?) -> TableRow.Value { api == .googleHealth && value == 0 ? .null : integer(value) }

  private func row(of activity: Activity, _ participant: SimulatedParticipant) -> TableRow {
    let isGoogle = api == .googleHealth
    let source: String? =
      switch activity.record {
      case .tracker: isGoogle ? GoogleHealthPayload.trackerName(of: participant) : "Charge 6"
      case .autoDetected: isGoogle ? GoogleHealthPayload.trackerName(of: participant) : nil
      case .manual: isGoogle ? nil : "Example Import"
      }
    let hasGPS = activity.hasPositions && !activity.isPhoneGPS
    return TableRow(
      "fitbit_activity",
      [
        ("log_id", logID(activity)), ("date", .text(activity.date.description)), ("instant", .integer(activity.instants.lowerBound)),
        ("utc_offset", .integer(participant.zone.offset(at: activity.instants.lowerBound))),
        ("seconds", isGoogle ? .null : .integer(activity.instants.count)), ("active_seconds", .real(Double(activity.activeSeconds))),
        ("type", .text(isGoogle ? activity.kind.googleName : activity.name)),
        ("log_type", .text(isGoogle ? activity.record.googleName : activity.record.rawValue)), ("calories", .integer(activity.kilocalories)),
        ("steps", counted(activity.steps)),
        ("distance", real(isGoogle ? activity.millimetres.map { $0 / 1_000_000 } : activity.kilometres)),
        ("elevation", real(activity.elevation.map { Double($0) / 10 })), ("average_heart_rate", integer(activity.averageHeartRate)),
        ("zone_minutes", counted(activity.zoneMinutes)),
        // The list does not tell it, and the detail is not always there.
        ("has_gps", !isGoogle && activity.hasNoDetail ? .null : .integer(hasGPS ? 1 : 0)),
        ("source", source.map { .text($0) } ?? .null), ("modified", .integer(activity.modified)),
      ] + (isGoogle ? [("end_instant", .integer(activity.instants.upperBound))] : []))
  }

  /// Fitbit tells laps with the track, Google laps and splits with the activity.
  private func parts(of activity: Activity, _ participant: SimulatedParticipant) -> [TableRow] {
    switch api {
    case .fitbit:
      guard allows(.location, participant) else { return [] }
      return activity.laps.map { lap in
        row(
          "fitbit_activity_lap", lap, activity, participant, type: "Manual", distance: lap.centimetres.map { Double($0) / 100 / 1000 })
      }
    case .googleHealth:
      let splits = activity.laps.count < 2 ? [] : activity.laps
      let whole = Activity.Lap(
        instants: activity.instants, centimetres: activity.centimetres, kilocalories: activity.kilocalories, averageHeartRate: activity.averageHeartRate ?? 0,
        points: 0..<0)
      let lap = activity.record == .tracker ? [row("fitbit_activity_lap", whole, activity, participant, type: "MANUAL", distance: activity.millimetres.map { $0 / 1_000_000 })] : []
      return lap + splits.map { split in
        row(
          "fitbit_activity_split", split, activity, participant, type: "DISTANCE", distance: split.centimetres.map { Double($0) * 10 / 1_000_000 })
      }
    }
  }

  private func row(
    _ table: String, _ lap: Activity.Lap, _ activity: Activity, _ participant: SimulatedParticipant, type: String, distance: Double?
  ) -> TableRow {
    let isGoogle = api == .googleHealth
    return TableRow(
      table,
      [
        ("log_id", logID(activity)), ("date", .text(activity.date.description)), ("instant", .integer(lap.instants.lowerBound)),
        ("utc_offset", .integer(participant.zone.offset(at: lap.instants.lowerBound))),
        ("seconds", isGoogle ? .null : .integer(lap.instants.count)), ("active_seconds", isGoogle ? .real(Double(lap.instants.count)) : .null),
        ("type", .text(type)), ("distance", real(distance)), ("calories", .integer(lap.kilocalories)),
        ("average_heart_rate", isGoogle ? .integer(lap.averageHeartRate) : .null),
      ] + (isGoogle ? [("end_instant", .integer(lap.instants.upperBound))] : []))
  }

  private func row(of point: Activity.Point, _ activity: Activity, _ participant: SimulatedParticipant) -> TableRow {
    TableRow(
      "fitbit_activity_track",
      [
        ("log_id", logID(activity)), ("date", .text(activity.date.description)), ("instant", .integer(point.instant)),
        ("utc_offset", .integer(participant.zone.offset(at: point.instant))), ("heart_rate", .integer(point.heartRate)),
        ("distance", real(point.centimetres.map { Double($0) / 100 / 1000 })),
        ("altitude", real(point.position?.altitude.map { Double($0) / 10 })),
      ])
  }

  private func positionRow(of point: Activity.Point, _ activity: Activity) -> TableRow? {
    point.position.map { position in
      TableRow(
        "fitbit_activity_position",
        [
          ("log_id", logID(activity)), ("date", .text(activity.date.description)), ("instant", .integer(point.instant)),
          ("latitude", .real(position.latitude)), ("longitude", .real(position.longitude)),
        ])
    }
  }
}
