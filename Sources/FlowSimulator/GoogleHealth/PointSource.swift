import FlowBase
import NIOCore

/// The data points of one participant that have arrived.
struct PointSource {
  let participant: SimulatedParticipant
  let now: Int
  /// Whether points of several devices are merged; merged points do not name their source.
  let isReconciled: Bool
  let withCivil: Bool

  /// From the first possible wear to the latest sync; nil: nothing has arrived.
  var bounds: Range<Int>? {
    guard let latestSync = participant.latestSync(now: now) else { return nil }
    let first = Population.start - 30 * 86_400
    return min(first, latestSync)..<latestSync
  }

  private var sourceMember: String { isReconciled ? "" : GoogleHealthPayload.dataSource(of: participant) + "," }

  // MARK: Heart rate

  func heartRate(in span: Range<Int>, _ filter: GoogleHealthFilter, limit: Int) -> PointRun {
    guard var reader = MinuteReader(participant, now: now) else { return PointRun(text: ByteBuffer(), next: nil) }
    let samplesInMinute = participant.dense ? 60 : 10
    let most = min(limit, (span.count / 60 + 2) * samplesInMinute)
    var last: Int?
    let text = PointText.points(capacity: most * Self.longestSample) { text in
      last = writeHeartRate(&text, &reader, in: span, filter, limit: most)
    }
    return PointRun(text: text, next: last)
  }

  /// The length of a point with a source, all civil members and numbers of maximum length.
  private static let longestSample = 420

