extension RunReport {
  /// What a run leaves undone for one cause.
  package struct Trouble: Codable, Sendable, Equatable {
    /// The cause of the entries, as in the error folder; `waiting` for participants that are deferred without an entry.
    package var cause: String
    /// Error entries; 0 for `waiting`.
    package var count: Int
    /// Sorted.
    package var participants: [String]
    /// The next run tries again by itself.
    package var retryable: Bool
    /// The message of an entry, the latest that this run has written; nil if they are all of earlier runs.
    package var example: String?
    /// Of that entry, else of the latest; nil for `waiting`.
    package var uuid: String?

    package init(cause: String, count: Int, participants: [String], retryable: Bool, example: String? = nil, uuid: String? = nil) {
      self.cause = cause
      self.count = count
      self.participants = participants
      self.retryable = retryable
      self.example = example
      self.uuid = uuid
    }

    /// No entry says why: a rate limit, the end of the time, another run.
    package static let waiting = "waiting"
  }
}
