/// Where bytes stop being UTF-8.
package enum UTF8Fault {
  /// The offset of the first byte that is not UTF-8; nil if all of them are.
  package static func offset(in bytes: some Collection<UInt8>) -> Int? {
    // Most are whole, which this tells faster.
    if String(validating: bytes, as: UTF8.self) != nil { return nil }
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var offset = 0
    while true {
      switch parser.parseScalar(from: &iterator) {
      case .valid(let scalar): offset += scalar.count
      case .error: return offset
      case .emptyInput: return nil
      }
    }
  }

  /// For a message, after "is not UTF-8": ` (near byte 7)`, or nothing.
  package static func place(in bytes: some Collection<UInt8>) -> String { offset(in: bytes).map { " (near byte \($0))" } ?? "" }

  /// The beginning of a text that was cut at some byte: without the part of a character at its end.
  package static func beginning(of bytes: [UInt8], atMost count: Int) -> ArraySlice<UInt8> {
    guard count < bytes.count else { return bytes[...] }
    // A character has at most three bytes after its first one.
    var start = count
    while start > max(0, count - 3), bytes[start] & 0xC0 == 0x80 { start -= 1 }
    let length = switch bytes[start] {
    case 0xC2..<0xE0: 2
    case 0xE0..<0xF0: 3
    case 0xF0..<0xF5: 4
    default: 1
    }
    return start + length > count ? bytes[..<start] : bytes[..<count]
  }
}
