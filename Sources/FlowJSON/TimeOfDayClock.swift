import FlowCore

/// Assigns dates to times of day: the first date is known, and it advances whenever the time of day decreases.
struct TimeOfDayClock {
  private static let day: Int64 = 86_400

  private let window: Range<Int64>?
  private var startOfDay: Int64
  private var last: Int64 = 0

  /// - Parameter window: the expected range of the rows, which helps to distinguish unordered rows from a new day.
  init(firstDate: CivilDate, window: Range<Int64>?) {
    startOfDay = firstDate.daysSince1970 * Self.day
    self.window = window
  }

  /// Seconds since 1970, in UTC, of the next sample. Throws if the samples are out of order, because their date would
  /// be a guess.
  @inline(__always)
  mutating func instant(at second: Int64) throws(ExtractionError) -> Int64 {
    if second < last { try turn(to: second) }
    last = second
    return startOfDay + second
  }

  /// Advances to the next day. If the clock goes back by less than half a day, the next day would be after the window
  /// and the same day is inside it, the rows are out of order instead; a wrong date would drop all following rows.
  private mutating func turn(to second: Int64) throws(ExtractionError) {
    let next = startOfDay + Self.day
    if let window, last - second < Self.day / 2, next + second >= window.upperBound, window.contains(startOfDay + second) {
      throw ExtractionError(pointer: "", found: "", expected: "a time of day that is not before the one of the row above")
    }
    startOfDay = next
  }

  /// Seconds since midnight for `HH:mm:ss`; nil for anything else.
  @inline(__always)
  static func second(of text: UnsafeBufferPointer<UInt8>) -> Int64? {
    guard text.count == 8, text[2] == UInt8(ascii: ":"), text[5] == UInt8(ascii: ":"),
      let hour = twoDigits(text, 0), hour < 24, let minute = twoDigits(text, 3), minute < 60,
      let second = twoDigits(text, 6), second < 60
    else { return nil }
    return hour * 3600 + minute * 60 + second
  }

  @inline(__always)
  private static func twoDigits(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int64? {
    let tens = text[start] &- 48
    let ones = text[start + 1] &- 48
    return tens < 10 && ones < 10 ? Int64(tens) * 10 + Int64(ones) : nil
  }
}
