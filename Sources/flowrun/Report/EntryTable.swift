import FlowCore
import FlowErrors
import StudyModel
import StudyParticipants

/// Entries of the error folder for people.
enum EntryTable {
  /// A uuid's beginning is enough to name an entry; where nothing has to fit, it stands whole.
  private static let shortUUIDLength = 8

  static func lines(_ entries: [StoredEntry], _ terminal: Terminal) -> [String] {
    let width = terminal.width
    var table = TextTable([
      ("uuid", .left), ("cause", .left), ("participant", .left), ("processor", .left), ("slice", .left), ("message", .left),
    ])
    for entry in entries {
      let slice = [AttributeName.dataType, AttributeName.sliceStart].compactMap { entry.document.attributes[$0] }
      table.add([
        width == nil ? entry.document.uuid : String(entry.document.uuid.prefix(shortUUIDLength)), entry.cause.rawValue,
        entry.participant ?? "-", entry.document.processor, slice.isEmpty ? "-" : slice.joined(separator: " "), entry.document.message,
      ])
    }
    return table.fitted(to: width, cutting: [5, 4, 3, 2, 1]).lines(terminal)
  }

  static func lines(_ summaries: [EntrySummary], _ terminal: Terminal) -> [String] {
    guard let grouping = summaries.first?.grouping else { return [] }
    var table = TextTable([
      (grouping.rawValue, .left), ("entries", .right), ("participants", .right), ("retryable", .left),
      (grouping == .cause ? "processors" : "causes", .left), ("for example", .left),
    ])
    for summary in summaries {
      table.add([
        summary.name, String(summary.count), String(summary.participants.count), summary.retryable,
        (grouping == .cause ? summary.processors : summary.causes).joined(separator: ", "), summary.example,
      ])
    }
    return table.fitted(to: terminal.width, cutting: [5, 4, 0]).lines(terminal)
  }
}

/// Entries that have something in common, summed up.
struct EntrySummary: Encodable {
  enum Grouping: String, CaseIterable, Sendable { case cause, participant, processor }

  let grouping: Grouping
  let name: String
  let count: Int
  let participants: Set<String>
  let causes: [String]
  let processors: [String]
  let isRetryable: Bool
  /// Of the latest entry.
  let example: String
  private let isMixed: Bool

  /// `yes`, `no` or `some`.
  var retryable: String { isMixed ? "some" : isRetryable ? "yes" : "no" }

  /// The most frequent first.
  static func all(_ entries: [StoredEntry], by grouping: Grouping) -> [EntrySummary] {
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

  func encode(to encoder: any Encoder) throws {
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
