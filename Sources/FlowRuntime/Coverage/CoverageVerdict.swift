import FlowCore
import StudyModel
import StudyProcessors

/// The coverage result for one participant, in one line.
package struct CoverageVerdict: Sendable, Equatable {
  package enum Standing: String, Sendable, CaseIterable {
    /// Everything available has been collected.
    case complete
    /// The next run continues.
    case waiting
    case needsPerson = "needs_person"
    /// No sync is known, so nothing could be requested.
    case notSynced = "not_synced"
    /// Paused or withdrawn.
    case notCollected = "not_collected"

    /// `3 need a person`.
    package func words(_ count: Int) -> String {
      switch self {
      case .complete: "complete"
      case .waiting: count == 1 ? "waits for the next run" : "wait for the next run"
      case .needsPerson: count == 1 ? "needs a person" : "need a person"
      case .notSynced: "not synced"
      case .notCollected: "not collected"
      }
    }
  }

  package var standing: Standing
  /// `complete but for 1 443 min not worn`.
  package var finding: String
  package var next: String

  package static let nothing = "nothing to do"

  /// `1 443`.
  package static func grouped(_ count: Int64) -> String {
    let digits = String(abs(count))
    let head = digits.count % 3
    var groups = head == 0 ? [] : [String(digits.prefix(head))]
    var rest = digits.dropFirst(head)
    while !rest.isEmpty {
      groups.append(String(rest.prefix(3)))
      rest = rest.dropFirst(3)
    }
    return (count < 0 ? "-" : "") + groups.joined(separator: " ")
  }
}

extension CoverageReport {
  /// The first line of the report.
  package static func verdict(_ participants: [Participant]) -> String {
    if participants.isEmpty { return "no participants" }
    if participants.count == 1, let one = participants.first {
      return "\(one.participant): \(one.verdict.finding); \(one.verdict.next)"
    }
    let groups = CoverageVerdict.Standing.allCases.compactMap { standing -> String? in
      let names = participants.filter { $0.verdict.standing == standing }.map(\.participant)
      guard !names.isEmpty else { return nil }
      let words = "\(names.count) \(standing.words(names.count))"
      return standing == .complete ? words : "\(words) (\(listed(names)))"
    }
    return "\(participants.count) participants: \(groups.joined(separator: ", "))"
  }

  private static let namesInVerdict = 5

  private static func listed(_ names: [String]) -> String {
    names.prefix(namesInVerdict).joined(separator: ", ") + (names.count > namesInVerdict ? ", …" : "")
  }
}

extension CoverageState {
  /// `not worn`.
  package var words: String { rawValue.split(separator: "_").joined(separator: " ") }
}
