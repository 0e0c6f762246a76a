import FlowCore
import FlowPostgres
import StudyModel
import Testing

@Suite("Hosts that share a PostgreSQL database share the client's requests")
struct RequestGrantsTests {
  private static let limits = [RequestLimit(1000, per: .seconds(60), isAnnounced: false), RequestLimit(1500, per: .seconds(86_400), isAnnounced: false)]

  /// As many hosts as given, with the same database.
  private func withHosts(_ count: Int, _ fixture: PostgresFixture, _ body: ([any RequestGrants]) async throws -> Void) async throws {
    let stores = (0..<count).map { PostgresFixture.store(fixture.uri, run: "run-\($0)") }
    try await withClosing {
      for store in stores { try await store.prepare() }
      try await body(stores.map { try #require($0.requestGrants) })
    } close: {
      for store in stores { try await store.close() }
    }
  }

  private func granted(_ grant: RequestGrant) -> Int { if case .granted(let count, _) = grant { count } else { 0 } }

  @Test("however many ask at once, no more are granted than the limit; those who come late are told how long to wait")
  func together() async throws {
    let fixture = try await PostgresFixture()
    try await withHosts(4, fixture) { hosts in
      let total = try await withThrowingTaskGroup(of: Int.self) { group in
        for host in hosts {
          group.addTask {
            var total = 0
            while case .granted(let count, let time) = try await host.grant(70, to: "client", within: Self.limits) {
              if time <= .zero || time > .seconds(2) { Issue.record("\(time)") }
              total += count
            }
            return total
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(total == 1000)
      let late = try await hosts[0].grant(1, to: "client", within: Self.limits)
      guard case .exhausted(let wait) = late else { throw ProcessorError(.internal, "\(late)") }
      #expect(wait > .seconds(30) && wait <= .seconds(62), "\(wait)")
      #expect(try await granted(hosts[1].grant(5, to: "another client", within: Self.limits)) == 5)
    }
  }

  @Test("a minute later there are more, until the limit of the day; what counts no more is forgotten")
  func later() async throws {
    let fixture = try await PostgresFixture()
    try await withHosts(1, fixture) { hosts in
      #expect(try await granted(hosts[0].grant(5000, to: "client", within: Self.limits)) == 1000)
      _ = try await fixture.query("UPDATE flowrun_request SET started = started - interval '63 seconds'")
      #expect(try await granted(hosts[0].grant(5000, to: "client", within: Self.limits)) == 500)
      guard case .exhausted(let wait) = try await hosts[0].grant(1, to: "client", within: Self.limits) else {
        throw ProcessorError(.internal, "more than the limit of the day was granted")
      }
      #expect(wait > .seconds(86_000), "\(wait)")
      _ = try await fixture.query("UPDATE flowrun_request SET started = started - interval '2 days'")
      #expect(try await granted(hosts[0].grant(10, to: "client", within: Self.limits)) == 10)
      #expect(try await fixture.query("SELECT count(*) FROM flowrun_request") == ["1"])
    }
  }

  @Test("a database that was made before this table gets it")
  func earlier() async throws {
    let fixture = try await PostgresFixture()
    try await withHosts(1, fixture) { _ in }
    _ = try await fixture.query("DROP TABLE flowrun_request")
    try await withHosts(1, fixture) { hosts in
      let grant = try await hosts[0].grant(3, to: "client", within: Self.limits)
      #expect(granted(grant) == 3)
    }
  }
}
