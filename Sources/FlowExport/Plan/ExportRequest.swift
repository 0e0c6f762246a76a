import FlowCore
import StudyModel

/// What is exported, and how.
package struct ExportRequest: Sendable {
  package var flow: String
  /// Hexadecimal.
  package var flowSHA256: String
  /// flowrun's own.
  package var version: String
  package var layout: ExportLayout
  package var format: ExportFormat
  /// The tables that the flow declares.
  package var tables: [TableSchema]
  package var selection: ParticipantSelection
  /// Half-open; UTC days of instants, and dates.
  package var window: ExportWindow

  package init(
    flow: String, flowSHA256: String, version: String, layout: ExportLayout, format: ExportFormat, tables: [TableSchema], selection: ParticipantSelection,
    window: ExportWindow
  ) {
    self.flow = flow
    self.flowSHA256 = flowSHA256
    self.version = version
    self.layout = layout
    self.format = format
    self.tables = tables
    self.selection = selection
    self.window = window
  }
}

/// The days from `from` to before `until`; without a bound, all of that side.
package struct ExportWindow: Sendable, Equatable {
  package var from: CivilDate?
  package var until: CivilDate?

  package init(from: CivilDate? = nil, until: CivilDate? = nil) {
    self.from = from
    self.until = until
  }

  /// The days of a month that lie in the window; nil if none does.
  func days(of month: CivilMonth) -> Range<CivilDate>? {
    let days = month.days, start = max(days.lowerBound, from ?? days.lowerBound), end = min(days.upperBound, until ?? days.upperBound)
    return start < end ? start..<end : nil
  }
}
