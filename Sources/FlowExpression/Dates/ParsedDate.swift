/// The fields parsed from a text, before they are combined.
struct ParsedDate {
  var fields = DateFields()
  var zone: Zone?
  /// Seconds east of UTC.
  var offset: Int64?

  /// The combined fields, as far as they determine a date and a time.
  struct Resolved {
    var fields: DateFields
    var date: LocalDate?
    /// Second of the day and nanosecond.
    var time: (second: Int64, nanosecond: Int64)?
  }

  /// Java's smart resolution: days are checked against 31 and clamped to the month, 24:00 is the next day. nil if
  /// fields are contradictory or out of range.
  func resolved() -> Resolved? {
    var resolver = DateResolver(fields: fields)
    return resolver.resolve()
  }

  /// The point in time according to NiFi's `toDate`: missing fields default to the start of 1970, of the month, of the
  /// day.
  func instant(zone standard: Zone) -> JavaInstant? {
    guard let resolved = resolved() else { return nil }
    let fields = resolved.fields
    guard
      let date = resolved.date
        ?? LocalDate(year: fields[.year] ?? 1970, month: fields[.month] ?? 1, day: fields[.day] ?? 1)
    else { return nil }
    let time =
      resolved.time
      ?? (
        (fields[.hour] ?? 0) * 3600 + (fields[.minute] ?? 0) * 60 + (fields[.second] ?? 0), fields[.nanosecond] ?? 0
      )
    return instant(date, time, zone: zone ?? standard)
  }

  /// The point in time according to `Instant.from`: date and time of day are required.
  func strictInstant(zone standard: Zone) -> JavaInstant? {
    guard let resolved = resolved(), let date = resolved.date, let time = resolved.time else { return nil }
    return instant(date, time, zone: zone ?? standard)
  }

  private func instant(_ date: LocalDate, _ time: (second: Int64, nanosecond: Int64), zone: Zone) -> JavaInstant {
    let local = date.epochDay * 86_400 + time.second
    return JavaInstant(seconds: local - (offset ?? zone.offset(forLocal: local)), nanoseconds: time.nanosecond)
  }
}

/// Combines fields to a date and a time.
private struct DateResolver {
  var fields: DateFields
  private var date: LocalDate?
  private var time: (second: Int64, nanosecond: Int64)?
  private var hasNextDay = false

  init(fields: DateFields) {
    self.fields = fields
  }

  mutating func resolve() -> ParsedDate.Resolved? {
    guard resolveYear(), resolveDate(), resolveHour(), resolveTime() else { return nil }
    if date == nil || time == nil, !fields.areInRange { return nil }
    guard agrees() else { return nil }
    if hasNextDay { date = date.map { LocalDate(epochDay: $0.epochDay + 1) } }
    return ParsedDate.Resolved(fields: fields, date: date, time: time)
  }

  /// Sets a field; false if it already has another value.
  private mutating func set(_ field: DateField, _ value: Int64) -> Bool {
    if let other = fields[field] { return other == value }
    fields[field] = value
    return true
  }

  private mutating func resolveYear() -> Bool {
    guard let yearOfEra = fields[.yearOfEra] else { return true }
    guard (1...999_999_999).contains(yearOfEra) else { return false }
    let isBefore = fields[.era] == 0 || (fields[.era] == nil && (fields[.year] ?? 1) <= 0)
    return set(.year, isBefore ? 1 - yearOfEra : yearOfEra)
  }

  private mutating func resolveDate() -> Bool {
    if let day = fields[.modifiedJulianDay] {
      date = LocalDate(epochDay: day - 40_587)
    } else if let year = fields[.year], let month = fields[.month], let day = fields[.day] {
      guard (1...31).contains(day), (1...12).contains(month) else { return false }
      date = LocalDate(year: year, month: month, day: min(day, LocalDate.length(ofMonth: month, year: year)))
      return date != nil
    } else if let year = fields[.year], let day = fields[.dayOfYear] {
      guard let first = LocalDate(year: year, month: 1, day: 1), day >= 1, day <= (LocalDate.isLeap(year) ? 366 : 365)
      else { return false }
      date = LocalDate(epochDay: first.epochDay + day - 1)
    } else if let year = fields[.weekBasedYear], let week = fields[.weekOfYear],
      let day = fields[.localizedDayOfWeek] ?? fields[.dayOfWeek].map({ $0 % 7 + 1 })
    {
      guard LocalDate.years.contains(year), (1...53).contains(week), (1...7).contains(day) else { return false }
      date = LocalDate(epochDay: LocalDate.firstWeekStart(year: year) + (week - 1) * 7 + day - 1)
    }
    return true
  }

