/// Guesses which name was meant.
enum NearestName {
  /// "did you mean …?", when a name is near enough to be a slip.
  static func hint(for name: String, among candidates: some Sequence<String>) -> String? {
    let wanted = Array(name.lowercased())
    let best = candidates.map { (distance: distance(wanted, Array($0.lowercased())), name: $0) }
      .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
    guard let best, best.distance <= max(1, wanted.count / 3) else { return nil }
    return "did you mean '\(best.name)'?"
  }

  /// Letters to insert, remove or exchange.
  private static func distance(_ left: [Character], _ right: [Character]) -> Int {
    var row = Array(0...right.count)
    for (index, letter) in left.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in right.indices {
        let substitution = diagonal + (letter == right[column] ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(substitution, row[column + 1] + 1, row[column] + 1)
      }
    }
    return row[right.count]
  }
}
