import StudyTesting
import Testing

@Suite("A PostgreSQL database as a record store")
struct PostgresConformanceTests {
  @Test("it meets every requirement of a record store", arguments: StoreConformance.checks)
  func conforms(_ check: StoreCheck) async throws { try await check.run(on: try await PostgresFixture()) }
}
