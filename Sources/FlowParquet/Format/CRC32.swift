/// The checksum of a page: CRC-32 with the polynomial of gzip (RFC 1952), eight bytes at a time.
enum CRC32 {
  /// For each of eight distances to the end, the remainder of every byte.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var remainder = UInt32(byte)
      for _ in 0..<8 { remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0xEDB8_8320 : remainder >> 1 }
      tables[byte] = remainder
    }
    for index in 256..<tables.count {
      let before = tables[index - 256]
      tables[index] = before >> 8 ^ tables[Int(before & 0xFF)]
    }
    return tables
  }()

  static func checksum(of bytes: [UInt8]) -> UInt32 {
    tables.withUnsafeBufferPointer { tables in
      bytes.withUnsafeBytes { bytes in
        var remainder = UInt32.max
        var index = 0
        while index + 8 <= bytes.count {
          let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) ^ UInt64(remainder)
          remainder = 0
          for distance in 0..<8 {
            remainder ^= tables[(7 - distance) << 8 | Int(truncatingIfNeeded: word &>> UInt64(distance * 8) & 0xFF)]
          }
          index += 8
        }
        while index < bytes.count {
          remainder = remainder >> 8 ^ tables[Int((remainder ^ UInt32(bytes[index])) & 0xFF)]
          index += 1
        }
        return ~remainder
      }
    }
  }
}
