import FlowCore
import FlowErrors
import FlowRuntime
import StudyModel
import StudyParticipants

/// The text output of error entries.
enum EntryTable {
  /// A prefix of the uuid is enough to identify an entry; it is shown in full if the width is unlimited.
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
