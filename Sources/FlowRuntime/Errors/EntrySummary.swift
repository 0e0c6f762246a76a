import FlowCore
import FlowErrors
import StudyModel
import StudyParticipants

/// Error entries aggregated by a common property.
package struct EntrySummary: Encodable, Sendable {
  package enum Grouping: String, CaseIterable, Sendable { case cause, participant, processor }

  package let grouping: Grouping
  package let name: String
  package let count: Int
  package let participants: Set<String>
  package let causes: [String]
  package let processors: [String]
  package let isRetryable: Bool
  /// The message of the latest entry.
  package let example: String
  private let isMixed: Bool

  /// `yes`, `no` or `some`.
  package var retryable: String { isMixed ? "some" : isRetryable ? "yes" : "no" }

  /// Most frequent first.
  package static func all(_ entries: [StoredEntry], by grouping: Grouping) -> [EntrySummary] {
    Dictionary(grouping: entries) { entry in
      switch grouping {
      case .cause: entry.cause.rawValue
      case .participant: entry.participant ?? "-"
      case .processor: entry.document.processor
      }
    }.map { EntrySummary(grouping, $0.key, $0.value) }.sorted { ($1.count, $0.name) < ($0.count, $1.name) }
  }

  private init(_ grouping: Grouping, _ name: String, _ entries: [StoredEntry]) {
    self.grouping = grouping
    self.name = name
    count = entries.count
    participants = Set(entries.compactMap(\.participant))
    causes = Set(entries.map(\.cause.rawValue)).sorted()
    processors = Set(entries.map(\.document.processor)).sorted()
    isRetryable = entries.allSatisfy(\.cause.isRetryable)
    isMixed = !isRetryable && entries.contains { $0.cause.isRetryable }
    example = entries.last?.document.message ?? ""
  }

  package func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: NamedKey.self)
    try members.encode(name, forKey: NamedKey(grouping.rawValue))
    try members.encode(count, forKey: NamedKey("count"))
    try members.encode(participants.count, forKey: NamedKey("participants"))
    try members.encode(isRetryable, forKey: NamedKey("retryable"))
    if grouping != .cause { try members.encode(causes, forKey: NamedKey("causes")) }
    if grouping != .processor { try members.encode(processors, forKey: NamedKey("processors")) }
    try members.encode(example, forKey: NamedKey("example"))
  }
}
