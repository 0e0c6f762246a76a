import FlowBase

/// The provider's summary of one local day of a participant. Counts the whole minutes that had arrived by then.
struct DailySummary: Sendable {
  let date: CivilDate
  let steps: Int
  /// Hundredths of a kilometre.
  let distanceHundredths: Int
  /// nil without an altimeter.
  let floors: Int?
  let veryActiveMinutes: Int
  let fairlyActiveMinutes: Int
  let lightlyActiveMinutes: Int
  /// The inactive rest of the day, worn or not.
  let sedentaryMinutes: Int
  /// Worn minutes that have arrived.
  let wornMinutes: Int
  let basalCalories: Int
  let marginalCalories: Int
  let activityCalories: Int
  /// nil on a day without heart rate.
  let restingHeartRate: Int?
  let zones: ZoneMinutes

  /// Worn but inactive minutes.
  var wornSedentaryMinutes: Int { wornMinutes - veryActiveMinutes - fairlyActiveMinutes - lightlyActiveMinutes }
  var caloriesOut: Int { basalCalories + marginalCalories }
  var distance: Double { Double(distanceHundredths) / 100 }
  /// In metres; a floor is 3.048 m.
  var elevation: Double? { floors.map { Double($0 * 3048) / 1000 } }

  /// - Parameter instants: the day, from midnight to midnight in the requested zone.
  init(of participant: SimulatedParticipant, date: CivilDate, instants: Range<Int>, now: Int) {
    self.date = date
    var totals = Totals(zones: ZoneMinutes(participant.heartRateZones))
    if var reader = MinuteReader(participant, now: now, includesLost: true) {
      let wholeMinutes = min(instants.upperBound, reader.latestSync / 60 * 60)
      for instant in stride(from: instants.lowerBound, to: wholeMinutes, by: 60) {
        totals.add(reader.minute(at: instant), resting: reader.restingHeartRate)
      }
    }
    steps = totals.steps
    distanceHundredths = totals.steps * participant.strideCentimetres / 1000
    floors = participant.hasAltimeter ? totals.steps / 610 : nil
    veryActiveMinutes = totals.very
    fairlyActiveMinutes = totals.fairly
    lightlyActiveMinutes = totals.lightly
    sedentaryMinutes = (instants.upperBound - instants.lowerBound) / 60 - totals.very - totals.fairly - totals.lightly
    wornMinutes = totals.worn
    basalCalories = participant.basalCalories
    marginalCalories = totals.steps * 43 / 1000
    activityCalories = totals.steps * 71 / 1000
    restingHeartRate = totals.restingHeartRate
    zones = totals.zones
  }

  private struct Totals {
    var worn = 0
    var steps = 0
    var very = 0
    var fairly = 0
    var lightly = 0
    var restingHeartRate: Int?
    var zones: ZoneMinutes

    mutating func add(_ minute: SimulatedMinute?, resting: Int) {
      guard let minute, minute.worn else { return }
      worn += 1
      steps += minute.steps
      switch minute.steps {
      case 100...: very += 1
      case 60...: fairly += 1
      case 1...: lightly += 1
      default: break
      }
      if let rate = minute.heartRate {
        zones.add(rate)
        // The first worn minute decides, because a day in another zone may span the plans of two local days.
        restingHeartRate = restingHeartRate ?? resting
      }
    }
  }
}

/// Minutes of heart rate by zone, counted from the minutes' values.
struct ZoneMinutes: Sendable {
  let zones: HeartRateZones
  private var minutes = [0, 0, 0, 0]

  init(_ zones: HeartRateZones) {
    self.zones = zones
  }

  @inline(__always)
  mutating func add(_ rate: Int) {
    minutes[zones.index(of: rate)] += 1
  }

  /// Whether there was any heart rate; without it, the provider lists the zones without minutes.
  var isWorn: Bool { minutes.contains { $0 > 0 } }

  /// Minutes and kilocalories of a zone; nil if the tracker was not worn.
  func values(of index: Int) -> (minutes: Int, calories: Double)? {
    guard isWorn else { return nil }
    return (minutes[index], Double(minutes[index] * zones.zones[index].caloriesPerMinute) / 100)
  }
}
