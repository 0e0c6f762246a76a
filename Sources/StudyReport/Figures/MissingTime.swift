import FlowCore
import FlowRuntime
import StudyModel
import StudyProcessors

/// Time without rows, in one state and with one cause.
package struct MissingTime: Sendable, Equatable {
  package var state: CoverageState
  /// The ledger's cause of `failed` and `deferred`, or what stands between a participant and a sync.
  package var cause: Cause?
  package var dataType: String
  package var unit: CoverageUnit
  package var count: Int64
  package var participants: Int
}

/// Adds up spans by state, cause and data type.
struct MissingTally {
  private struct Key: Hashable {
    var state: CoverageState
    var cause: Cause?
    var type: Int
  }

  private let types: [CoveredDataType]
  private var found: [Key: MissingTime] = [:]
  private var totals: [DataTypeFigures?]

  init(_ types: [CoveredDataType]) {
    self.types = types
    totals = types.map { _ in nil }
  }

  mutating func add(_ coverages: [Coverage]) {
    var seen: Set<Key> = []
    for (index, coverage) in coverages.enumerated() {
      var total = totals[index] ?? DataTypeFigures(name: types[index].name, unit: coverage.unit, counts: CoverageState.allCases.map { _ in 0 })
      for span in coverage.spans {
        total.counts[span.state.index] += span.count
        guard span.state != .have else { continue }
        let key = Key(state: span.state, cause: span.cause, type: index)
        var time =
          found[key] ?? MissingTime(state: span.state, cause: span.cause, dataType: types[index].name, unit: coverage.unit, count: 0, participants: 0)
        time.count += span.count
        if seen.insert(key).inserted { time.participants += 1 }
        found[key] = time
      }
      totals[index] = total
    }
  }

  /// In the order of states, causes and the flow file's data types; without what counts nothing.
  var missing: [MissingTime] {
    found.filter { $0.value.count > 0 }.sorted { left, right in
      (left.key.state.index, left.key.cause?.rawValue ?? "", left.key.type) < (right.key.state.index, right.key.cause?.rawValue ?? "", right.key.type)
    }.map(\.value)
  }

  var dataTypes: [DataTypeFigures] { totals.compactMap { $0 } }
}
