/// Shell patterns: `*` is any run of characters, `?` one character, `[a-z0]` one of these, `[!a-z]` or `[^a-z]` one that is none of these. In brackets
/// a `]` is one of them if it comes first, and a `-` if it comes first or last. A `[` without a `]` is that character; `[[]` always is.
package enum Glob {
  private enum Part {
    case character(Character)
    case any
    case run
    case members([ClosedRange<Character>], isExcluding: Bool)

    func matches(_ character: Character) -> Bool {
      switch self {
      case .character(let own): own == character
      case .any: true
      case .run: false
      case .members(let members, let isExcluding): members.contains { $0.contains(character) } != isExcluding
      }
    }
  }

  /// - Parameter readsBrackets: false where brackets are text, as in the messages and addresses of a flow's tests.
  package static func matches(_ text: String, pattern: String, readsBrackets: Bool = true) -> Bool {
    let text = Array(text)
    let pattern = parts(of: Array(pattern), readsBrackets)
    var at = 0
    var inPattern = 0
    var star: (pattern: Int, text: Int)?
    while at < text.count {
      if inPattern < pattern.count, case .run = pattern[inPattern] {
        star = (inPattern, at)
        inPattern += 1
      } else if inPattern < pattern.count, pattern[inPattern].matches(text[at]) {
        inPattern += 1
        at += 1
      } else if let last = star {
        star = (last.pattern, last.text + 1)
        inPattern = last.pattern + 1
        at = last.text + 1
      } else {
        return false
      }
    }
    return pattern[inPattern...].allSatisfy { if case .run = $0 { true } else { false } }
  }

  private static func parts(of pattern: [Character], _ readsBrackets: Bool) -> [Part] {
    var parts: [Part] = []
    parts.reserveCapacity(pattern.count)
    var position = 0
    while position < pattern.count {
      if readsBrackets, pattern[position] == "[", let (members, end) = members(in: pattern, after: position) {
        parts.append(members)
        position = end
        continue
      }
      switch pattern[position] {
      case "*": parts.append(.run)
      case "?": parts.append(.any)
      case let character: parts.append(.character(character))
      }
      position += 1
    }
    return parts
  }

  /// What is in brackets, and the position behind them; nil if they are not closed.
  private static func members(in pattern: [Character], after bracket: Int) -> (Part, end: Int)? {
    var start = bracket + 1
    let isExcluding = start < pattern.count && (pattern[start] == "!" || pattern[start] == "^")
    if isExcluding { start += 1 }
    // One that comes first does not close them.
    guard start < pattern.count, let end = pattern[(start + 1)...].firstIndex(of: "]") else { return nil }
    var members: [ClosedRange<Character>] = []
    var position = start
    while position < end {
      let first = pattern[position]
      if position + 2 < end, pattern[position + 1] == "-" {
        // From z to a there is nothing.
        if first <= pattern[position + 2] { members.append(first...pattern[position + 2]) }
        position += 3
      } else {
        members.append(first...first)
        position += 1
      }
    }
    return (.members(members, isExcluding: isExcluding), end + 1)
  }
}
