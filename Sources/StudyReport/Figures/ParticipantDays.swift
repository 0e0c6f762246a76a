import FlowCore
import FlowRuntime
import StudyModel
import StudyProcessors

/// One participant's local days, each in the state that matters most.
///
/// Of any data type: `failed`, else `deferred`, else `never_asked`, else `lost`, if any of the day is in that state. Otherwise heart rate decides
/// (without it, the samples that the flow collects; without any, all its data types): `have` if there is any; else `not_worn` or `not_synced`,
/// whichever is more.
package struct ParticipantDays: Sendable, Equatable {
  package struct Cell: Sendable, Equatable {
    package var state: CoverageState
    /// How much of the day there is, 0 to 100 %, of the data that decide.
    package var share: UInt8
    /// Minutes with heart rate; -1 if none of the day's heart rate has been answered.
    package var heartMinutes: Int16
  }

  /// Days since 1970.
  package var first: Int64
  package var cells: [Cell]

  package var end: Int64 { first + Int64(cells.count) }

  package static let none = ParticipantDays(first: 0, cells: [])

  package init(first: Int64, cells: [Cell]) {
    self.first = first
    self.cells = cells
  }

  /// - Parameter basis: indices of the data types that decide, and whether they are of heart rate.
  init(_ coverages: [Coverage], zone: CivilZone, basis: DayBasis) {
    let spans = coverages.compactMap { coverage in coverage.spans.first.flatMap { first in coverage.spans.last.map { first.start..<$0.end } } }
    guard let start = spans.map(\.lowerBound).min(), let end = spans.map(\.upperBound).max(), start < end else {
      self = .none
      return
    }
    let firstDate = zone.date(at: start), lastDate = zone.date(at: end - 1)
    let count = Int(lastDate.daysSince1970 - firstDate.daysSince1970) + 1
    let bounds = (0...count).map { zone.startOfDay(firstDate.advanced(byDays: Int64($0))) }
    var tallies = [DayTally](repeating: DayTally(), count: count)
    for (index, coverage) in coverages.enumerated() {
      let decides = basis.types.contains(index), isHeart = decides && basis.isHeartRate
      var day = 0
      for span in coverage.spans {
        while day + 1 < count, bounds[day + 1] <= span.start { day += 1 }
        var at = day
        while at < count, bounds[at] < span.end {
          let seconds = min(span.end, bounds[at + 1]) - max(span.start, bounds[at])
          if seconds > 0 { tallies[at].add(span.state, seconds, decides: decides, isHeart: isHeart) }
          at += 1
        }
      }
    }
    first = firstDate.daysSince1970
    cells = tallies.map(\.cell)
  }
}

/// Which data types decide the state of a day.
struct DayBasis {
  var types: Set<Int>
  var isHeartRate: Bool
}

extension DayBasis {
  init(_ all: [CoveredDataType]) {
    let heart = all.indices.filter { all[$0].isHeartRate }
    let samples = all.indices.filter { all[$0].step != .civilDay && all[$0].table?.timeColumn?.kind == .instant && all[$0].durationColumn == nil }
    isHeartRate = !heart.isEmpty
    types = Set(!heart.isEmpty ? heart : !samples.isEmpty ? samples : Array(all.indices))
  }
}

extension CoveredDataType {
  /// The table of heart rate that flowrun promises (the guide, "The tables").
  var isHeartRate: Bool { table?.name == "fitbit_intraday_hr" && step != .civilDay }
}

extension CoverageState {
  package var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// Seconds of one day by state.
private struct DayTally {
  /// Of the data types that decide.
  private var have: Int64 = 0
  private var notWorn: Int64 = 0
  private var notSynced: Int64 = 0
  private var others: Int64 = 0
  /// Whether any data type has the state, in order of importance.
  private var trouble = [false, false, false, false]
  private var heart: Int64 = 0
  private var isHeartSeen = false

  private static let troubles: [CoverageState] = [.failed, .deferred, .neverAsked, .lost]

  mutating func add(_ state: CoverageState, _ seconds: Int64, decides: Bool, isHeart: Bool) {
    if let rank = Self.troubles.firstIndex(of: state) { trouble[rank] = true }
    if isHeart {
      if state == .have { heart += seconds }
      if [.have, .notWorn, .lost].contains(state) { isHeartSeen = true }
    }
    guard decides else { return }
    switch state {
    case .have: have += seconds
    case .notWorn: notWorn += seconds
    case .notSynced: notSynced += seconds
    case .lost, .failed, .deferred, .neverAsked: others += seconds
    }
  }

  var cell: ParticipantDays.Cell {
    let all = have + notWorn + notSynced + others
    let state = trouble.firstIndex(of: true).map { Self.troubles[$0] } ?? (have > 0 ? .have : notWorn > 0 && notWorn >= notSynced ? .notWorn : .notSynced)
    return .init(
      state: state, share: all == 0 ? 0 : UInt8(min(have * 100 / all, 100)), heartMinutes: isHeartSeen ? Int16(min(heart / 60, 25 * 60)) : -1)
  }
}
