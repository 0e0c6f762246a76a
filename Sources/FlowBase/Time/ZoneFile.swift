/// Why a zone file cannot be read.
package struct ZoneFileError: Error, Equatable, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}

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

  package static func table(_ bytes: [UInt8]) throws(ZoneFileError) -> ZoneTable {
    var reader = BigEndianReader(bytes: bytes)
    let header = try header(&reader)
    guard header.version >= UInt8(ascii: "2") else {
      return try table(try transitions(&reader, header, timeWidth: 4), footer: nil)
    }
    // The first block has 32-bit times for readers of version 1; the second repeats it in 64 bits.
    _ = try reader.take(header.blockBytes(timeWidth: 4))
    let second = try Self.header(&reader)
    let transitions = try transitions(&reader, second, timeWidth: 8)
    return try table(transitions, footer: try footer(&reader))
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

  private static func header(_ reader: inout BigEndianReader) throws(ZoneFileError) -> Header {
    guard Array(try reader.take(4)) == Array("TZif".utf8) else { throw ZoneFileError("it does not begin with 'TZif'") }
    let version = try reader.take(16).first ?? 0
    var counts: [Int] = []
    for _ in 0..<6 { counts.append(Int(UInt32(truncatingIfNeeded: try reader.integer(4)))) }
    let header = Header(
      version: version, universalCount: counts[0], standardCount: counts[1], leapCount: counts[2], timeCount: counts[3], typeCount: counts[4],
      characterCount: counts[5])
    guard header.timeCount <= maximumTransitions, (1...256).contains(header.typeCount), counts.allSatisfy({ $0 <= maximumTransitions }) else {
      throw ZoneFileError("it has \(header.timeCount) transitions between \(header.typeCount) local time types")
    }
    return header
  }

  /// The transitions of a block. The first one starts at `Int64.min`.
  private static func transitions(
    _ reader: inout BigEndianReader, _ header: Header, timeWidth: Int
  ) throws(ZoneFileError) -> [ZoneTable.Change] {
    var times: [Int64] = []
    for _ in 0..<header.timeCount { times.append(try reader.integer(timeWidth)) }
    let indices = Array(try reader.take(header.timeCount))
    var types: [ZoneTable.Change] = []
    for _ in 0..<header.typeCount {
      let offset = try reader.integer(4)
      guard offsetBounds.contains(offset) else { throw ZoneFileError("an offset is \(offset) seconds") }
      types.append(ZoneTable.Change(start: .min, offset: offset, isDaylight: try reader.take(2).first != 0))
    }
    _ = try reader.take(header.characterCount + header.leapCount * (timeWidth + 4) + header.standardCount + header.universalCount)
    guard header.leapCount == 0 else { throw ZoneFileError("it counts leap seconds, which POSIX time does not") }
    // RFC 9636: type 0 applies before the first transition.
    var changes = [types[0]]
    for (time, index) in zip(times, indices) {
      guard Int(index) < types.count, time > (changes.last?.start ?? .min) else {
        throw ZoneFileError("its transitions are out of order or refer to an undefined type")
      }
      var change = types[Int(index)]
      change.start = time
      changes.append(change)
    }
    return changes
  }

  private static func footer(_ reader: inout BigEndianReader) throws(ZoneFileError) -> ZoneFooter? {
    guard try reader.take(1).first == 10, let text = reader.upTo(10) else { throw ZoneFileError("its last line is truncated") }
    // Empty: the rule after the last transition is unknown.
    guard !text.isEmpty else { return nil }
    let words = String(decoding: text, as: UTF8.self)
    guard let footer = ZoneFooter(words) else { throw ZoneFileError("its last line '\(words)' is not a rule of POSIX's TZ") }
    return footer
  }

  private static func table(_ changes: [ZoneTable.Change], footer: ZoneFooter?) throws(ZoneFileError) -> ZoneTable {
    let last = changes.last?.start ?? .min
    // A zone without transitions has always had its rule; dates before 1900 do not occur.
    let lastYear = last == .min ? 1900 : CivilDate(daysSince1970: last.flooredDivision(by: 86_400)).year
    let year = max(lastYear, earliestFooterYear)
    guard let footer, footer.daylight != nil, year <= latestFooterYear else { return ZoneTable(changes) }
    let later = footer.changes(in: year...(year + 402)).filter { $0.start > last }
    return ZoneTable(changes + later, cycleStart: CivilDate(year: year + 1, month: 1, day: 1).startOfDayUTC.seconds)
  }
}

/// A bounds-checked forward reader.
private struct BigEndianReader {
  let bytes: [UInt8]
  private var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func take(_ count: Int) throws(ZoneFileError) -> ArraySlice<UInt8> {
    guard count <= bytes.count - position else { throw ZoneFileError("it ends after \(bytes.count) bytes, before its end") }
    defer { position += count }
    return bytes[position..<(position + count)]
  }

  /// A signed integer of 4 or 8 bytes.
  mutating func integer(_ width: Int) throws(ZoneFileError) -> Int64 {
    let value = try take(width).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return width == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
  }

  /// The bytes before the next occurrence of `byte`, which is skipped; nil if it does not occur.
  mutating func upTo(_ byte: UInt8) -> ArraySlice<UInt8>? {
    guard let end = bytes[position...].firstIndex(of: byte) else { return nil }
    defer { position = end + 1 }
    return bytes[position..<end]
  }
}
