import FlowBase
import NIOCore

/// The responses of the intraday endpoints.
struct FitbitIntraday {
  let participant: SimulatedParticipant
  let window: IntradayWindow
  /// The zone of dates and times in the request and response: UTC with `?timezone=UTC`, else the participant's.
  let zone: ZoneRules
  let now: Int

  func heartRate() -> ByteBuffer {
    var days: [HeartRateDay] = []
    let samplesInMinute = window.detail == .second ? participant.dense ? 60 : 10 : 1
    let dataset = IntradayText.dataset(atMost: longestMinutes * samplesInMinute) { text in
      var block = ValueBlock(minutes: window.detail.minutes)
      forEachMinute { local, minute in
        let (sum, count) = minute.heartRateSum
        guard count > 0 else { return }
        if days.last?.date.dayNumber != local / 1440 {
          days.append(HeartRateDay(date: CivilDate(dayNumber: local / 1440), zones: participant.heartRateZones))
        }
        days[days.count - 1].add(roundedMean(sum, count))
        if window.detail == .second {
          text.begin(minuteOfDay: local % 1440)
          minute.forEachSample { second, value in text.append(second: second, value: value) }
        } else if let done = block.add(local, sum: sum, count: count) {
          text.begin(minuteOfDay: done.minuteOfDay)
          text.append(second: 0, value: roundedMean(done.sum, done.count))
        }
      }
      if let done = block.finish() {
        text.begin(minuteOfDay: done.minuteOfDay)
        text.append(second: 0, value: roundedMean(done.sum, done.count))
      }
    }
    return answer("heart", entries: days.map { window.hasTimes ? $0.windowEntry : wholeDayEntry($0) }, dataset)
  }

  func steps() -> ByteBuffer {
    var days: [(date: CivilDate, steps: Int)] = []
    let dataset = IntradayText.dataset(atMost: longestMinutes) { text in
      var block = ValueBlock(minutes: window.detail.minutes)
      forEachMinute { local, minute in
        if days.last?.date.dayNumber != local / 1440 { days.append((CivilDate(dayNumber: local / 1440), 0)) }
        days[days.count - 1].steps += minute.steps
        if let done = block.add(local, sum: minute.steps, count: 1) {
          text.begin(minuteOfDay: done.minuteOfDay)
          text.append(second: 0, value: done.sum)
        }
      }
      if let done = block.finish() {
        text.begin(minuteOfDay: done.minuteOfDay)
        text.append(second: 0, value: done.sum)
      }
    }
    return answer("steps", entries: days.map { #"{"dateTime":"\#($0.date)","value":"\#($0.steps)"}"# }, dataset)
  }

  /// Kilometres with all digits, zeros included; the day's total is a text.
  func distance() -> ByteBuffer {
    var days: [(date: CivilDate, steps: Int)] = []
    var samples: [String] = []
    var block = ValueBlock(minutes: window.detail.minutes)
    func add(_ done: ValueBlock.Done) {
      let (hour, minute) = (done.minuteOfDay / 60, done.minuteOfDay % 60)
      let time = "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute):00"
      samples.append(#"{"time":"\#(time)","value":\#(kilometres(done.sum))}"#)
    }
    forEachMinute { local, minute in
      if days.last?.date.dayNumber != local / 1440 { days.append((CivilDate(dayNumber: local / 1440), 0)) }
      days[days.count - 1].steps += minute.steps
      if let done = block.add(local, sum: minute.steps, count: 1) { add(done) }
    }
    if let done = block.finish() { add(done) }
    return answer(
      "distance", entries: days.map { #"{"dateTime":"\#($0.date)","value":"\#(kilometres($0.steps))"}"# },
      ByteBuffer(string: samples.joined(separator: ",")))
  }

  private func kilometres(_ steps: Int) -> String {
    let centimetres = steps * participant.strideCentimetres
    return centimetres == 0 ? "0" : "\(Double(centimetres) / 100_000)"
  }

  /// An upper bound for the minutes in the window, since repeated hours count twice.
  private var longestMinutes: Int { window.localMinutes.count + 120 }

  /// Calls `body` with (local minutes since 1970, minute) for every minute of the window that has arrived, in
  /// chronological order. A repeated hour occurs twice.
  @inline(__always)
  private func forEachMinute(_ body: (Int, SimulatedMinute) -> Void) {
    guard var reader = MinuteReader(participant, now: now) else { return }
    let span = zone.instants(covering: window.localMinutes.lowerBound * 60..<window.localMinutes.upperBound * 60)
    let end = min(span.upperBound, reader.latestSync)
    for instant in stride(from: span.lowerBound, to: end, by: 60) {
      let local = (instant + zone.offset(at: instant)).flooredDivision(by: 60)
      guard window.localMinutes.contains(local), let minute = reader.minute(at: instant) else { continue }
      body(local, minute)
    }
  }

  private func wholeDayEntry(_ day: HeartRateDay) -> String {
    let summary = DailySummary(of: participant, date: day.date, instants: zone.instants(of: day.date), now: now)
    return FitbitPayload.heartRateDay(summary)
  }

  private func answer(_ resource: String, entries: [String], _ dataset: ByteBuffer) -> ByteBuffer {
    var answer = ByteBufferAllocator().buffer(capacity: dataset.readableBytes + 2048)
    answer.writeString(#"{"activities-\#(resource)":[\#(entries.joined(separator: ","))],"#)
    answer.writeString(#""activities-\#(resource)-intraday":{"dataset":["#)
    answer.writeImmutableBuffer(dataset)
    let unit = window.detail == .second ? "second" : "minute"
    answer.writeString(#"],"datasetInterval":\#(max(1, window.detail.minutes)),"datasetType":"\#(unit)"}}"#)
    return answer
  }
}

/// The response's values for one date of its window.
private struct HeartRateDay {
  let date: CivilDate
  private var zones: ZoneMinutes
  private var sum = 0
  private var count = 0

  init(date: CivilDate, zones: HeartRateZones) {
    self.date = date
    self.zones = ZoneMinutes(zones)
  }

  @inline(__always)
  mutating func add(_ rate: Int) {
    zones.add(rate)
    sum += rate
    count += 1
  }

  /// The form for requests with times: zones beside the date, the mean as a string.
  var windowEntry: String {
    let tenths = (20 * sum + count) / (2 * count)
    let zones = FitbitPayload.heartRateZones(zones)
    return #"{"customHeartRateZones":[],"dateTime":"\#(date)","heartRateZones":\#(zones),"value":"\#(tenths / 10).\#(tenths % 10)"}"#
  }
}

/// Aggregates minutes to values of 1, 5 or 15 minutes.
private struct ValueBlock {
  struct Done {
    let minuteOfDay: Int
    let sum: Int
    let count: Int
  }

  let minutes: Int
  private var start = Int.min
  private var sum = 0
  private var count = 0

  init(minutes: Int) {
    self.minutes = minutes
  }

  /// Adds a minute; returns the previous block if this minute starts a new one.
  @inline(__always)
  mutating func add(_ local: Int, sum: Int, count: Int) -> Done? {
    let begin = local - local % minutes
    let done = begin == start && minutes > 1 ? nil : finish()
    start = begin
    self.sum += sum
    self.count += count
    return done
  }

  @inline(__always)
  mutating func finish() -> Done? {
    guard count > 0 else { return nil }
    defer { (sum, count) = (0, 0) }
    return Done(minuteOfDay: start % 1440, sum: sum, count: count)
  }
}
