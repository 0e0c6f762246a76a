import NIOCore

/// Writes the `dataset` of an intraday response, with tens of thousands of `{"time":"HH:mm:ss","value":N}`.
///
/// Writes bytes directly to the response buffer, without a string or array per sample.
struct IntradayText {
  private let target: UnsafeMutableRawBufferPointer
  private var position = 0
  /// The text of a sample up to its value, kept in a register.
  private var template: SIMD32<UInt8>

  private static let emptySample = ",{\"time\":\"00:00:00\",\"value\":"
  private static let hourIndex = 10
  private static let minuteIndex = 13
  private static let secondIndex = 16
  private static let valueIndex = 28
  /// The length of the template, a five-digit value and the closing brace. At least 32 bytes, the size of one store.
  private static let longestSample = 34
  private static let largestValue = 99_999

  private init(target: UnsafeMutableRawBufferPointer) {
    self.target = target
    template = SIMD32(repeating: 0)
    for (index, byte) in Self.emptySample.utf8.enumerated() { template[index] = byte }
  }

  /// The samples that `body` appends, separated by commas.
  /// - Parameter limit: the maximum number of samples; exceeding it traps.
  @inline(__always)
  static func dataset(atMost limit: Int, _ body: (inout IntradayText) -> Void) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: limit * longestSample)
    let written = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: limit * longestSample) { target in
      var text = IntradayText(target: target)
      body(&text)
      return text.position
    }
    // Every sample is preceded by a comma, so skip the first.
    if written > 0 { buffer.moveReaderIndex(forwardBy: 1) }
    return buffer
  }

  /// Sets hour and minute for the following samples.
  @inline(__always)
  mutating func begin(minuteOfDay: Int) {
    let (hour, minute) = (minuteOfDay / 60, minuteOfDay % 60)
    template[Self.hourIndex] = Self.digit(hour / 10)
    template[Self.hourIndex + 1] = Self.digit(hour % 10)
    template[Self.minuteIndex] = Self.digit(minute / 10)
    template[Self.minuteIndex + 1] = Self.digit(minute % 10)
  }

  @inline(__always)
  mutating func append(second: Int, value: Int) {
    precondition(position + Self.longestSample <= target.count && 0...Self.largestValue ~= value)
    target.storeBytes(of: template, toByteOffset: position, as: SIMD32<UInt8>.self)
    target[position + Self.secondIndex] = Self.digit(second / 10)
    target[position + Self.secondIndex + 1] = Self.digit(second % 10)
    position += Self.valueIndex
    writeDigits(of: value)
    target[position] = 125
    position += 1
  }

  /// Only divides by constants, which compile to multiplications instead of slow divisions.
  @inline(__always)
  private mutating func writeDigits(of value: Int) {
    if value >= 10_000 { write(value / 10_000 % 10) }
    if value >= 1000 { write(value / 1000 % 10) }
    if value >= 100 { write(value / 100 % 10) }
    if value >= 10 { write(value / 10 % 10) }
    write(value % 10)
  }

  @inline(__always)
  private mutating func write(_ digit: Int) {
    target[position] = Self.digit(digit)
    position += 1
  }

  @inline(__always)
  private static func digit(_ value: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: 48 + value)
  }
}
