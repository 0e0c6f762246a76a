import FlowCore
import FlowSQLite
import StudyModel
import StudyTesting
import Testing

@Suite("The SQLite database as a record store")
struct SQLiteConformanceTests {
  private final class Home: StoreHome {
    let environment: SQLiteEnvironment

    init() throws { environment = try SQLiteEnvironment() }
    deinit { environment.remove() }

    func store(agreements: [String: String], faultPoint: @escaping StoreFaultPoint) -> any RecordStore {
      SQLiteFixture.store(environment, agree: agreements, faultPoint: faultPoint)
    }
  }

  @Test("it meets every requirement of a record store", arguments: StoreConformance.checks)
  func conforms(_ check: StoreCheck) async throws { try await check.run(on: try Home()) }
}
