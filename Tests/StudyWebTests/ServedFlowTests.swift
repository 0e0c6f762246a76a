import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowRuntime
import FlowTesting
import Foundation
import StudyModel
import StudyWeb
import Testing

@Suite("Whatever flow is served", .timeLimit(.minutes(5)))
struct ServedFlowTests {
  private static func load(_ file: String, _ folder: TemporaryFolder, _ given: [String: String]) throws -> ServedFlow {
    let source = try FlowSource(file, given: given.mapValues { ParameterValue(text: $0) }, fileSystem: POSIXFileSystem())
    return ServedFlow(
      graph: try source.graph().get(), file: file, errors: folder.path("errors"), state: folder.path("state"), hint: CommandHint())
  }

  /// Every shipped flow with all that it can write to: database, raw and object storage, warehouse.
  private static func shipped(in folder: TemporaryFolder) throws -> [ServedFlow] {
    try shippedNames.map { name in
      let file = "\(SourceRoot.path)/Flows/\(name).yaml"
      let known = try FlowSource(file, given: [:], fileSystem: POSIXFileSystem()).graph().get().parameters.map(\.name)
      let all = [
        "api": "http://127.0.0.1:9", "client_id": "study", "participants": folder.path("\(name)/participants"), "database": folder.path("\(name)/study.sqlite"),
        "raw": folder.path("\(name)/raw"), "objects": folder.path("\(name)/objects"),
      ]
      return try load(file, folder, all.filter { known.contains($0.key) })
    }
  }

