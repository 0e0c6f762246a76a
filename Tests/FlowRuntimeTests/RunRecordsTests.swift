import FlowCore
import FlowRuntime
import FlowTesting
import StudyModel
import Testing

@Suite("The history of runs, read outside of a run", .timeLimit(.minutes(5)))
struct RunRecordsTests {
  @Test("a process that reads it again and again has one connection to its database")
  func oneConnection() async throws {
    let server = try await PostgresServer.shared(), database = try await server.makeDatabase(), folder = try TemporaryFolder()
    let records = RunRecords(folder: folder.path, database: database, keepsConnection: true, on: .here())
    var connections: Set<[String]> = []
    for _ in 0..<5 {
      _ = try await records.runs(limit: 1)
      // Not the server's own: it may clean up at this moment.
      let name = database.split(separator: "/").last ?? ""
      connections.insert(try await server.execute("SELECT pid, backend_start FROM pg_stat_activity WHERE datname = '\(name)' AND backend_type = 'client backend' AND pid <> pg_backend_pid()"))
    }
    #expect(connections.count == 1 && connections.first?.count == 1, "\(connections)")
  }
}
