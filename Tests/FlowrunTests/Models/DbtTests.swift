import FlowSimulator
import FlowTesting
import Foundation
import Testing

/// `flowrun transform` beside dbt, on copies of one database.
@Suite("dbt and flowrun transform build the same relations", .enabled(if: PythonTools.mayRun, "\(PythonTools.remedy)"), .timeLimit(.minutes(10)))
struct DbtTests {
  private struct Job: Encodable {
    var project = ModelImage.folder
    var target: String
    var scratch: String
    var environment: [String: String]
    var exclude: [String] = []
  }

  private static func dbt(_ job: Job) async throws {
    _ = try await PythonTools.run("Tests/FlowrunTests/Scripts/dbt_build.py", input: Array(try JSONEncoder().encode(job)))
  }

  @Test("on SQLite: first, after a later sync with revised days, dbt after flowrun and flowrun after dbt")
  func sqlite() async throws {
    let study = try await Study.forModels(in: .file), folder = study.binary.folder
    func copy(_ name: String) throws -> String {
      let path = folder.path(name)
      try DatabaseCopy.make(of: study.database, at: path)
      return path
    }
    func build(_ path: String) async throws {
      try await Self.dbt(Job(target: "sqlite", scratch: folder.path, environment: ["FLOWRUN_DATABASE": path, "FLOWRUN_DBT_SCHEMAS": folder.path("none")]))
    }
    for result in try await study.collectForModels() { #expect(result.exit == 0, "\(result.errors)") }
    let first = try copy("first.sqlite")
    let built = try await study.transform()
    #expect(built.exit == 0, "\(built.errors)")
    try await build(first)
    try Self.expect(ModelImage(ofFile: study.database), ModelImage(ofFile: first))

    try study.simulator.advance(by: .seconds(26 * 3600))
    for result in try await study.collectForModels() { #expect(result.exit == 0, "\(result.errors)") }
    // dbt goes on with what flowrun has built.
    let second = try copy("second.sqlite")
    let again = try await study.transform(["--format", "json"])
    #expect(again.exit == 0, "\(again.errors)")
    try await build(second)
    let image = try ModelImage(ofFile: study.database)
    try Self.expect(image, ModelImage(ofFile: second))
    // And flowrun with what dbt has built.
    let third = try await study.binary.run(
      ["transform", BuiltBinary.flow("fitbit"), "--models", ModelImage.folder] + study.parameters.map { $0.hasPrefix("database=") ? "database=second.sqlite" : $0 } + ["-p", "detail=1min"])
    #expect(third.exit == 0, "\(third.errors)")
    try Self.expect(image, ModelImage(ofFile: second))
    await study.simulator.stop()
  }

  @Test("on PostgreSQL: first, after a later sync with revised days, dbt after flowrun and flowrun after dbt")
  func postgres() async throws {
    let server = try await PostgresServer.shared(), uri = try await server.makeDatabase()
    let study = try await Study.forModels(in: .server(server, uri: uri)), folder = study.binary.folder
    func copy() async throws -> (name: String, uri: String) {
      let name = "copy_\(UUID().uuidString.prefix(8).lowercased())"
      try await server.execute("CREATE DATABASE \(name) TEMPLATE \(uri.split(separator: "/").last ?? "")")
      return (name, server.uri(name))
    }
    func build(_ database: String) async throws {
      try await Self.dbt(
        Job(target: "postgres", scratch: folder.path, environment: ["PGHOST": "127.0.0.1", "PGPORT": "\(server.port)", "PGUSER": "study", "PGDATABASE": database]))
    }
    for result in try await study.collectForModels() { #expect(result.exit == 0, "\(result.errors)") }
    let first = try await copy()
    let built = try await study.transform()
    #expect(built.exit == 0, "\(built.errors)")
    try await build(first.name)
    try Self.expect(ModelImage(of: uri, on: server), ModelImage(of: first.uri, on: server))

    try study.simulator.advance(by: .seconds(26 * 3600))
    for result in try await study.collectForModels() { #expect(result.exit == 0, "\(result.errors)") }
    let second = try await copy()
    let again = try await study.transform()
    #expect(again.exit == 0, "\(again.errors)")
    try await build(second.name)
    let image = try ModelImage(of: uri, on: server)
    try Self.expect(image, ModelImage(of: second.uri, on: server))
    let third = try await study.binary.run(
      ["transform", BuiltBinary.flow("fitbit"), "--models", ModelImage.folder] + study.parameters.map { $0.hasPrefix("database=") ? "database=\(second.uri)" : $0 } + ["-p", "detail=1min"])
    #expect(third.exit == 0, "\(third.errors)")
    try Self.expect(image, ModelImage(of: second.uri, on: server))
    await study.simulator.stop()
  }

  private static func expect(_ left: ModelImage, _ right: ModelImage, sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(left.difference(from: right) == [], sourceLocation: sourceLocation)
    #expect(left.relations.values.allSatisfy { $0.count > 3 }, "every model has rows", sourceLocation: sourceLocation)
  }
}
