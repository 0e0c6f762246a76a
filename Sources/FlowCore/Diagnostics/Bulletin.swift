/// An operator-facing event of a run. Bulletins are grouped by processor, level and subject: never one line per FlowFile.
package struct Bulletin: Hashable, Sendable {
  package enum Level: String, Sendable, Comparable {
    case info, warning, error
    package static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
    private var rank: Int { self == .info ? 0 : self == .warning ? 1 : 2 }
  }
  package var level: Level
  /// Name of the processor; empty for the run.
  package var processor: String
  /// What groups: a constant sentence or a cause.
  package var subject: String
  /// This one event's own words.
  package var detail: String

  package init(_ level: Level, processor: String, subject: String, detail: String) {
    self.level = level
    self.processor = processor
    self.subject = subject
    self.detail = detail
  }
}
