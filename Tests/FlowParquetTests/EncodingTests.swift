@testable import FlowParquet
import Testing

/// Examples of the specifications, worked out by hand.
@Suite("Encodings of Parquet and Thrift")
struct EncodingTests {
  private static func bytes(_ append: (inout [UInt8]) -> Void) -> [UInt8] {
    var bytes: [UInt8] = []
    append(&bytes)
    return bytes
  }

  @Test("varints have seven bits a byte, the lowest first", arguments: [
    (0, [0]), (127, [0x7F]), (128, [0x80, 0x01]), (300, [0xAC, 0x02]), (.max, [UInt8](repeating: 0xFF, count: 9) + [0x01]),
  ] as [(UInt64, [UInt8])])
  func varint(_ value: UInt64, _ expected: [UInt8]) { #expect(Self.bytes { $0.appendVarint(value) } == expected) }

  @Test("zigzag has small numbers of either sign in few bytes", arguments: [
    (0, [0]), (-1, [1]), (1, [2]), (-2, [3]), (63, [0x7E]), (-65, [0x81, 0x01]), (.max, [0xFE] + [UInt8](repeating: 0xFF, count: 8) + [0x01]),
    (.min, [UInt8](repeating: 0xFF, count: 9) + [0x01]),
  ] as [(Int64, [UInt8])])
  func zigzag(_ value: Int64, _ expected: [UInt8]) { #expect(Self.bytes { $0.appendZigzag(value) } == expected) }

  @Test("bits are packed from the least significant one")
  func packing() {
    let numbers: [UInt32] = [0, 1, 2, 3, 4, 5, 6, 7]
    #expect(Self.bytes { bytes in numbers.withUnsafeBufferPointer { BitPacking.append($0, paddedTo: 8, width: 3, to: &bytes) } } == [0x88, 0xC6, 0xFA])
  }

  @Test("any width packs its values one after the other", arguments: 0...64)
  func widths(_ width: Int) {
    let mask = width == 64 ? UInt64.max : (1 << UInt64(width)) - 1
    let values = (0..<29).map { UInt64($0) &* 0x9E37_79B9_7F4A_7C15 & mask }
    let packed = Self.bytes { bytes in values.withUnsafeBufferPointer { BitPacking.append($0, paddedTo: 32, width: width, to: &bytes) } }
    #expect(packed.count == 32 * width / 8)
    let found = values.indices.map { number in
      (0..<width).reduce(UInt64(0)) { value, bit in
        let place = number * width + bit
        return value | UInt64(packed[place / 8] >> UInt8(place % 8) & 1) << UInt64(bit)
      }
    }
    #expect(found == values)
  }

  @Test("runs of one value, and groups of eight values that differ", arguments: [
    // The specification's numbers, in one group.
    ([0, 1, 2, 3, 4, 5, 6, 7], 3, [0x03, 0x88, 0xC6, 0xFA]),
    ([UInt32](repeating: 7, count: 100), 3, [0xC8, 0x01, 0x07]), ([1, 1, 1], 1, [0x06, 0x01]), ([], 1, []),
    // Wider values take whole bytes in a run.
    ([UInt32](repeating: 0x1FF, count: 8), 9, [0x10, 0xFF, 0x01]),
    // The group takes what it lacks from the run after it.
    ([0, 1, 0, 1] + [UInt32](repeating: 1, count: 20), 1, [0x03, 0xFA, 0x20, 0x01]),
    // What is left of a run is too short for a header.
    ([0, 1, 0, 1] + [UInt32](repeating: 1, count: 8), 1, [0x05, 0xFA, 0x0F]),
    ([UInt32](repeating: 0, count: 8) + [1, 0], 1, [0x10, 0x00, 0x03, 0x01]),
  ] as [([UInt32], Int, [UInt8])])
  func hybrid(_ values: [UInt32], _ width: Int, _ expected: [UInt8]) {
    #expect(Self.bytes { bytes in values.withUnsafeBufferPointer { RunLengthHybrid.append($0, width: width, to: &bytes) } } == expected)
  }

  @Test("differences, as in the specification's examples with blocks of eight", arguments: [
    ([1, 2, 3, 4, 5], [8, 1, 5, 2, 2, 0]), ([7, 5, 3, 1, 2, 3, 4, 5], [8, 1, 8, 14, 3, 2, 0xC0, 0x3F]), ([], [8, 1, 0, 0]), ([-1], [8, 1, 1, 1]),
  ] as [([Int64], [UInt8])])
  func delta(_ values: [Int64], _ expected: [UInt8]) {
    let encoding = DeltaBinaryPacked(blockCount: 8, miniblocks: 1)
    #expect(Self.bytes { bytes in _ = values.withUnsafeBufferPointer { encoding.append($0, to: &bytes) } } == expected)
  }

  @Test("a block has widths of its own for each quarter, and none has bytes after the last value")
  func miniblocks() {
    // 33 differences: 32 of 5 and one of 6.
    let values = (0...32).map { Int64($0) * 5 } + [166]
    let bytes = Self.bytes { bytes in _ = values.withUnsafeBufferPointer { DeltaBinaryPacked().append($0, to: &bytes) } }
    #expect(bytes == [0x80, 0x01, 4, 34, 0, 10, 0, 1, 0, 0, 1, 0, 0, 0])
  }

  @Test("differences that need more than 28 bits are refused", arguments: [
    ([0, 1, 1 << 28], true), ([0, 1, (1 << 28) + 2], false), ([.min, .max, .min], true), ([.min, 0, .max], false), ([0, .max, 1], false),
  ] as [([Int64], Bool)])
  func widest(_ values: [Int64], _ isFit: Bool) {
    var bytes: [UInt8] = []
    #expect(values.withUnsafeBufferPointer { DeltaBinaryPacked().append($0, to: &bytes) } == isFit)
  }

  @Test("the checksum is that of gzip")
  func checksum() {
    #expect(CRC32.checksum(of: Array("123456789".utf8)) == 0xCBF4_3926)
    #expect(CRC32.checksum(of: []) == 0)
    let bytes = (0..<100).map { UInt8($0) }
    for count in 0...40 {
      let plain = bytes[..<count].reduce(UInt32.max) { remainder, byte in
        (0..<8).reduce(remainder ^ UInt32(byte)) { remainder, _ in remainder & 1 == 1 ? remainder >> 1 ^ 0xEDB8_8320 : remainder >> 1 }
      }
      #expect(CRC32.checksum(of: Array(bytes[..<count])) == ~plain)
    }
  }

  @Test("structures have their fields' distances and types")
  func structure() {
    let bytes = CompactWriter.structure {
      $0.field(1, true)
      $0.field(2, Int32(-3))
      $0.field(4) { $0.field(1, "a") }
      $0.field(6, list: [Int32](repeating: 1, count: 15), of: .integer32) { $0.element($1) }
      $0.field(7, Int8(5))
      $0.field(8, Int16(300))
    }
    #expect(bytes == [0x11, 0x15, 5, 0x2C, 0x18, 1, 0x61, 0, 0x29, 0xF5, 15] + [UInt8](repeating: 2, count: 15) + [0x13, 5, 0x14, 0xD8, 0x04, 0])
  }
}
