import FlowCore

/// A planned slice with its kind, as it waits in the content of a participant's FlowFile until its turn comes.
struct HandedSlice: Sendable, Equatable {
  /// Index of the declaration.
  var declaration: Int
  var slice: PlannedSlice

  static func batch(_ plan: [HandedSlice]) -> RecordBatch {
    RecordBatch(
      columns: [
        .init(name: "declaration", values: .integer(plan.map { Int64($0.declaration) })),
        .init(name: "start", values: .integer(plan.map(\.slice.start))),
        .init(name: "end", values: .integer(plan.map(\.slice.end))),
        .init(name: "zone", values: .text(plan.map(\.slice.zone))),
        .init(name: "provisional", values: .integer(plan.map { $0.slice.isProvisional ? 1 : 0 })),
      ],
      count: plan.count)
  }

  static func read(_ batch: RecordBatch) -> [HandedSlice] {
    guard case .integer(let declarations) = batch["declaration"]?.values, case .integer(let starts) = batch["start"]?.values,
      case .integer(let ends) = batch["end"]?.values, case .text(let zones) = batch["zone"]?.values,
      case .integer(let provisional) = batch["provisional"]?.values
    else { return [] }
    return (0..<batch.count).map { row in
      HandedSlice(
        declaration: Int(declarations[row]),
        slice: PlannedSlice(start: starts[row], end: ends[row], zone: zones[row], isProvisional: provisional[row] == 1))
    }
  }
}
