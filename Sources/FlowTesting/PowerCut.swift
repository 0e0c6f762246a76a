import FlowCore

/// One try of work on files that ends by a power cut at the n-th call, and the folder as the next boot finds it.
package struct PowerCut {
  /// The process is gone: every call from the n-th on.
  package static let error = FileSystemError(operation: "use", path: "the disk", errno: 5, reason: "the power is off")

  /// Calls that the work makes when nobody cuts it.
  package static func callCount(
    _ prepare: (FileSystemFixture) async throws -> Void = { _ in }, _ work: (any FileSystem, String) async throws -> Void
  ) async throws -> Int {
    let fixture = try FileSystemFixture()
    try await prepare(fixture)
    let faults = FaultPlan()
    try await work(GuardedFileSystem(fixture.fileSystem, faults: faults), fixture.path)
    return faults.callCount
  }

  /// - Parameter call: nil: the work ends, and then the power does.
  /// - Returns: whether the work came to its end.
  package static func at(
    _ call: Int?, seed: UInt64, _ fixture: FileSystemFixture, _ work: (any FileSystem, String) async throws -> Void
  ) async throws -> Bool {
    let disk = try PowerCutFileSystem(fixture.fileSystem, root: fixture.path)
    let faults = FaultPlan()
    if let call { faults.fail(call: call, .always, with: error) }
    var isDone = true
    do { try await work(GuardedFileSystem(disk, faults: faults), fixture.path) } catch { isDone = false }
    try disk.cutPower(seed: seed)
    return isDone
  }
}
