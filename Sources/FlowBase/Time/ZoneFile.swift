/// Parses compiled zone files (TZif, RFC 9636, versions 1 to 4). Pure: bytes in, table out.
package enum ZoneFile {
  /// Far more than any real zone has; limits the memory that a damaged file can claim.
  private static let maximumTransitions = 20_000
  /// The range of UTC offsets that RFC 9636 allows.
  private static let offsetBounds: ClosedRange<Int64> = -89_999...93_599
  /// A footer is ignored if the last transition is later than this: no date in use is that late.
  private static let latestFooterYear = 9999
  /// Dates before this year cannot be written.
  private static let earliestFooterYear = 1

  package enum Reading: Sendable {
    case table(ZoneTable)
    /// Why the file cannot be used.
    case refused(String)
  }

  package static func read(_ bytes: [UInt8]) -> Reading {
    var reader = BigEndianReader(bytes: bytes)
    guard let table = table(&reader) else { return .refused(reader.mistake ?? "it is not a zone file") }
    return .table(table)
  }

  /// Like every part of it, nil if the file is invalid; the reader holds the reason.
  private static func table(_ reader: inout BigEndianReader) -> ZoneTable? {
    guard let header = header(&reader) else { return nil }
    guard header.version >= UInt8(ascii: "2") else {
      return transitions(&reader, header, timeWidth: 4).map { table($0, footer: nil) }
    }
    // The first block has 32-bit times for readers of version 1; the second repeats it in 64 bits.
    guard reader.take(header.blockBytes(timeWidth: 4)) != nil, let second = Self.header(&reader),
      let transitions = transitions(&reader, second, timeWidth: 8), let footer = footer(&reader)
    else { return nil }
    return table(transitions, footer: footer.rule)
  }

  // MARK: Parts of the file

  private struct Header {
    var version: UInt8
    var universalCount: Int
    var standardCount: Int
    var leapCount: Int
    var timeCount: Int
    var typeCount: Int
    var characterCount: Int

    func blockBytes(timeWidth: Int) -> Int {
      timeCount * (timeWidth + 1) + typeCount * 6 + characterCount + leapCount * (timeWidth + 4) + standardCount + universalCount
    }
  }

  private struct Footer {
    /// nil: the rule after the last transition is unknown.
    var rule: ZoneFooter?
  }

  private static func header(_ reader: inout BigEndianReader) -> Header? {
    guard let magic = reader.take(4) else { return nil }
    guard magic.elementsEqual("TZif".utf8) else { return reader.refuse("it does not begin with 'TZif'") }
    guard let version = reader.take(16)?.first else { return nil }
    var counts: [Int] = []
    for _ in 0..<6 {
      guard let count = reader.integer(4) else { return nil }
      counts.append(Int(UInt32(truncatingIfNeeded: count)))
    }
    let header = Header(
      version: version, universalCount: counts[0], standardCount: counts[1], leapCount: counts[2], timeCount: counts[3], typeCount: counts[4],
      characterCount: counts[5])
    guard header.timeCount <= maximumTransitions, (1...256).contains(header.typeCount), counts.allSatisfy({ $0 <= maximumTransitions }) else {
      return reader.refuse("it has \(header.timeCount) transitions between \(header.typeCount) local time types")
    }
    return header
  }

  /// The transitions of a block. The first one starts at `Int64.min`.
  private static func transitions(
    _ reader: inout BigEndianReader, _ header: Header, timeWidth: Int
  ) -> [ZoneTable.Change]? {
    var times: [Int64] = []
    for _ in 0..<header.timeCount {
      guard let time = reader.integer(timeWidth) else { return nil }
      times.append(time)
    }
    guard let indices = reader.take(header.timeCount), let types = types(&reader, header),
      reader.take(header.characterCount + header.leapCount * (timeWidth + 4) + header.standardCount + header.universalCount) != nil
    else { return nil }
    guard header.leapCount == 0 else { return reader.refuse("it counts leap seconds, which POSIX time does not") }
    // RFC 9636: type 0 applies before the first transition.
    var changes = [types[0]]
    for (time, index) in zip(times, indices) {
      guard Int(index) < types.count, time > (changes.last?.start ?? .min) else {
        return reader.refuse("its transitions are out of order or refer to an undefined type")
      }
      var change = types[Int(index)]
      change.start = time
      changes.append(change)
    }
    return changes
  }

  private static func types(_ reader: inout BigEndianReader, _ header: Header) -> [ZoneTable.Change]? {
    var types: [ZoneTable.Change] = []
    for _ in 0..<header.typeCount {
      guard let offset = reader.integer(4) else { return nil }
      guard offsetBounds.contains(offset) else { return reader.refuse("an offset is \(offset) seconds") }
      guard let flags = reader.take(2) else { return nil }
      types.append(ZoneTable.Change(start: .min, offset: offset, isDaylight: flags.first != 0))
    }
    return types
  }

  private static func footer(_ reader: inout BigEndianReader) -> Footer? {
    guard let start = reader.take(1) else { return nil }
    guard start.first == 10, let text = reader.upTo(10) else { return reader.refuse("its last line is truncated") }
    guard !text.isEmpty else { return Footer() }
    let words = String(decoding: text, as: UTF8.self)
    guard let rule = ZoneFooter(words) else { return reader.refuse("its last line '\(words)' is not a rule of POSIX's TZ") }
    return Footer(rule: rule)
  }

  private static func table(_ changes: [ZoneTable.Change], footer: ZoneFooter?) -> ZoneTable {
    let last = changes.last?.start ?? .min
    // A zone without transitions has always had its rule; dates before 1900 do not occur.
    let lastYear = last == .min ? 1900 : CivilDate(daysSince1970: last.flooredDivision(by: 86_400)).year
    let year = max(lastYear, earliestFooterYear)
    guard let footer, footer.daylight != nil, year <= latestFooterYear else { return ZoneTable(changes) }
    // The calendar repeats every 400 years, so one cycle of the rule covers all later dates.
    let later = footer.changes(in: year...(year + 402)).filter { $0.start > last }
    return ZoneTable(changes + later, cycleStart: CivilDate(year: year + 1, month: 1, day: 1).startOfDayUTC.seconds)
  }
}

/// A bounds-checked forward reader.
private struct BigEndianReader {
  let bytes: [UInt8]
  private var position = 0
  private(set) var mistake: String?

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// Records the reason; always nil.
  mutating func refuse<Value>(_ reason: String) -> Value? {
    mistake = reason
    return nil
  }

  mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count <= bytes.count - position else { return refuse("it is truncated after \(bytes.count) bytes") }
    defer { position += count }
    return bytes[position..<(position + count)]
  }

  /// A signed integer of 4 or 8 bytes.
  mutating func integer(_ width: Int) -> Int64? {
    guard let taken = take(width) else { return nil }
    let value = taken.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return width == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
  }

  /// The bytes before the next occurrence of `byte`, which is skipped; nil if it does not occur.
  mutating func upTo(_ byte: UInt8) -> ArraySlice<UInt8>? {
    guard let end = bytes[position...].firstIndex(of: byte) else { return nil }
    defer { position = end + 1 }
    return bytes[position..<end]
  }
}
