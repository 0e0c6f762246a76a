import FlowCore
import FlowTesting
import StudyModel

/// Keeps objects in memory.
final class MemoryObjects: ObjectKeeping {
  let location = "memory"
  let isOn: Bool
  private let objects = Locked<[RecordObject]>([])
  private let faults: FaultPlan

  init(isOn: Bool = true, faults: FaultPlan = FaultPlan()) {
    self.isOn = isOn
    self.faults = faults
  }

  /// In the order in which they were put.
  var put: [RecordObject] { objects.withLock { $0 } }

  func prepare() async throws {}
  func close() async throws {}
  func put(_ object: RecordObject) async throws -> String {
    try faults.pass("objects.put")
    objects.withLock { $0.append(object) }
    return "s3://bucket/\(object.key)"
  }
}

/// Remembers what was loaded.
final class MemoryWarehouse: WarehouseLoading {
  let location = "memory"
  let isOn: Bool
  private let slices = Locked<[[WarehouseSlice]]>([])
  private let faults: FaultPlan

  init(isOn: Bool = true, faults: FaultPlan = FaultPlan()) {
    self.isOn = isOn
    self.faults = faults
  }

  /// By call.
  var loaded: [[WarehouseSlice]] { slices.withLock { $0 } }

  func prepare() async throws {}
  func close() async throws {}
  func prepare(tables: [TableSchema]) async throws {}
  func load(_ slices: [WarehouseSlice]) async throws -> Int {
    try faults.pass("warehouse.load")
    self.slices.withLock { $0.append(slices) }
    return slices.reduce(0) { $0 + $1.batch.count }
  }
}
