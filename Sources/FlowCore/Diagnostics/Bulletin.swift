/// An operator-facing event of a run. Bulletins are grouped by processor, level and subject, so there is never one line
/// per FlowFile.
package struct Bulletin: Hashable, Sendable {
  package enum Level: String, Sendable, Comparable {
    case info, warning, error
    package static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
    private var rank: Int { self == .info ? 0 : self == .warning ? 1 : 2 }
  }
  package var level: Level
  /// The processor's name; empty for the run itself.
  package var processor: String
  /// The grouping key: a constant sentence or a cause.
  package var subject: String
  /// The specifics of this event.
  package var detail: String

  package init(_ level: Level, processor: String, subject: String, detail: String) {
    self.level = level
    self.processor = processor
    self.subject = subject
    self.detail = detail
  }
}
