/// NiFi's rules for reducing `$$` to `$` around expressions.
enum DollarEscapes {
  /// Halves every run of `$` before the first `{`, or everywhere if there is none.
  static func leading(_ source: PlacedText) -> PlacedText {
    let brace = source.scalars.firstIndex(of: "{") ?? source.count
    var result = PlacedText(at: source.offset(at: 0))
    var position = 0
    while position < source.count {
      let isPair = position + 1 < brace && source[position] == "$" && source[position + 1] == "$"
      result.append(source[position..<(position + 1)])
      position += isPair ? 2 : 1
    }
    return result
  }

  /// Drops half of the trailing `$`; with `unlessAll`, only if there is other text.
  static func trailing(_ source: PlacedText, unlessAll: Bool) -> PlacedText {
    let dollars = source.scalars.reversed().prefix { $0 == "$" }.count
    if unlessAll, dollars == source.count { return source }
    return source[0..<(source.count - dollars / 2)]
  }

  /// Drops one `$` of every pair before `{…}` on the same line.
  static func escaped(_ source: PlacedText) -> PlacedText {
    var result = PlacedText(at: source.offset(at: 0))
    var position = 0
    while position < source.count {
      let isPair = position + 1 < source.count && source[position] == "$" && source[position + 1] == "$"
      result.append(source[position..<(position + 1)])
      position += isPair && isBeforeBraces(source, position + 2) ? 2 : 1
    }
    return result
  }

  private static func isBeforeBraces(_ source: PlacedText, _ start: Int) -> Bool {
    var position = start
    while position < source.count, source[position] == "$" { position += 1 }
    guard position < source.count, source[position] == "{" else { return false }
    for scalar in source.scalars[position...] {
      if scalar == "}" { return true }
      if scalar == "\n" || scalar == "\r" { return false }
    }
    return false
  }
}
