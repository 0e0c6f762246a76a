/// Reads CSV by RFC 4180 and nothing else: CRLF after every record, quotes only around whole fields and doubled inside.
enum StrictCSV {
  struct Malformed: Error {
    var offset: Int
  }

  /// Records of fields; an empty field without quotes is nil.
  static func records(_ bytes: [UInt8]) throws -> [[String?]] {
    var records: [[String?]] = [], record: [String?] = [], position = 0
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "\"") {
        var text: [UInt8] = []
        position += 1
        while true {
          guard position < bytes.count else { throw Malformed(offset: position) }
          let byte = bytes[position]
          position += 1
          if byte != UInt8(ascii: "\"") { text.append(byte); continue }
          guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { break }
          text.append(byte)
          position += 1
        }
        record.append(String(decoding: text, as: UTF8.self))
      } else {
        let start = position
        while position < bytes.count, ![UInt8(ascii: ","), 0x0D].contains(bytes[position]) {
          guard bytes[position] != UInt8(ascii: "\""), bytes[position] != 0x0A else { throw Malformed(offset: position) }
          position += 1
        }
        record.append(start == position ? nil : String(decoding: bytes[start..<position], as: UTF8.self))
      }
      guard position < bytes.count else { throw Malformed(offset: position) }
      if bytes[position] == UInt8(ascii: ",") {
        position += 1
        if position < bytes.count, bytes[position] == 0x0D { record.append(nil) } else { continue }
      }
      guard position + 1 < bytes.count, bytes[position] == 0x0D, bytes[position + 1] == 0x0A else { throw Malformed(offset: position) }
      position += 2
      records.append(record)
      record = []
    }
    guard record.isEmpty, Set(records.map(\.count)).count <= 1 else { throw Malformed(offset: position) }
    return records
  }
}
