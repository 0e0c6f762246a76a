import FlowCore
import StudyModel

/// Builds values in PostgreSQL's binary format: big-endian, each with its length in front.
struct BinaryWriter: Sendable {
  private(set) var bytes: [UInt8] = []

  mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }
  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  mutating func appendRaw<Number: FixedWidthInteger>(_ number: Number) {
    withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
  }
  mutating func appendRaw(_ other: [UInt8]) { bytes.append(contentsOf: other) }

  mutating func appendNull() { appendRaw(Int32(-1)) }

  mutating func append<Number: FixedWidthInteger>(_ number: Number) {
    appendRaw(Int32(MemoryLayout<Number>.size))
    appendRaw(number)
  }
  mutating func append(_ number: Double) { append(number.bitPattern) }

  mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in
      appendRaw(Int32(utf8.count))
      bytes.append(contentsOf: utf8)
    }
  }
}

/// A parameter of a statement, in binary format.
struct Parameter: Sendable {
  let type: UInt32
  /// nil: NULL.
  let bytes: [UInt8]?

  private init(_ type: UInt32, _ bytes: [UInt8]?) {
    self.type = type
    self.bytes = bytes
  }

  static func text(_ text: String?) -> Parameter { Parameter(PostgresType.text.rawValue, text.map { Array($0.utf8) }) }
  static func integer(_ number: Int64?) -> Parameter { Parameter(PostgresType.bigint.rawValue, number.map(bytes)) }
  static func small(_ number: Int32) -> Parameter { Parameter(PostgresType.integer.rawValue, bytes(number)) }
  static func double(_ number: Double) -> Parameter { Parameter(PostgresType.double.rawValue, bytes(number.bitPattern)) }
  /// Seconds since 1970; an instant that PostgreSQL cannot store becomes the first or last one, so that bounds keep their meaning.
  static func instant(_ seconds: Int64?) -> Parameter {
    Parameter(
      PostgresType.timestamp.rawValue,
      // The least and the greatest number stand for -infinity and infinity.
      seconds.map { bytes(PostgresEpoch.microseconds(ofSeconds: $0) ?? ($0 < 0 ? Int64.min : Int64.max)) })
  }
  static func moment(_ instant: Instant?) -> Parameter {
    Parameter(
      PostgresType.timestamp.rawValue, instant.map { bytes(($0.milliseconds - PostgresEpoch.seconds * 1000) * 1000) })
  }
  static func date(_ date: CivilDate?) -> Parameter {
    Parameter(PostgresType.date.rawValue, date.map { bytes(Int32(clamping: $0.daysSince1970 - PostgresEpoch.days)) })
  }

  static func texts(_ texts: [String]) -> Parameter {
    array(of: .text, count: texts.count) { writer in for text in texts { writer.append(text) } }
  }
  static func integers(_ numbers: [Int32]) -> Parameter {
    array(of: .integer, count: numbers.count) { writer in for number in numbers { writer.append(number) } }
  }

  /// - Parameter write: appends `count` values or NULLs.
  static func array(of type: PostgresType, count: Int, _ write: (inout BinaryWriter) throws -> Void) rethrows -> Parameter {
    var writer = BinaryWriter()
    // One dimension, NULLs allowed, the type of the elements, their number, and the number of the first.
    writer.appendRaw(Int32(count == 0 ? 0 : 1))
    writer.appendRaw(Int32(1))
    writer.appendRaw(type.rawValue)
    if count > 0 {
      writer.appendRaw(Int32(count))
      writer.appendRaw(Int32(1))
      try write(&writer)
    }
    return Parameter(type.array, writer.bytes)
  }

  private static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
}
