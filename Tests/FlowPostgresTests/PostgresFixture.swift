import FlowCore
import FlowPostgres
import FlowTesting
import StudyModel
import StudyTesting

/// A database of its own on the tests' server.
struct PostgresFixture: StoreHome, LeaseHome {
  let server: PostgresServer
  let uri: String

  init(on server: PostgresServer? = nil) async throws {
    if let server { self.server = server } else { self.server = try await PostgresServer.shared() }
    uri = try await self.server.makeDatabase()
  }

  /// The clock and the timers are usually the machine's: a server does not wait for a test's.
  static func environment(run: String = "run-1", time: any TimeSource = DispatchTimeSource()) -> RuntimeEnvironment {
    RuntimeEnvironment(
      time: time, random: SystemRandomSource(), fileSystem: NoFileSystem(), transport: ScriptedTransport(answers: []),
      json: NoRecordExtractor(), executor: DispatchExecutor(label: "test"), lane: { DispatchLane(label: $0) }, run: run,
      flowSHA256: String(repeating: "0", count: 64))
  }

  static func store(
    _ uri: String, agreements: [String: String] = [:], run: String = "run-1", limits: PostgresLimits = PostgresLimits(),
    time: any TimeSource = DispatchTimeSource(), faultPoint: @escaping StoreFaultPoint = { _ in }
  ) -> PostgresDatabase {
    guard let address = PostgresAddress(uri) else { preconditionFailure("the tests' server has an address") }
    let facts = agreements.sorted { $0.key < $1.key }
      .map { NamedValue(name: $0.key, value: $0.value, position: SourcePosition(line: 1, column: 1)) }
    return PostgresDatabase(address, agreements: facts, environment: environment(run: run, time: time), faultPoint: faultPoint, limits: limits)
  }

  func store(agreements: [String: String], faultPoint: @escaping StoreFaultPoint) -> any RecordStore {
    Self.store(uri, agreements: agreements, faultPoint: faultPoint)
  }

  // MARK: Leases

  var leasing: (any LeaseHome)? { self }

  func store(for party: LeaseParty) -> any RecordStore {
    guard let address = PostgresAddress(uri) else { preconditionFailure("the tests' server has an address") }
    let environment = Self.environment(run: party.run)
    environment.leaseParties.party = party
    return PostgresDatabase(address, agreements: [], environment: environment)
  }

  func endTerms() async throws { try await server.execute("UPDATE flowrun_lease SET term_ends = '-infinity'", in: uri) }

  /// Every commit is on disk when it returns, so a cut takes nothing; the next stores make connections of their own.
  func cutPower() throws {}

  /// What psql answers in the database.
  func query(_ sql: String) async throws -> [String] { try await server.execute(sql, in: uri) }
}
