import FlowRuntime
import StudyModel

/// The causes of trouble at the end of a run: for each, how much and whose, an example, and the command that deals with it.
enum TroubleList {
  private static let namedParticipants = 3
  private static let indentation = String(repeating: " ", count: 14)

  static func lines(_ report: RunReport, _ terminal: Terminal, _ hint: CommandHint, width: Int? = nil) -> [String] {
    let width = width ?? terminal.width ?? .max
    return (report.troubles ?? []).flatMap { trouble -> [String] in
      let remedy = TroubleRemedy(trouble, flow: report.flowFile ?? "FLOW", hint: hint)
      var lines = [terminal.styled(TextTable.cut("trouble       " + head(trouble), to: width), trouble.retryable ? .yellow : .red)]
      if let example = trouble.example {
        lines.append(TextTable.cut(indentation + example.split(whereSeparator: \.isNewline).joined(separator: "; "), to: width))
      }
      // Never cut: it is to be pasted.
      return lines + ["\(indentation)\(remedy.words): \(remedy.command)"]
    }
  }

  /// `server_error: 36 entries of 21 participants: P0001, P0002, P0003 and 18 more`.
  private static func head(_ trouble: RunReport.Trouble) -> String {
    let people = trouble.participants.isEmpty ? nil : counted(trouble.participants.count, "participant", "participants")
    let entries = trouble.count == 0 ? nil : counted(trouble.count, "entry", "entries")
    let amount = [entries, people].compactMap(\.self).joined(separator: " of ")
    return "\(trouble.cause): \(amount)" + (people == nil ? "" : ": \(named(trouble.participants))")
  }

  private static func counted(_ count: Int, _ one: String, _ several: String) -> String { "\(count) \(count == 1 ? one : several)" }

  private static func named(_ participants: [String]) -> String {
    // "and 1 more" takes as much room as the name.
    guard participants.count > namedParticipants + 1 else { return participants.joined(separator: ", ") }
    return participants.prefix(namedParticipants).joined(separator: ", ") + " and \(participants.count - namedParticipants) more"
  }
}