  static let shippedNames: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: SourceRoot.path + "/Flows")) ?? []
    return names.filter { $0.hasSuffix(".yaml") && !$0.hasSuffix("_test.yaml") }.map { String($0.dropLast(5)) }.sorted()
  }()

  /// A participant without rows in each batch.
  private static func enrol(_ flows: [ServedFlow]) throws {
    for flow in flows {
      guard let folder = flow.graph.parameters.first(where: { $0.name == "participants" })?.value else { continue }
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try #"{"participant": "P0001", "refresh_token": "R", "previous_sync": "2026-01-05T00:00:00Z", "enrolled": "2026-01-05T00:00:00Z", "zone": "UTC"}"#
        .write(toFile: folder + "/P0001.json", atomically: true, encoding: .utf8)
    }
  }

  /// Every address that can be read, of one flow, and what it answers where there is a participant without rows.
  private static func addresses(_ flow: String) -> [(path: String, status: Int)] {
    let query = "flow=\(flow)"
    return [
      ("/?\(query)", 200), ("/participants/P0001?\(query)", 200), ("/participants/P0001?\(query)&metric=steps", 200), ("/participants/nobody?\(query)", 404),
      ("/runs?\(query)", 200), ("/runs/none?\(query)", 404), ("/errors?\(query)", 200), ("/errors/none?\(query)", 404), ("/errors/replay?\(query)", 303), ("/flows/\(flow)", 200),
      ("/schedule?\(query)", 200), ("/docs", 200), ("/docs/try/listFlows", 303), ("/sign-in", 200), ("/healthz", 200), ("/readyz", 200), ("/metrics", 200), ("/favicon.ico", 200),
      ("/assets/site.css", 200), ("/assets/graph.css", 200), ("/assets/charts.css", 200), ("/assets/live.js", 200), ("/assets/chart.js", 200), ("/assets/icon.svg", 200),
      ("/api/v1/openapi.json", 200), ("/api/v1/participants?\(query)", 200), ("/api/v1/participants/P0001?\(query)", 200), ("/api/v1/coverage?\(query)", 200),
      ("/api/v1/participants/P0001/series?metric=none&\(query)", 404), ("/api/v1/flows", 200), ("/api/v1/flows/\(flow)/graph", 200), ("/api/v1/runs?\(query)", 200),
      ("/api/v1/runs/none", 404), ("/api/v1/runs/none/events", 404), ("/api/v1/errors", 200),
    ]
  }

  @Test("every address can be read before and after its batch is there, and the server goes on")
  func walk() async throws {
    let folder = try TemporaryFolder()
    let flows = try Self.shipped(in: folder)
    try #require(flows.count == 10)
    try await ServerUnderTest.run(serves: flows) { server async throws in
      for flow in flows {
        for (path, _) in Self.addresses(flow.name) {
          for method in ["GET", "HEAD"] {
            let answer = try await server.ask(path, method: method, headers: ["Accept": "text/html"])
            #expect(answer.status < 500, "\(method) \(path): \(answer.text)")
          }
        }
      }
      try Self.enrol(flows)
      for flow in flows {
        for (path, status) in Self.addresses(flow.name) {
          let answer = try await server.ask(path, headers: ["Accept": "text/html"])
          #expect(answer.status == status, "\(path): \(answer.text)")
        }
        let detail = try await server.ask("/api/v1/participants/P0001?flow=\(flow.name)").object
        for metric in detail["metrics"] as? [[String: Any]] ?? [] {
          let name = metric["metric"] as? String ?? ""
          for path in ["/api/v1/participants/P0001/series?flow=\(flow.name)&metric=\(name)", "/participants/P0001?flow=\(flow.name)&metric=\(name)"] {
            #expect(try await server.ask(path).status == 200, "\(path)")
          }
        }
      }
      #expect(try await server.ask("/healthz").text == "ok\n")
      #expect(server.lines.withLock { $0.filter { $0.hasPrefix("error") } } == [])
    }
  }

  @Test("heart rate and steps have short names where it collects them", arguments: [
    ("fitbit", ["heart_rate": "fitbit_intraday_hr.value", "steps": "fitbit_intraday_steps.value"]), ("fitbit-steps", ["steps": "fitbit_daily_activity.steps"]),
    ("fitbit-warehouse", ["heart_rate": "fitbit_15min_hr.value", "steps": "fitbit_15min_steps.value"]), ("fitbit-extract", ["heart_rate": "fitbit_intraday_hr.value"]),
    ("google-health", ["heart_rate": "fitbit_intraday_hr.value", "steps": "fitbit_intraday_steps.value"]), ("google-health-steps", ["steps": "fitbit_daily_activity.steps"]),
    ("google-health-warehouse", ["heart_rate": "fitbit_15min_hr.value", "steps": "fitbit_15min_steps.value"]), ("fitbit-nightly", [:]),
  ])
  func shortNames(flow: String, names: [String: String]) async throws {
    let folder = try TemporaryFolder()
    let served = try #require(try Self.shipped(in: folder).first { $0.name == flow })
    try Self.enrol([served])
    try await ServerUnderTest.run(serves: [served]) { server async throws in
      let metrics = try #require(try await server.ask("/api/v1/participants/P0001").object["metrics"] as? [[String: Any]])
      let short = metrics.filter { ($0["metric"] as? String)?.contains(".") == false }
      #expect(Dictionary(uniqueKeysWithValues: short.map { ("\($0["metric"] ?? "")", "\($0["table"] ?? "").\($0["column"] ?? "")") }) == names)
      for (name, column) in names {
        for metric in [name, column] { #expect(try await server.ask("/api/v1/participants/P0001/series?metric=\(metric)").status == 200, "\(metric)") }
        #expect(try await server.ask("/participants/P0001?metric=\(column)").text.contains("<option value=\"\(name)\" selected>"))
      }
    }
  }

  @Test("a flow without participants has none to show, and that is no fault of the server")
  func withoutParticipants() async throws {
    let folder = try TemporaryFolder()
    try """
      flow: files
      processors:
        - name: begin
          type: GenerateFlowFile
          properties: { count: 1 }
          to: { success: drop }
      """.write(toFile: folder.path("files.yaml"), atomically: true, encoding: .utf8)
    try await ServerUnderTest.run(serves: [try Self.load(folder.path("files.yaml"), folder, [:])]) { server async throws in
      for path in ["participants", "participants/P0001", "coverage", "participants/P0001/series?metric=steps"] {
        let answer = try await server.ask("/api/v1/\(path)")
        #expect(answer.status == 404 && !answer.detail.isEmpty, "\(path): \(answer.text)")
      }
      #expect(try await server.ask("/participants/P0001").status == 404)
      for path in ["/", "/runs", "/errors", "/flows/files", "/schedule", "/readyz", "/metrics", "/api/v1/runs", "/api/v1/errors", "/api/v1/flows/files/graph"] {
        #expect(try await server.ask(path).status == 200, "\(path)")
      }
      #expect(try await server.ask("/").text.contains("no provider with participants"))
    }
  }

  @Test("a server without a flow has a page that says what to type")
  func withoutFlow() async throws {
    try await ServerUnderTest.run(serves: []) { server async throws in
      let page = try await server.ask("/", headers: ["Accept": "text/html"])
      #expect(page.status == 200 && page.headers["content-type"] == "text/html; charset=utf-8")
      #expect(page.text.contains("<code>flowrun serve Flows/fitbit.yaml</code>") && page.text.hasSuffix("</html>\n"))
      for path in ["/runs", "/errors", "/participants/P0001", "/flows/fitbit", "/nothing"] {
        let answer = try await server.ask(path, headers: ["Accept": "text/html"])
        #expect(answer.status == 404 && answer.headers["content-type"] == "text/html; charset=utf-8", "\(path)")
      }
      for (path, status) in [("/api/v1/flows", 200), ("/api/v1/participants", 404), ("/api/v1/coverage", 404), ("/readyz", 200), ("/metrics", 200), ("/docs", 200)] {
        #expect(try await server.ask(path).status == status, "\(path)")
      }
    }
  }
}
