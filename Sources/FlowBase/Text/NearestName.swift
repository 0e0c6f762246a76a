/// Guesses the name that a person most likely meant.
package enum NearestName {
  /// The closest of `names` by edit distance (swapping neighbours counts as one edit); nil if none is within a third of
  /// the name's length.
  package static func of(_ name: String, among names: some Sequence<String>) -> String? {
    let limit = max(1, name.count / 3)
    let scored = names.filter { $0 != name }
      .map { (name: $0, distance: distance(Array(name.lowercased()), Array($0.lowercased()))) }
      .filter { $0.distance <= limit }
    return scored.min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name ?? beginning(with: name, among: names)
      ?? containing(name, among: names)
  }

  /// The only name that starts with the given abbreviation: `integer` for `int`.
  private static func beginning(with name: String, among names: some Sequence<String>) -> String? {
    guard name.count >= 3 else { return nil }
    let longer = names.filter { $0 != name && $0.lowercased().hasPrefix(name.lowercased()) }
    return longer.count == 1 ? longer[0] : nil
  }

  /// The only name that has the given one among its words: `http_url` for `url`.
  private static func containing(_ name: String, among names: some Sequence<String>) -> String? {
    guard name.count >= 3 else { return nil }
    let longer = allContaining(name, among: names)
    return longer.count == 1 ? longer[0] : nil
  }

  private static func allContaining(_ name: String, among names: some Sequence<String>) -> [String] {
    names.filter { $0.lowercased().split { "_- ".contains($0) }.contains(Substring(name.lowercased())) && $0 != name }
  }

  /// `did you mean 'routes'?` if there is a close name.
  package static func suggestion(for name: String, among names: some Sequence<String>) -> String? {
    of(name, among: names).map { "did you mean '\($0)'?" }
  }

  /// The suggestion; if no name is close, the full list, or of a long one the names that have the given one among their words. nil if these are too many
  /// or none: the message must say then where the names are.
  package static func hint(for name: String, among names: [String]) -> String? {
    if let suggestion = suggestion(for: name, among: names) { return suggestion }
    let listed = names.count <= 12 ? names : allContaining(name, among: names)
    guard !listed.isEmpty, listed.count <= 12 else { return nil }
    return (listed.count == names.count ? "available: " : "did you mean one of: ") + listed.joined(separator: ", ")
  }

  /// Damerau-Levenshtein distance, restricted form (optimal string alignment).
  static func distance(_ left: [Character], _ right: [Character]) -> Int {
    guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
    var beforePrevious: [Int] = []
    var previous = Array(0...right.count)
    for row in 1...left.count {
      var current = [row]
      for column in 1...right.count {
        let cost = left[row - 1] == right[column - 1] ? 0 : 1
        var best = min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + cost)
        if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
          best = min(best, beforePrevious[column - 2] + 1)
        }
        current.append(best)
      }
      beforePrevious = previous
      previous = current
    }
    return previous[right.count]
  }
}
