// The numbers of Parquet and Thrift: little-endian, ULEB128 and zigzag.

extension [UInt8] {
  /// ULEB128: seven bits a byte, the lowest first.
  mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  /// ULEB128 of 0, -1, 1, -2, … as 0, 1, 2, 3, …
  mutating func appendZigzag(_ value: Int64) { appendVarint(UInt64(bitPattern: value &<< 1 ^ value &>> 63)) }

  mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  /// Makes room for `count` bytes at the end, which `fill` writes; they are zero before.
  mutating func appendZeros(_ count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
    let start = self.count
    append(contentsOf: repeatElement(0, count: count))
    withUnsafeMutableBytes { fill(UnsafeMutableRawBufferPointer(rebasing: $0[start...])) }
  }
}
