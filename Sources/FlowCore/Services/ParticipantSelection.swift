/// Which participants a run is for.
package struct ParticipantSelection: Sendable, Equatable {
  /// A name must match one of these patterns (`*`, `?`); nil: every name does.
  package var patterns: [String]?

  package init(patterns: [String]? = nil) { self.patterns = patterns }
  package static let all = ParticipantSelection()

  package func includes(_ participant: String) -> Bool {
    patterns.map { $0.contains { Glob.matches(participant, pattern: $0) } } ?? true
  }
}

extension ParticipantSelection {
  /// Throws `UsageProblems` for patterns that match none of the names: whoever wrote them meant somebody.
  ///
  /// - Parameters:
  ///   - option: as it was written, such as `--only`.
  ///   - place: where the names come from, such as the batch folder's path.
  package func check(among names: [String], option: String, place: String) throws(UsageProblems) {
    let problems = (patterns ?? []).filter { pattern in !names.contains { Glob.matches($0, pattern: pattern) } }
      .map { pattern in
        Problem(
          subject: "\(option) '\(pattern)'", found: "no participant in \(place) matches",
          expected: names.isEmpty ? nil : "the name of one of its \(names.count) participants, or a pattern such as 'P00*'",
          hint: names.isEmpty ? "there are no participants in it" : NearestName.hint(for: pattern, among: names))
      }
    if !problems.isEmpty { throw UsageProblems(problems) }
  }
}

/// What was asked for on the command line is not there: a usage error (exit 64), told before anything starts.
package struct UsageProblems: Error, Sendable, CustomStringConvertible {
  package var all: [Problem]
  package init(_ all: [Problem]) { self.all = all }
  package var description: String { all.map(\.description).joined(separator: "\n") }
}

/// Shell patterns with `*` (any run of characters) and `?` (one character).
package enum Glob {
  package static func matches(_ text: String, pattern: String) -> Bool {
    let text = Array(text)
    let pattern = Array(pattern)
    var at = 0
    var inPattern = 0
    var star: (pattern: Int, text: Int)?
    while at < text.count {
      if inPattern < pattern.count, pattern[inPattern] == "*" {
        star = (inPattern, at)
        inPattern += 1
      } else if inPattern < pattern.count, pattern[inPattern] == "?" || pattern[inPattern] == text[at] {
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
    return pattern[inPattern...].allSatisfy { $0 == "*" }
  }
}
