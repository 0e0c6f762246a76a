/// Writes JSON text as Jackson does: compact, only what must be is escaped.
enum JSONWriter {
  static func text(_ value: JSONValue) -> String {
    var result: [UInt8] = []
    write(value, to: &result)
    return String(decoding: result, as: UTF8.self)
  }

  /// A text in quotes.
  static func quoted(_ text: String) -> String {
    var result: [UInt8] = []
    write(text, to: &result)
    return String(decoding: result, as: UTF8.self)
  }

  private static func write(_ value: JSONValue, to result: inout [UInt8]) {
    switch value {
    case .string(let text): write(text, to: &result)
    case .array(let values):
      result.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { result.append(UInt8(ascii: ",")) }
        write(value, to: &result)
      }
      result.append(UInt8(ascii: "]"))
    case .object(let object):
      result.append(UInt8(ascii: "{"))
      for (index, member) in object.members.enumerated() {
        if index > 0 { result.append(UInt8(ascii: ",")) }
        write(member.key, to: &result)
        result.append(UInt8(ascii: ":"))
        write(member.value, to: &result)
      }
      result.append(UInt8(ascii: "}"))
    case .decimal(let number) where !number.isFinite: write(JavaDecimal.text(number), to: &result)
    default: result += (value.scalarText ?? "null").utf8
    }
  }

  private static let hexadecimal = Array("0123456789ABCDEF".utf8)
  private static let short: [UInt8: UInt8] = [8: 0x62, 9: 0x74, 10: 0x6E, 12: 0x66, 13: 0x72, 0x22: 0x22, 0x5C: 0x5C]

  private static func write(_ text: String, to result: inout [UInt8]) {
    result.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      if byte >= 0x20, byte != 0x22, byte != 0x5C {
        result.append(byte)
      } else if let letter = short[byte] {
        result += [UInt8(ascii: "\\"), letter]
      } else {
        result += "\\u00".utf8
        result += [hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
      }
    }
    result.append(UInt8(ascii: "\""))
  }
}
