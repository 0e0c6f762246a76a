import FlowBase

/// Writes JSON text like Jackson: compact, with minimal escaping.
enum JSONWriter {
  static func text(_ value: JSONValue) -> String {
    var result: [UInt8] = []
    write(value, to: &result)
    return String(decoding: result, as: UTF8.self)
  }

  private static func write(_ value: JSONValue, to result: inout [UInt8]) {
    switch value {
    case .string(let text): JSONText.write(text, to: &result, escapes: .jackson)
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
        JSONText.write(member.key, to: &result, escapes: .jackson)
        result.append(UInt8(ascii: ":"))
        write(member.value, to: &result)
      }
      result.append(UInt8(ascii: "}"))
    case .decimal(let number) where !number.isFinite: JSONText.write(JavaDecimal.text(number), to: &result, escapes: .jackson)
    default: result += (value.scalarText ?? "null").utf8
    }
  }
}
