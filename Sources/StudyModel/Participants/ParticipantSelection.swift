import FlowCore

/// The participants that a run is for.
package struct ParticipantSelection: Sendable, Equatable {
  /// A name must match one of these patterns (`*`, `?`, `[a-z]`); nil matches every name.
  package var patterns: [String]?
  /// Of those, only the participants of this shard; nil for all.
  package var shard: ParticipantShard?

  package init(patterns: [String]? = nil, shard: ParticipantShard? = nil) {
    self.patterns = patterns
    self.shard = shard
  }
  package static let all = ParticipantSelection()

  package func includes(_ participant: String) -> Bool { names(participant) && !isLeftToOthers(participant) }

  /// Whether a pattern names the participant, in whatever shard it is.
  package func names(_ participant: String) -> Bool {
    patterns.map { $0.contains { Glob.matches(participant, pattern: $0) } } ?? true
  }

  /// Whether the participant is another shard's.
  package func isLeftToOthers(_ participant: String) -> Bool { shard.map { !$0.includes(participant) } ?? false }
}

extension ParticipantSelection {
  /// Throws `Diagnostics` (a usage error) for patterns that match no name.
  ///
  /// - Parameters:
  ///   - option: the option as it was written, such as `--only`.
  ///   - place: where the names come from, such as the batch folder's path.
  package func check(among names: [String], option: String, place: String) throws(Diagnostics) {
    let problems = (patterns ?? []).filter { pattern in !names.contains { Glob.matches($0, pattern: pattern) } }
      .map { pattern in
        Diagnostic(
          .unknownName, subject: "\(option) '\(pattern)'", found: "no participant in \(place) matches",
          expected: names.isEmpty ? nil : "the name of one of its \(names.count) participants, or a pattern such as 'P00*'",
          hint: names.isEmpty ? "there are no participants in it" : NearestName.hint(for: pattern, among: names))
      }
    if !problems.isEmpty { throw Diagnostics(problems) }
  }
}
