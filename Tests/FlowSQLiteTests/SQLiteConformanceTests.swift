import FlowCore
import FlowFileSystem
import FlowSQLite
import FlowTesting
import StudyModel
import StudyTesting
import Testing

@Suite("The SQLite database as a record store")
struct SQLiteConformanceTests {
  private final class Home: StoreHome {
    let environment: SQLiteEnvironment
    /// Each lasts until the next power cut.
    private let disk: Locked<PowerCutFileSystem>

    init() throws {
      environment = try SQLiteEnvironment()
      disk = Locked(try PowerCutFileSystem(POSIXFileSystem(), root: environment.folder))
    }
    deinit { environment.remove() }

    func store(agreements: [String: String], faultPoint: @escaping StoreFaultPoint) -> any RecordStore {
      var environment = environment
      environment.fileSystem = disk.withLock { $0 }
      return SQLiteFixture.store(environment, agree: agreements, faultPoint: faultPoint)
    }

    func cutPower() throws {
      try disk.withLock { $0 }.cutPower(seed: 1)
      let next = try PowerCutFileSystem(POSIXFileSystem(), root: environment.folder)
      disk.withLock { $0 = next }
    }
  }

  @Test("it meets every requirement of a record store", arguments: StoreConformance.checks)
  func conforms(_ check: StoreCheck) async throws { try await check.run(on: try Home()) }
}
