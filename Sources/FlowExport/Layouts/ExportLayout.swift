import FlowCore

/// The tables of an export and how they look.
package struct ExportLayout: Sendable {
  /// As `--layout` names it.
  package var name: String
  /// One line for the command's help.
  package var summary: String
  /// The tables, given those that the flow declares.
  package var tables: @Sendable (_ flow: [TableSchema]) -> [ExportTable]

  /// All layouts, the default first.
  package static let all = [flowrun, allOfUs, myDataHelps, rapids]
}
