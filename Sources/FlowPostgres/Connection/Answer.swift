import CPostgres
import FlowCore
import StudyLedger
import StudyModel

/// The rows that a statement returned, in binary format. Lives on its connection's queue.
struct Answer {
  private let result: OpaquePointer

  /// The caller frees `result`, after the answer's last use.
  init(_ result: OpaquePointer) { self.result = result }

  var count: Int { Int(PQntuples(result)) }
  /// The number of rows that an INSERT, UPDATE, DELETE or COPY changed.
  var changedCount: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

  /// The names of the columns.
  var columns: [String] { (0..<PQnfields(result)).map { PQfname(result, $0).map { String(cString: $0) } ?? "" } }

  /// The command as the server names it: `COMMIT`, `INSERT 0 5`.
  var command: String { String(cString: PQcmdStatus(result)) }

  func isNull(_ row: Int, _ column: Int) -> Bool { PQgetisnull(result, Int32(row), Int32(column)) != 0 }

  func bytes(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      start: PQgetvalue(result, Int32(row), Int32(column)), count: Int(PQgetlength(result, Int32(row), Int32(column))))
  }

  func text(_ row: Int, _ column: Int) -> String? {
    isNull(row, column) ? nil : String(decoding: bytes(row, column), as: UTF8.self)
  }

  func boolean(_ row: Int, _ column: Int) -> Bool { !isNull(row, column) && bytes(row, column).first != 0 }

  /// A whole number of any size; of a time, whole seconds since 1970; of a date, days since 1970.
  func integer(_ row: Int, _ column: Int) -> Int64? {
    guard !isNull(row, column) else { return nil }
    return integer(present: row, column, type(column))
  }

  /// The value's type, as `integer(present:)` takes it: looked up once a column.
  func type(_ column: Int) -> PostgresType? { PostgresType(rawValue: PQftype(result, Int32(column))) }

  func integer(present row: Int, _ column: Int, _ type: PostgresType?) -> Int64 {
    let bytes = bytes(row, column)
    switch type {
    case .timestamp: return number(bytes, Int64.self).flooredDivision(by: 1_000_000) + PostgresEpoch.seconds
    case .date: return Int64(number(bytes, Int32.self)) + PostgresEpoch.days
    case .double: return Int64(double(bytes).rounded())
    default: return bytes.count == 8 ? number(bytes, Int64.self) : bytes.count == 4 ? Int64(number(bytes, Int32.self)) : Int64(number(bytes, Int16.self))
    }
  }

  /// A time with milliseconds.
  func moment(_ row: Int, _ column: Int) -> Instant? {
    guard !isNull(row, column) else { return nil }
    return Instant(milliseconds: number(bytes(row, column), Int64.self).flooredDivision(by: 1000) + PostgresEpoch.seconds * 1000)
  }

  func double(_ row: Int, _ column: Int) -> Double? {
    guard !isNull(row, column) else { return nil }
    guard type(column) == .double else { return integer(row, column).map(Double.init) }
    return double(bytes(row, column))
  }

  func double(present row: Int, _ column: Int) -> Double { double(bytes(row, column)) }

  /// The value as the study's tables know it: times in seconds, dates as text.
  func value(_ row: Int, _ column: Int) -> RecordValue {
    guard !isNull(row, column) else { return .null }
    return switch type(column) {
    case .double: .real(double(bytes(row, column)))
    case .date: .text(CivilDate(daysSince1970: integer(present: row, column, .date)).description)
    case .bigint, .integer, .timestamp, .oid: .integer(integer(present: row, column, type(column)))
    case .boolean: .integer(boolean(row, column) ? 1 : 0)
    case .text, nil: .text(String(decoding: bytes(row, column), as: UTF8.self))
    }
  }

  private func number<Number: FixedWidthInteger>(_ bytes: UnsafeRawBufferPointer, _ type: Number.Type) -> Number {
    precondition(bytes.count == MemoryLayout<Number>.size, "a value in binary format has the size of its type")
    return Number(bigEndian: bytes.loadUnaligned(as: Number.self))
  }

  private func double(_ bytes: UnsafeRawBufferPointer) -> Double { Double(bitPattern: number(bytes, UInt64.self)) }
}
