/// Values of a fixed number of bits, back to back from the least significant bit of each byte (parquet-format, Encodings.md, "RLE").
enum BitPacking {
  /// - Parameters:
  ///   - count: how many values are written, a multiple of 8: zeros follow those that are given.
  ///   - width: bits a value, 0 to 64. No value has more.
  static func append<Value: FixedWidthInteger & UnsignedInteger>(
    _ values: UnsafeBufferPointer<Value>, paddedTo count: Int, width: Int, to bytes: inout [UInt8]
  ) {
    bytes.appendZeros(count / 8 * width) { target in
      var position = 0
      // Bits that are not written yet, and how many they are: fewer than 64.
      var pending: UInt64 = 0
      var filled = 0
      for value in values {
        let bits = UInt64(truncatingIfNeeded: value)
        pending |= bits &<< UInt64(truncatingIfNeeded: filled)
        filled += width
        guard filled >= 64 else { continue }
        target.storeBytes(of: pending.littleEndian, toByteOffset: position, as: UInt64.self)
        position += 8
        filled -= 64
        pending = filled == 0 ? 0 : bits &>> UInt64(truncatingIfNeeded: width - filled)
      }
      while filled > 0 {
        target[position] = UInt8(truncatingIfNeeded: pending)
        pending >>= 8
        position += 1
        filled -= 8
      }
    }
  }

  /// The bits that the largest value needs.
  static func width(of largest: UInt64) -> Int { UInt64.bitWidth - largest.leadingZeroBitCount }
}

/// Runs of one value and bit-packed groups of eight in turn (parquet-format, Encodings.md, "RLE"), without the length before them.
enum RunLengthHybrid {
  /// - Parameter width: bits a value, 1 to 32.
  static func append(_ values: UnsafeBufferPointer<UInt32>, width: Int, to bytes: inout [UInt8]) {
    // Where the values begin that are not written yet.
    var start = 0
    var index = 0
    while index < values.count {
      let value = values[index]
      var end = index + 1
      while end < values.count, values[end] == value { end += 1 }
      // A bit-packed run is groups of eight: the last one takes what it lacks from the repeated values.
      let borrowed = (start - index) & 7
      let repeated = end - index - borrowed
      // Shorter runs are not worth a header, unless nothing else is there to be written.
      if repeated >= 8 || (start == index && end == values.count) {
        appendGroups(values, start..<index + borrowed, width: width, to: &bytes)
        bytes.appendVarint(UInt64(repeated) << 1)
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0[..<((width + 7) / 8)]) }
        start = end
      }
      index = end
    }
    appendGroups(values, start..<values.count, width: width, to: &bytes)
  }

  private static func appendGroups(_ values: UnsafeBufferPointer<UInt32>, _ range: Range<Int>, width: Int, to bytes: inout [UInt8]) {
    guard !range.isEmpty else { return }
    let groups = (range.count + 7) / 8
    bytes.appendVarint(UInt64(groups) << 1 | 1)
    BitPacking.append(UnsafeBufferPointer(rebasing: values[range]), paddedTo: groups * 8, width: width, to: &bytes)
  }
}
