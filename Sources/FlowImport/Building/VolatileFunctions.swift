/// Functions of expressions whose result is not the same for each FlowFile.
enum VolatileFunctions {
  private static let changing: Set<String> = ["now", "random", "UUID", "nextInt", "thread", "getStateValue"]
  /// Those over several attributes, whose names they find themselves.
  private static let reading: Set<String> = ["allAttributes", "anyAttribute", "allMatchingAttributes", "anyMatchingAttribute"]

  static func readsAttributes(_ function: String) -> Bool { reading.contains(function) }

  /// The names of those that a text calls within `${…}`; a name in a literal counts too, which costs a note at most.
  static func called(in text: String) -> Set<String> {
    var called: Set<String> = []
    var word: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): word.append(byte)
      // White space may stand between a name and its parenthesis.
      case 0x20, 0x09, 0x0A, 0x0D: break
      case UInt8(ascii: "("):
        let name = String(decoding: word, as: UTF8.self)
        if changing.contains(name) || reading.contains(name) { called.insert(name) }
        word = []
      default: word = []
      }
    }
    return called
  }
}
