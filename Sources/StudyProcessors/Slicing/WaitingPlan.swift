import FlowCore
import StudyModel

/// A planned slice with its data type.
package struct WaitingSlice: Hashable, Sendable {
  package var dataType: String
  package var slice: PlannedSlice
}

/// The remaining plan of a participant, stored in the content of its FlowFile: the next slices, and the positions from
/// which later ones are generated. This keeps memory bounded for histories of years.
package struct WaitingPlan: Sendable, Equatable {
  /// The next slices, oldest first.
  package var slices: [WaitingSlice] = []
  /// By data type: the start of the slices not yet generated. A data type without an entry is finished.
  package var rest: [String: Int64] = [:]

  var isEmpty: Bool { slices.isEmpty && rest.isEmpty }
}

extension WaitingPlan {
  private static let slice = "slice"
  private static let place = "rest"
  /// Years 1 to 9999; date arithmetic beyond them could overflow 64 bits.
  private static let instants: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

  package var batch: RecordBatch {
    let places = rest.sorted { $0.key < $1.key }
    let starts = slices.map(\.slice.start) + places.map(\.value)
    return RecordBatch(
      columns: [
        .init(name: "kind", values: .text(slices.map { _ in Self.slice } + places.map { _ in Self.place })),
        .init(name: "data_type", values: .text(slices.map(\.dataType) + places.map(\.key))),
        .init(name: "start", values: .integer(starts)),
        .init(name: "end", values: .integer(slices.map(\.slice.end) + places.map(\.value))),
        .init(name: "zone", values: .text(slices.map(\.slice.zone) + places.map { _ in "" })),
        .init(name: "provisional", values: .integer(slices.map { $0.slice.isProvisional ? 1 : 0 } + places.map { _ in 0 })),
      ],
      count: starts.count)
  }

  /// Parses `batch`, which may come from the error folder after an edit of the flow, and validates everything. nil for
  /// a plan of an earlier version, which is made again from the ledger. Throws `ProcessorError` (`bad_data`) for
  /// anything else.
  package init?(_ batch: RecordBatch, dataTypes: [String]) throws(ProcessorError) {
    if batch["declaration"] != nil { return nil }
    guard case .text(let kinds) = batch["kind"]?.values, case .text(let types) = batch["data_type"]?.values,
      case .integer(let starts) = batch["start"]?.values, case .integer(let ends) = batch["end"]?.values,
      case .text(let zones) = batch["zone"]?.values, case .integer(let provisional) = batch["provisional"]?.values
    else { throw Self.unreadable("it has the columns \(batch.columns.map(\.name).joined(separator: ", "))") }
    let columns = [kinds.count, types.count, starts.count, ends.count, zones.count, provisional.count]
    guard columns.allSatisfy({ $0 == batch.count }) else { throw Self.unreadable("its columns differ in length") }
    for row in 0..<batch.count {
      guard dataTypes.contains(types[row]) else {
        throw Self.unreadable("it has the data type '\(types[row])', but the flow has \(dataTypes.joined(separator: ", "))")
      }
      guard Self.instants.contains(starts[row]), Self.instants.contains(ends[row]) else {
        throw Self.unreadable("its row \(row + 1) covers the time from \(starts[row]) to \(ends[row]), seconds since 1970, which is not a valid date")
      }
      switch kinds[row] {
      case Self.place: rest[types[row]] = starts[row]
      case Self.slice where starts[row] < ends[row] && CivilZone(zones[row]) != nil:
        slices.append(
          WaitingSlice(
            dataType: types[row],
            slice: PlannedSlice(start: starts[row], end: ends[row], zone: zones[row], isProvisional: provisional[row] == 1)))
      default: throw Self.unreadable("its row \(row + 1) is not a slice")
      }
    }
  }

  private static func unreadable(_ found: String) -> ProcessorError {
    ProcessorError(
      .badData, "the plan of slices cannot be used: \(found); run the flow again, which makes a new plan, and discard this entry")
  }
}
