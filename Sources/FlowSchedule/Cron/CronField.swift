/// One of the five fields: its name and what its values may be.
struct CronField: Sendable {
  /// The values that a field matches.
  struct Values: Sendable, Equatable {
    private(set) var bits: UInt64 = 0
    /// The field begins with `*`.
    var isStar = false

    mutating func insert(_ value: Int) { bits |= 1 << UInt64(value) }
    func contains(_ value: Int) -> Bool { bits & (1 << UInt64(value)) != 0 }

    /// The least value that is not below the given one; nil if there is none.
    func first(from value: Int) -> Int? {
      guard value < UInt64.bitWidth else { return nil }
      let rest = (bits >> UInt64(value)) << UInt64(value)
      return rest == 0 ? nil : rest.trailingZeroBitCount
    }
  }

  let name: String
  let range: ClosedRange<Int>
  /// Names of the values from the first of the range on, in capitals; empty if they have none.
  var names: [String] = []

  static let minute = CronField(name: "minute", range: 0...59)
  static let hour = CronField(name: "hour", range: 0...23)
  static let dayOfMonth = CronField(name: "day of month", range: 1...31)
  static let month = CronField(
    name: "month", range: 1...12, names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"])
  /// 7 is Sunday, like 0.
  static let dayOfWeek = CronField(name: "day of week", range: 0...7, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])
  static let all = [minute, hour, dayOfMonth, month, dayOfWeek]

  /// For messages: `0 to 59`, `1 to 12 or JAN to DEC`.
  var words: String {
    let numbers = "\(range.lowerBound) to \(range.upperBound)"
    guard let first = names.first, let last = names.last else { return numbers }
    return "\(numbers) or \(first) to \(last)"
  }
}
