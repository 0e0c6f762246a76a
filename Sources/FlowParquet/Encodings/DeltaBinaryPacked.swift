/// Integers as bit-packed differences to the value before (parquet-format, Encodings.md, "Delta Encoding"): small for times in order.
struct DeltaBinaryPacked {
  /// The values of a block, which has a smallest difference of its own. The specification wants a multiple of 128.
  var blockCount = 128
  /// The parts of a block, each with a width of its own. The specification wants 32 values or a multiple in each.
  var miniblocks = 4
  /// Bits of the widest difference. All are allowed, but fastparquet reads wrong values from 29 on, and says nothing.
  static let widestBits = 28

  /// false, and bytes of no use at the end, if a difference has more than `widestBits`.
  func append(_ values: UnsafeBufferPointer<Int64>, to bytes: inout [UInt8]) -> Bool {
    bytes.appendVarint(UInt64(blockCount))
    bytes.appendVarint(UInt64(miniblocks))
    bytes.appendVarint(UInt64(values.count))
    bytes.appendZigzag(values.first ?? 0)
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: blockCount) { differences in
      for start in stride(from: 1, to: values.count, by: blockCount) {
        let count = min(blockCount, values.count - start)
        // Differences may overflow: readers add as they are subtracted, modulo 2^64.
        var least = Int64.max
        for index in 0..<count {
          let difference = values[start + index] &- values[start + index - 1]
          least = min(least, difference)
          differences[index] = UInt64(bitPattern: difference)
        }
        var bits: UInt64 = 0
        for index in 0..<count {
          differences[index] &-= UInt64(bitPattern: least)
          bits |= differences[index]
        }
        guard BitPacking.width(of: bits) <= Self.widestBits else { return false }
        appendBlock(UnsafeBufferPointer(rebasing: differences[..<count]), least: least, to: &bytes)
      }
      return true
    }
  }

  /// - Parameter differences: those of one block, less the smallest one.
  private func appendBlock(_ differences: UnsafeBufferPointer<UInt64>, least: Int64, to bytes: inout [UInt8]) {
    bytes.appendZigzag(least)
    let size = blockCount / miniblocks
    let widths = bytes.count
    // Miniblocks after the last value have width 0 and no bytes.
    bytes.append(contentsOf: repeatElement(0, count: miniblocks))
    for (number, start) in stride(from: 0, to: differences.count, by: size).enumerated() {
      let miniblock = UnsafeBufferPointer(rebasing: differences[start..<min(start + size, differences.count)])
      var bits: UInt64 = 0
      for difference in miniblock { bits |= difference }
      let width = BitPacking.width(of: bits)
      bytes[widths + number] = UInt8(width)
      BitPacking.append(miniblock, paddedTo: size, width: width, to: &bytes)
    }
  }
}
