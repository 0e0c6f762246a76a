import NIOCore

/// Writes megabytes of JSON: copies prepared bytes to the response buffer, without a string per point.
struct PointText {
  private let target: UnsafeMutableRawBufferPointer
  private var position = 0

  private init(target: UnsafeMutableRawBufferPointer) {
    self.target = target
  }

  /// What `body` appends, without the leading comma.
  /// - Parameter capacity: the maximum number of bytes; exceeding it traps.
  @inline(__always)
  static func points(capacity: Int, _ body: (inout PointText) -> Void) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: capacity)
    let written = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { target in
      var text = PointText(target: target)
      body(&text)
      return text.position
    }
    // Every point is preceded by a comma, so skip the first.
    if written > 0 { buffer.moveReaderIndex(forwardBy: 1) }
    return buffer
  }

  @inline(__always)
  mutating func append(_ piece: [UInt8]) {
    let count = piece.count
    precondition(position + count <= target.count)
    piece.withUnsafeBytes { bytes in
      guard let from = bytes.baseAddress, let to = target.baseAddress else { return }
      (to + position).copyMemory(from: from, byteCount: count)
    }
    position += count
  }

  /// Appends a number of at most five digits.
  @inline(__always)
  mutating func append(number: Int) {
    precondition(position + 5 <= target.count && 0..<100_000 ~= number)
    if number >= 10_000 { append(digit: number / 10_000) }
    if number >= 1000 { append(digit: number / 1000 % 10) }
    if number >= 100 { append(digit: number / 100 % 10) }
    if number >= 10 { append(digit: number / 10 % 10) }
    append(digit: number % 10)
  }

  /// Appends two digits, such as the seconds of a time.
  @inline(__always)
  mutating func append(second: Int) {
    precondition(position + 2 <= target.count)
    append(digit: second / 10)
    append(digit: second % 10)
  }

  @inline(__always)
  private mutating func append(digit: Int) {
    target[position] = UInt8(truncatingIfNeeded: 48 + digit)
    position += 1
  }
}
