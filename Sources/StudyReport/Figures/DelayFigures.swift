import FlowCore
import StudyModel

/// How long after the end of a slice its answer was fetched, in seconds, weighted by the slice's rows. Of a slice that was asked again, the latest
/// answer counts. A slice that was asked before its end is left out.
package struct DelayFigures: Sendable, Equatable, Encodable {
  package var dataType: String
  /// Half of the rows came at most this much later.
  package var median: Int64
  /// 95 of 100 rows came at most this much later.
  package var most: Int64
  package var rows: Int64
  /// Slices that were asked before their end; their rows are not counted.
  package var early: Int

  package enum CodingKeys: String, CodingKey {
    case rows
    case dataType = "data_type"
    case median = "median_seconds"
    case most = "p95_seconds"
    case early = "early_slices"
  }
}

/// Collects delays by whole minutes.
struct DelayTally {
  private struct Tally {
    var rows: [Int64: Int64] = [:]
    var early = 0
  }
  private var tallies: [String: Tally] = [:]

  /// - Parameter window: only slices that begin in it count, in seconds since 1970; nil: all.
  mutating func add(_ ledger: [LedgerSlice], within window: Range<Int64>?) {
    for slice in ledger where slice.state.isAnswered && slice.rows > 0 && window?.contains(slice.key.start) ?? true {
      guard let fetched = slice.fetchedAt else { continue }
      // In place: a copy of the minutes for each slice would cost more than all the rest.
      if fetched.seconds < slice.key.end {
        tallies[slice.key.dataType, default: Tally()].early += 1
      } else {
        tallies[slice.key.dataType, default: Tally()].rows[(fetched.seconds - slice.key.end) / 60, default: 0] += Int64(slice.rows)
      }
    }
  }

  /// In the order of `dataTypes`; without those that have no rows.
  func figures(_ dataTypes: [String]) -> [DelayFigures] {
    dataTypes.compactMap { name in
      guard let tally = tallies[name] else { return nil }
      let sorted = tally.rows.sorted { $0.key < $1.key }
      let rows = sorted.reduce(0) { $0 + $1.value }
      guard rows > 0 else { return nil }
      func quantile(_ percent: Int64) -> Int64 {
        let wanted = (rows * percent + 99) / 100
        var sum: Int64 = 0
        for (minutes, count) in sorted {
          sum += count
          if sum >= wanted { return minutes * 60 }
        }
        return (sorted.last?.key ?? 0) * 60
      }
      return DelayFigures(dataType: name, median: quantile(50), most: quantile(95), rows: rows, early: tally.early)
    }
  }
}

/// Adds up the rows that latest answers lack.
struct VanishedTally {
  private var found: [String: VanishedRows] = [:]

  mutating func add(_ ledger: [LedgerSlice], within window: Range<Int64>?) {
    var seen: Set<String> = []
    for slice in ledger where slice.missing > 0 && window?.contains(slice.key.start) ?? true {
      let name = slice.key.dataType
      var rows = found[name] ?? VanishedRows(dataType: name, rows: 0, slices: 0, participants: 0)
      rows.rows += slice.missing
      rows.slices += 1
      if seen.insert(name).inserted { rows.participants += 1 }
      found[name] = rows
    }
  }

  func figures(_ dataTypes: [String]) -> [VanishedRows] { dataTypes.compactMap { found[$0] } }
}
