import FlowCore
import FlowDefinition
import FlowSQLite
import Foundation
import StudyModel
import StudyObjects
import StudyParticipants
import StudyProcessors
import StudyRaw
import Testing

/// The flows of the folder `Flows` and the catalogue of the program.
enum ShippedFlows {
  enum Name: String, CaseIterable, Sendable {
    case fitbit
    case google = "google-health"
    case fitbitNightly = "fitbit-nightly"
    case googleNightly = "google-health-nightly"
    case fitbitExtract = "fitbit-extract"
    case googleExtract = "google-health-extract"
    case fitbitSteps = "fitbit-steps"
    case googleSteps = "google-health-steps"
    case fitbitWarehouse = "fitbit-warehouse"
    case googleWarehouse = "google-health-warehouse"
  }

  static func text(of name: Name) throws -> String {
    let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return try String(contentsOf: repository.appending(path: "Flows/\(name.rawValue).yaml"), encoding: .utf8)
  }

  static func load(_ text: String, _ name: Name, given: [String: ParameterValue] = [:]) -> Result<FlowGraph, Diagnostics> {
    let loader = FlowLoader(
      processors: BuiltinProcessors.catalog,
      services: [
        DatabaseDeclaration.descriptor, RawStorage.descriptor, RecordObjects.descriptor, WarehouseDeclaration.descriptor, FitbitWebAPI.descriptor,
        GoogleHealthAPI.descriptor,
      ],
      compiler: { CompiledExpressions(parameters: $0) }, conventions: .study)
    return loader.load(bytes: Array(text.utf8), file: "\(name.rawValue).yaml", given: given)
  }
}

/// One deliberate mistake: a text of a shipped flow and its replacement, in which `‸` marks the expected position.
struct Mistake: Sendable, CustomTestStringConvertible {
  struct NotThere: Error { var text: String }

  var flow: ShippedFlows.Name
  var edits: [(find: String, replacement: String)]
  var words: String
  /// Requires that the mistake is reported as exactly one problem.
  var isAlone: Bool

  init(
    _ find: String, _ replacement: String, _ words: String, also: [(String, String)] = [],
    in flow: ShippedFlows.Name = .fitbit, alone isAlone: Bool = true
  ) {
    edits = [(find, replacement)] + also.map { (find: $0.0, replacement: $0.1) }
    self.flow = flow
    self.words = words
    self.isAlone = isAlone
  }

  var testDescription: String { "\(edits.map(\.replacement).joined(separator: " … ")) → \(words)" }

  /// The flow with the mistake, and the position of the mark.
  func edited() throws -> (String, SourcePosition) {
    var text = try ShippedFlows.text(of: flow)
    for edit in edits {
      guard let range = text.range(of: edit.find) else { throw NotThere(text: edit.find) }
      text.replaceSubrange(range, with: edit.replacement)
    }
    guard let mark = text.range(of: "‸") else { throw NotThere(text: "‸") }
    let before = text[..<mark.lowerBound].split(separator: "\n", omittingEmptySubsequences: false)
    text.removeSubrange(mark)
    return (text, SourcePosition(line: before.count, column: (before.last?.unicodeScalars.count ?? 0) + 1))
  }
}
