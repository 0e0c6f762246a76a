import FlowCore
import FlowDrawing
import FlowRuntime
import StudyModel
import StudyProcessors

/// The heat map participants × days as the report and the web's study page draw it.
package enum StudyHeatMap {
  /// The index of a state among `states`.
  private static func index(_ cell: ParticipantDays.Cell, _ validMinutes: Int) -> UInt8 {
    switch cell.state {
    case .have: isFull(cell, validMinutes) ? 0 : 1
    case .notWorn: 2
    case .lost: 3
    case .failed: 4
    case .deferred: 5
    case .neverAsked: 6
    case .notSynced: 7
    }
  }

  /// Without heart rate half a day is taken for much.
  private static func isFull(_ cell: ParticipantDays.Cell, _ validMinutes: Int) -> Bool {
    cell.heartMinutes < 0 ? cell.share >= 50 : Int(cell.heartMinutes) >= validMinutes
  }

  /// The seven states of coverage, `have` in two shades. Colours by Okabe and Ito.
  package static func states(_ figures: StudyFigures) -> [HeatMap.State] {
    let (much, little) =
      figures.hasHeartRate
      ? ("have, a valid day", "have, less than \(figures.validMinutes) minutes of heart rate") : ("have, half of the day or more", "have, less than half of the day")
    return [
      HeatMap.State(name: "have", label: much, color: "#0072b2", form: .full),
      HeatMap.State(name: "have_less", label: little, color: "#56b4e9", form: .full),
      HeatMap.State(name: "not_worn", label: "not worn", color: "#009e73", form: .line),
      HeatMap.State(name: "lost", label: "lost", color: "#cc79a7", form: .half),
      HeatMap.State(name: "failed", label: "failed", color: "#d55e00", form: .blocks),
      HeatMap.State(name: "deferred", label: "deferred", color: "#e69f00", form: .smallBlocks),
      HeatMap.State(name: "never_asked", label: "never asked", color: "#000000", form: .ticks),
      HeatMap.State(name: "not_synced", label: "not synced", color: "#8a8a8a", form: .dots),
    ]
  }

  /// One drawing for each `rows` participants, so that paper breaks between them and the dates are never far; none if no participant has a day.
  /// - Parameter link: where a participant's name leads.
  package static func drawings(_ figures: StudyFigures, rows: Int = 36, link: (String) -> String? = { _ in nil }) -> [HeatMap] {
    guard let days = figures.days, !days.isEmpty else { return [] }
    let states = states(figures), first = CivilDate(daysSince1970: days.lowerBound)
    // The same width of names in all drawings keeps their days below one another.
    let longest = figures.participants.map(\.participant.count).max() ?? 0
    let names = min(max(longest, 6), HeatMap.longestName)
    return stride(from: 0, to: figures.participants.count, by: max(rows, 1)).map { from in
      let some = figures.participants[from..<min(from + rows, figures.participants.count)]
      let lines = some.map { one in
        HeatMap.Row(
          name: one.participant, link: link(one.participant), start: Int(one.days.first - days.lowerBound),
          cells: one.days.cells.map { index($0, figures.validMinutes) })
      }
      return HeatMap(
        title: "Days of \(some.first?.participant ?? "") to \(some.last?.participant ?? "")", description: description(some), states: states, rows: lines,
        first: first, days: days.count, nameLength: names)
    }
  }

  /// `have 85 days, failed 3 days`, for those who do not see the drawing.
  private static func description(_ participants: ArraySlice<ParticipantFigures>) -> String {
    var counts = CoverageState.allCases.map { _ in 0 }
    for participant in participants { for cell in participant.days.cells { counts[cell.state.index] += 1 } }
    let words = zip(CoverageState.allCases, counts).filter { $0.1 > 0 }.map { "\($0.words) \($1) \($1 == 1 ? "day" : "days")" }
    return "Of \(participants.count) \(participants.count == 1 ? "participant" : "participants"): \(words.joined(separator: ", "))"
  }
}
