import FlowBase
import NIOCore

/// The response of `rollUp`: windows of physical time, newest first. A window in which the tracker was not worn has no
/// value.
struct GoogleHealthRollUp {
  let answer: ByteBuffer

  init(
    _ request: WireRequest, type: GoogleHealthDataType, participant: SimulatedParticipant, now: Int
  ) throws(WireRefusal) {
    let body = try GoogleHealthBody(
      request.body, names: ["range", "windowSize", "pageSize", "pageToken", "dataSourceFamily"])
    let range = try body.object("range", names: ["startTime", "endTime"])
    let (first, end) = (try range.instant("startTime"), try range.instant("endTime"))
    let windowSeconds = try body.seconds("windowSize")
    guard first < end else { throw .timeRange }
    let identity = "\(request.path) \(first) \(end) \(windowSeconds) \(try body.integer("pageSize") ?? 0) \(participant.number)"
    let page = try GoogleHealthPage(
      size: try body.integer("pageSize"), token: body.text("pageToken"), identity: identity, defaultSize: 1440,
      largest: type.largestPage, dice: participant.dice)
    let longest = type.rollupDays * 86_400
    // A page size that is named bounds the request, even if the range is shorter.
    guard end - first <= longest, try body.integer("pageSize") ?? 0 == 0 || page.size * windowSeconds <= longest else { throw .rollupDuration(type.rollupDays) }
    let windows = RollUpWindows(
      first: first, end: end, windowSeconds: windowSeconds, member: type.member, participant: participant, now: now)
    answer = windows.answer(page)
  }
}

/// The windows of one request.
private struct RollUpWindows {
  let first: Int
  let end: Int
  let windowSeconds: Int
  let member: String
  let participant: SimulatedParticipant
  let now: Int

  func answer(_ page: GoogleHealthPage) -> ByteBuffer {
    guard var reader = MinuteReader(participant, now: now) else {
      return page.answer("rollupDataPoints", points: ByteBuffer(), next: nil)
    }
    let count = (end - first + windowSeconds - 1) / windowSeconds
    let begin = min(page.position ?? count, count)
    if begin > 0, page.isEmptyByChance(from: begin) {
      return page.answer("rollupDataPoints", points: ByteBuffer(), next: begin, isEmptyByChance: true)
    }
    let dice = participant.dice.fork(Purpose.pages)
    var text = ByteBuffer()
    text.reserveCapacity(min(page.size, begin) * 110)
    var written = 0
    for index in (0..<max(0, begin)).reversed() {
      let start = first + index * windowSeconds
      let stop = min(end, start + windowSeconds)
      let value = value(start..<stop, &reader)
      // Report a few of the windows without a value, as points without the member.
      guard value != nil || start < reader.latestSync && dice.below(16, at: start / 60) == 0 else { continue }
      if written == page.size { return page.answer("rollupDataPoints", points: text, next: index + 1) }
      if written > 0 { text.writeString(",") }
      written += 1
      let valueMember = value.map { #","\#(member)":{\#($0)}"# } ?? ""
      text.writeString(#"{"startTime":"\#(rfc3339(start))","endTime":"\#(rfc3339(stop))"\#(valueMember)}"#)
    }
    return page.answer("rollupDataPoints", points: text, next: nil)
  }

  /// A minute belongs to the window in which it starts.
  private func minutes(_ window: Range<Int>) -> StrideTo<Int> {
    stride(from: (window.lowerBound + 59).flooredDivision(by: 60) * 60, to: window.upperBound, by: 60)
  }

  /// The contents of the member: empty for a true zero. nil: not worn.
  private func value(_ window: Range<Int>, _ reader: inout MinuteReader) -> String? {
    switch member {
    case "steps": steps(window, &reader).map { $0 == 0 ? "" : #""countSum":"\#($0)""# }
    case "distance": steps(window, &reader).map { $0 == 0 ? "" : #""millimetersSum":"\#($0 * participant.strideCentimetres * 10)""# }
    default: heartRate(window, &reader)
    }
  }

  private func steps(_ window: Range<Int>, _ reader: inout MinuteReader) -> Int? {
    var sum: Int?
    for instant in minutes(window) {
      guard let minute = reader.minute(at: instant), minute.worn else { continue }
      sum = (sum ?? 0) + minute.steps
    }
    return sum
  }

  private func heartRate(_ window: Range<Int>, _ reader: inout MinuteReader) -> String? {
    var (sum, count, least, most) = (0, 0, Int.max, 0)
    for instant in minutes(window) {
      reader.minute(at: instant)?.forEachSample { _, value in
        sum += value
        count += 1
        least = min(least, value)
        most = max(most, value)
      }
    }
    guard count > 0 else { return nil }
    let mean = Double(sum) / Double(count)
    return #""beatsPerMinuteMin":\#(Double(least)),"beatsPerMinuteAvg":\#(mean),"beatsPerMinuteMax":\#(Double(most))"#
  }
}
