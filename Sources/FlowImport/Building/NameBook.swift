/// Gives names that flow files accept, each once.
struct NameBook {
  /// In characters; flow files allow 60.
  private static let longest = 60
  private static let reserved: Set<String> = ["errors", "defer", "drop"]
  /// In the form that folders have.
  private var used: Set<String> = []
  /// The number to try next, by what stands before it: many components may have the same name, or names with the same beginning.
  private var numbers: [String: Int] = [:]

  /// A free name as near to the given one as it can be.
  mutating func take(_ wanted: String, else usual: String) -> String {
    let plain = Self.plain(wanted, else: usual)
    if !Self.reserved.contains(plain), used.insert(Self.folder(plain)).inserted { return plain }
    let stem = Self.cut(plain, to: Self.longest - 8)
    var number = numbers[Self.folder(stem)] ?? 2
    while true {
      let name = "\(stem) \(number)"
      number += 1
      if used.insert(Self.folder(name)).inserted {
        numbers[Self.folder(stem)] = number
        return name
      }
    }
  }

  /// Without what a name may not have: it is a folder's name too.
  static func plain(_ wanted: String, else usual: String) -> String {
    var name = ""
    for scalar in wanted.unicodeScalars {
      name.unicodeScalars.append(scalar == "/" || scalar == "\\" ? "-" : Quote.isPlain(scalar) && !scalar.properties.isVariationSelector ? scalar : " ")
    }
    name = cut(String(name.drop { $0 == " " || $0 == "." || $0 == "-" }), to: longest)
    return name.isEmpty ? usual : name
  }

  private static func cut(_ name: String, to length: Int) -> String {
    var cut = String(name.prefix(length))
    while cut.utf8.count > 180 { cut.removeLast() }
    while cut.hasSuffix(" ") { cut.removeLast() }
    return cut
  }

  private static func folder(_ name: String) -> String { String(name.map { $0 == " " ? "-" : $0 }) }
}