  private mutating func resolveHour() -> Bool {
    if let hour = fields[.clockHour] {
      guard (0...24).contains(hour), set(.hour, hour == 24 ? 0 : hour) else { return false }
    }
    if let hour = fields[.clockHourOfAmPm] {
      guard (0...12).contains(hour), set(.hourOfAmPm, hour == 12 ? 0 : hour) else { return false }
    }
    if let half = fields[.amPm], let hour = fields[.hourOfAmPm] {
      guard (0...1).contains(half), (0...11).contains(hour), set(.hour, half * 12 + hour) else { return false }
    }
    let milliseconds = fields[.millisecondOfDay].map { $0.multipliedReportingOverflow(by: 1_000_000).partialValue }
    let ofDay = fields[.nanosecondOfDay] ?? milliseconds
    if let ofDay {
      guard DateField.nanosecondOfDay.range?.contains(ofDay) ?? false else { return false }
      let second = ofDay / 1_000_000_000
      return set(.hour, second / 3600) && set(.minute, second / 60 % 60) && set(.second, second % 60)
        && set(.nanosecond, ofDay % 1_000_000_000)
    }
    return true
  }

  private mutating func resolveTime() -> Bool {
    guard var hour = fields[.hour] else { return true }
    let minute = fields[.minute]
    let second = fields[.second]
    let nanosecond = fields[.nanosecond]
    // A smaller unit is meaningless without the next larger one.
    if minute == nil, second != nil || nanosecond != nil { return true }
    if second == nil, nanosecond != nil { return true }
    if hour == 24, (minute ?? 0) == 0, (second ?? 0) == 0, (nanosecond ?? 0) == 0 {
      hour = 0
      hasNextDay = true
    }
    guard (0...23).contains(hour), (0...59).contains(minute ?? 0), (0...59).contains(second ?? 0) else { return false }
    time = (hour * 3600 + (minute ?? 0) * 60 + (second ?? 0), nanosecond ?? 0)
    return true
  }

  /// Whether the remaining fields are consistent with the result.
  private func agrees() -> Bool {
    let checkedDate: [DateField] = [
      .dayOfWeek, .localizedDayOfWeek, .dayOfYear, .quarter, .alignedWeekOfMonth, .weekOfMonth, .weekOfYear,
      .weekBasedYear, .month, .year,
    ]
    if let date {
      let moment = LocalDateTime(localSeconds: date.epochDay * 86_400, nanosecond: 0)
      for field in checkedDate {
        if let value = fields[field], value != field.value(moment) { return false }
      }
    }
    if let time, !hasNextDay {
      let moment = LocalDateTime(localSeconds: time.second, nanosecond: time.nanosecond)
      for field in [DateField.amPm, .hourOfAmPm] {
        if let value = fields[field], value != field.value(moment) { return false }
      }
    }
    return true
  }
}

/// The parsed fields, in a fixed-size array indexed by field.
struct DateFields {
  private var values = ContiguousArray<Int64>(repeating: 0, count: DateField.allCases.count)
  private var present: UInt32 = 0

  subscript(field: DateField) -> Int64? {
    get { present & 1 << field.rawValue == 0 ? nil : values[field.rawValue] }
    set {
      if let newValue {
        values[field.rawValue] = newValue
        present |= 1 << field.rawValue
      } else {
        present &= ~(1 << field.rawValue)
      }
    }
  }

  /// Whether all fields are within their ranges.
  var areInRange: Bool {
    DateField.allCases.allSatisfy { field in
      guard let value = self[field], let range = field.range else { return true }
      return range.contains(value) || (field == .hour && value == 24)
    }
  }
}