  /// Returns where it stopped because of the limit; nil if it did not.
  private func writeHeartRate(
    _ text: inout PointText, _ reader: inout MinuteReader, in span: Range<Int>, _ filter: GoogleHealthFilter, limit: Int
  ) -> Int? {
    let head = Array(#",{\#(sourceMember)"heartRate":{"beatsPerMinute":""#.utf8)
    let seconds = Array(#"seconds":"#.utf8)
    let comma = Array(#",""#.utf8)
    let quote = Array(#"""#.utf8)
    let end = Array((withCivil ? "}}}}}" : "}}}").utf8)
    var samples: [(second: Int, value: Int)] = []
    samples.reserveCapacity(60)
    var count = 0
    var start = (span.upperBound - 1).flooredDivision(by: 60) * 60
    while start > span.lowerBound - 60 {
      defer { start -= 60 }
      guard let minute = reader.minute(at: start), minute.worn else { continue }
      samples.removeAll(keepingCapacity: true)
      minute.forEachSample { samples.append(($0, $1)) }
      guard !samples.isEmpty else { continue }
      let (time, tail, isMidnight) = pieces(of: minute)
      for sample in samples.reversed() {
        let instant = start + sample.second
        guard span.contains(instant), filter.admits(instant, offset: minute.offset) else { continue }
        if count == limit { return instant + 1 }
        count += 1
        text.append(head)
        text.append(number: sample.value)
        text.append(time)
        text.append(second: sample.second)
        text.append(tail)
        if withCivil, sample.second > 0 {
          text.append(isMidnight ? quote : comma)
          text.append(seconds)
          text.append(number: sample.second)
        }
        text.append(end)
      }
    }
    return nil
  }

  /// The text that the points of a minute share: up to the seconds, and from there up to the civil seconds.
  private func pieces(of minute: SimulatedMinute) -> (time: [UInt8], tail: [UInt8], isMidnight: Bool) {
    let time = #"","sampleTime":{"physicalTime":"\#(wallClock(minute.instant).dropLast(2))"#
    var tail = #"Z","utcOffset":"\#(minute.offset)s""#
    let local = minute.instant + minute.offset
    if withCivil {
      tail += #","civilTime":"# + GoogleHealthPayload.civilTime(local).dropLast(2)
    }
    return (Array(time.utf8), Array(tail.utf8), local % 86_400 == 0)
  }

  // MARK: Steps

  /// Intervals of 1, 3, 5 or 15 minutes, as trackers and phones upload them. For participants with two devices, the
  /// unmerged list also has the second device's intervals for the same time.
  func steps(in span: Range<Int>, _ filter: GoogleHealthFilter, limit: Int) -> PointRun {
    guard var reader = MinuteReader(participant, now: now) else { return PointRun(text: ByteBuffer(), next: nil) }
    let lengths = participant.dice.fork(Purpose.intervals)
    let copies = !isReconciled && participant.oddity == .twoTrackers ? 2 : 1
    var text = ByteBuffer()
    var count = 0
    var block = (span.upperBound - 1).flooredDivision(by: 900)
    while block * 900 > span.lowerBound - 900 {
      defer { block -= 1 }
      let minutes = [1, 3, 5, 15][lengths.below(4, at: block)]
      for piece in (0..<15 / minutes).reversed() {
        guard let interval = interval(from: block * 900 + piece * minutes * 60, minutes: minutes, &reader),
          span.contains(interval.start),
          filter.admits(interval.start, offset: participant.zone.offset(at: interval.start))
        else { continue }
        if count + copies > limit { return PointRun(text: text, next: interval.start + 1) }
        for copy in 0..<copies {
          if count > 0 { text.writeString(",") }
          text.writeString(point(interval, isPhone: copy == 1))
          count += 1
        }
      }
    }
    return PointRun(text: text, next: nil)
  }

  private struct StepInterval {
    var start: Int
    var end: Int
    var steps: Int
  }

  /// The worn part of a range of minutes; nil if there is none.
  private func interval(from first: Int, minutes: Int, _ reader: inout MinuteReader) -> StepInterval? {
    var interval: StepInterval?
    for instant in stride(from: first, to: first + minutes * 60, by: 60) {
      guard let minute = reader.minute(at: instant), minute.worn else { continue }
      interval = StepInterval(
        start: interval?.start ?? instant, end: instant + minute.arrivedSeconds, steps: (interval?.steps ?? 0) + minute.steps)
    }
    return interval
  }

  private func point(_ interval: StepInterval, isPhone: Bool) -> String {
    let steps = isPhone ? interval.steps * 9 / 10 : interval.steps
    let source = isPhone ? #""dataSource":{"platform":"HEALTH_CONNECT","recordingMethod":"PASSIVELY_MEASURED"},"# : sourceMember
    let count = steps > 0 ? #""count":"\#(steps)","# : ""
    let time = GoogleHealthPayload.interval(interval.start, interval.end, in: participant.zone, withCivil: withCivil)
    return #"{\#(source)"steps":{\#(count)\#(time)}}"#
  }

  // MARK: Energy at rest

  func basalEnergy(in span: Range<Int>, _ filter: GoogleHealthFilter, limit: Int) -> PointRun {
    var text = ByteBuffer()
    var count = 0
    var day = participant.zone.day(at: span.upperBound - 1).dayNumber
    while true {
      let intervals = BasalEnergy(of: participant, on: CivilDate(dayNumber: day))
      guard intervals.instants.upperBound > span.lowerBound else { return PointRun(text: text, next: nil) }
      for index in (0..<intervals.count).reversed() {
        let start = intervals.start(of: index)
        guard span.contains(start), filter.admits(start, offset: participant.zone.offset(at: start)) else { continue }
        if count == limit { return PointRun(text: text, next: start + 1) }
        if count > 0 { text.writeString(",") }
        count += 1
        let time = GoogleHealthPayload.interval(start, intervals.end(of: index), in: participant.zone, withCivil: withCivil)
        let kcal = Double(intervals.thousandths(of: index)) / 1000
        text.writeString(#"{\#(sourceMember)"basalEnergyBurned":{"kcal":\#(kcal),\#(time)}}"#)
      }
      day -= 1
    }
  }

  // MARK: One value a day

  /// The days of the filter that can have a point.
  func days(_ filter: GoogleHealthFilter) -> ClosedRange<Int>? {
    guard let bounds, participant.wornFrom < bounds.upperBound else { return nil }
    let first = participant.zone.day(at: max(participant.wornFrom, bounds.lowerBound)).dayNumber
    return filter.days(atMost: first...participant.zone.day(at: bounds.upperBound - 1).dayNumber)
  }

  /// The positions of these points are day numbers.
  func daily(_ type: GoogleHealthDataType, on days: Range<Int>, limit: Int, _ summaries: SummaryCache) -> PointRun {
    var text = ByteBuffer()
    var count = 0
    for day in days.reversed() {
      let date = CivilDate(dayNumber: day)
      guard let value = dailyValue(type, date, summaries) ?? nightlyValue(type, date) ?? fitnessValue(type, date) else { continue }
      if count == limit { return PointRun(text: text, next: day + 1) }
      if count > 0 { text.writeString(",") }
      count += 1
      text.writeString(#"{\#(sourceMember)"\#(type.member)":{"date":\#(GoogleHealthPayload.date(date)),\#(value)}}"#)
    }
    return PointRun(text: text, next: nil)
  }

  private func dailyValue(_ type: GoogleHealthDataType, _ date: CivilDate, _ summaries: SummaryCache) -> String? {
    func summary() -> DailySummary { summaries.summary(of: participant, date: date, zone: participant.zone, now: now) }
    switch type.name {
    case "daily-resting-heart-rate":
      return summary().restingHeartRate.map {
        #""beatsPerMinute":"\#($0)","dailyRestingHeartRateMetadata":{"calculationMethod":"WITH_SLEEP"}"#
      }
    case "daily-heart-rate-zones":
      let zones = summary().zones.zones.zones.enumerated().map { index, zone in
        #"{"heartRateZoneType":"\#(HeartRateZones.googleNames[index])","minBeatsPerMinute":"\#(zone.lower)","maxBeatsPerMinute":"\#(zone.upper)"}"#
      }
      return #""heartRateZones":[\#(zones.joined(separator: ","))]"#
    default: return nil
    }
  }
}
