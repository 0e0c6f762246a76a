import FlowCore

/// One attempt at file operations that ends in a power cut at the n-th call, and the folder as found on the next boot.
package struct PowerCut {
  /// The error of every call from the n-th on.
  package static let error = FileSystemError(operation: "use", path: "the disk", errno: 5, reason: "the power is off")

  /// The number of calls without a power cut.
  package static func callCount(
    _ prepare: (FileSystemFixture) async throws -> Void = { _ in }, _ work: (any FileSystem, String) async throws -> Void
  ) async throws -> Int {
    let fixture = try FileSystemFixture()
    try await prepare(fixture)
    let faults = FaultPlan()
    try await work(GuardedFileSystem(fixture.fileSystem, faults: faults), fixture.path)
    return faults.callCount
  }

  /// - Parameter call: nil cuts the power after the work has ended.
  /// - Returns: whether the work was completed.
  package static func at(
    _ call: Int?, seed: UInt64, _ fixture: FileSystemFixture, _ work: (any FileSystem, String) async throws -> Void
  ) async throws -> Bool {
    let disk = try PowerCutFileSystem(fixture.fileSystem, root: fixture.path)
    let faults = FaultPlan()
    if let call { disk.losePower(at: call, of: faults) }
    var isDone = true
    do { try await work(GuardedFileSystem(disk, faults: faults), fixture.path) } catch { isDone = false }
    try disk.cutPower(seed: seed)
    return isDone
  }
}
