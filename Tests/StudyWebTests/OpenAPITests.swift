import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowRuntime
import FlowTesting
import Foundation
import HTTPTypes
import Hummingbird
import StudyModel
import StudyWeb
import Testing

@Suite("The OpenAPI document and the routes are the same")
struct OpenAPITests {
  private func document(_ server: ServerUnderTest) async throws -> [String: [String: [String: Any]]] {
    let document = try await server.ask("/api/v1/openapi.json").object
    #expect(document["openapi"] as? String == "3.1.0")
    return try #require(document["paths"] as? [String: [String: [String: Any]]])
  }

  @Test("every route below /api/v1 is in the document, and every operation has a route")
  func bothWays() async throws {
    let batch = try await CollectedBatch.shared.value
    let machine = Machine.here(POSIXFileSystem())
    let study = try StudyAccess(batch.served, on: machine)
    let api = StudyAPI([study], desk: DeskDouble(), errors: batch.served.errors, history: study.history, sessionCookie: "flowrun-8080",
      readingNeedsToken: false, on: machine) { _ in }
    let gatekeeper = Gatekeeper(
      rules: AccessRules(address: .standard, publicURL: nil, readingNeedsToken: false), token: AccessToken(ServerUnderTest.token), isMadeUp: true,
      time: machine.time, random: SystemRandomSource())
    // Routes that only refuse another method are no operations.
    let routes = WebServer(gatekeeper, parts: [api], on: machine, complain: { _ in }).router().routes
    let paths = try await ServerUnderTest.run { server async throws in try await Set(document(server).flatMap { path, operations in operations.keys.map { "\($0) \(path)" } }) }
    let names = Set(routes.map { "\($0.method.rawValue.lowercased()) \($0.path)" }).filter { $0.contains(" /api/") }
    func path(_ operation: String) -> Substring { operation.split(separator: " ")[1] }
    let known = Set(paths.map(path)).union(["/api/v1/openapi.json"])
    #expect(paths.subtracting(names) == [], "operations without a route")
    #expect(Set(names.map(path)).subtracting(known) == [], "routes of no path of the document")
    try await study.close()
  }

  @Test("a method that a path does not have in the document is refused with those that it has")
  func otherMethods() async throws {
    try await ServerUnderTest.run { server async throws in
      for (path, operations) in try await document(server) {
        let target = path.replacing("{id}", with: "P0001").replacing("{run}", with: "r").replacing("{flow}", with: "fitbit")
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] where operations[method.lowercased()] == nil {
          let answer = try await server.ask(target, method: method, token: ServerUnderTest.token)
          #expect(answer.status == 405 && answer.headers["allow"]?.contains(operations["get"] == nil ? "POST" : "GET") == true, "\(method) \(path)")
        }
      }
    }
  }

  @Test("the cookie of a session is called as the one that signing in sets")
  func cookie() async throws {
    for publicURL in [nil, "https://study.example.org"] {
      try await ServerUnderTest.run(publicURL: publicURL) { server async throws in
        let components = try #require(try await server.ask("/api/v1/openapi.json").object["components"] as? [String: [String: [String: Any]]])
        let name = try #require(components["securitySchemes"]?["session"]?["name"] as? String)
        #expect(try await server.signIn().hasPrefix(name + "="))
        #expect(name.hasPrefix(publicURL == nil ? "flowrun-" : "__Host-flowrun"))
      }
    }
  }

  @Test("each operation says what it is, what it takes and what it answers; each schema that one names is there")
  func complete() async throws {
    try await ServerUnderTest.run { server async throws in
      let whole = try await server.ask("/api/v1/openapi.json")
      let schemas = try #require((whole.object["components"] as? [String: Any])?["schemas"] as? [String: Any])
      let named = Set(whole.text.matches(of: #/"#\/components\/schemas\/(\w+)"/#).map { String($0.1) })
      #expect(named == Set(schemas.keys))
      var ids: Set<String> = []
      for (path, operations) in try await document(server) {
        for (method, operation) in operations {
          #expect(ids.insert(operation["operationId"] as? String ?? "").inserted)
          #expect((operation["description"] as? String)?.hasSuffix(".") == true, "\(method) \(path)")
          let parameters = operation["parameters"] as? [[String: Any]] ?? []
          let inPath = Set(path.matches(of: #/\{(\w+)\}/#).map { String($0.1) })
          #expect(Set(parameters.filter { $0["in"] as? String == "path" }.compactMap { $0["name"] as? String }) == inPath)
          #expect(parameters.allSatisfy { ($0["description"] as? String)?.isEmpty == false && $0["schema"] is [String: Any] })
        }
      }
      #expect(ids.count == 13)
    }
  }
}

@Suite("The page of the API")
struct DocsTests {
  @Test("it shows every operation with its parameters, an example and a form")
  func page() async throws {
    try await ServerUnderTest.run { server async throws in
      let page = try await server.ask("/docs", headers: ["Accept": "text/html"])
      let paths = try #require(try await server.ask("/api/v1/openapi.json").object["paths"] as? [String: [String: [String: Any]]])
      for (path, operations) in paths {
        for (method, operation) in operations {
          let id = try #require(operation["operationId"] as? String)
          let section = try #require(page.text.components(separatedBy: "<section id=\"\(id)\">").last?.components(separatedBy: "</section>").first)
          #expect(section.contains("<code>\(method.uppercased()) \(path)</code>") && section.contains("<form method=\"\(method)\"") && section.contains("curl "))
          for parameter in operation["parameters"] as? [[String: Any]] ?? [] { #expect(section.contains("name=\"\(parameter["name"] ?? "")\"")) }
          // Without a session nothing can be changed from here.
          #expect(section.contains("<button") == (method == "get"))
        }
      }
      #expect(!page.text.contains("<script") && !page.text.contains("style="))
    }
  }

  @Test("its examples name the server as its reader does, whatever its port", arguments: [nil, "http://other.example.org", "https://study.example.org"])
  func address(publicURL: String?) async throws {
    try await ServerUnderTest.run(publicURL: publicURL) { server async throws in
      let host = publicURL == "https://study.example.org" ? "study.example.org" : "127.0.0.1:\(server.port)"
      let page = try await server.ask("/docs", headers: ["Host": host]).text
      let commands = page.matches(of: #/<code>curl [^<]*<\/code>/#).map { String($0.0) }
      #expect(commands.count == 13)
      for command in commands { #expect(command.contains((host == "study.example.org" ? "https" : "http") + "://\(host)" + "/api/v1/"), "\(command)") }
    }
  }

  @Test("a member of a body with few values is a choice, as a parameter is, and a replay begins as a dry run")
  func choices() async throws {
    try await ServerUnderTest.run { server async throws in
      let page = try await server.ask("/docs", headers: ["Accept": "text/html"]).text, document = try await server.ask("/api/v1/openapi.json").object
      let schemas = try #require((document["components"] as? [String: Any])?["schemas"] as? [String: [String: Any]])
      var count = 0
      for (_, operations) in try #require(document["paths"] as? [String: [String: [String: Any]]]) {
        for (_, operation) in operations {
          let id = operation["operationId"] as? String ?? ""
          let content = (operation["requestBody"] as? [String: Any])?["content"] as? [String: [String: [String: String]]]
          let name = content?["application/json"]?["schema"]?["$ref"]?.split(separator: "/").last.map(String.init)
          let members = name.flatMap { schemas[$0]?["properties"] as? [String: [String: Any]] } ?? [:]
          let parameters = (operation["parameters"] as? [[String: Any]] ?? []).map { ($0["name"] as? String ?? "", $0["schema"] as? [String: Any] ?? [:]) }
          for (name, schema) in parameters + members.map({ ($0.key, $0.value) }) {
            let values = schema["type"] as? String == "boolean" ? ["true", "false"] : schema["enum"] as? [String] ?? []
            let select = page.firstMatch(of: try Regex("<select id=\"\(id)-\(name)\" name=\"\(name)\">(.*?)</select>"))?[1].substring
            #expect((select == nil) == values.isEmpty, "\(id) \(name)")
            for value in values { #expect(select?.contains("<option value=\"\(value)\"") == true, "\(id) \(name) \(value)") }
            count += values.isEmpty ? 0 : 1
          }
        }
      }
      #expect(count >= 8)
      #expect(page.contains("name=\"dry_run\"><option value=\"\"></option><option value=\"true\" selected>"))
    }
  }

  @Test("it says what this server requires of who reads: in the document, and in its commands", arguments: [false, true])
  func security(readingNeedsToken: Bool) async throws {
    try await ServerUnderTest.run(readingNeedsToken: readingNeedsToken) { server async throws in
      let document = try await server.ask("/api/v1/openapi.json", token: ServerUnderTest.token).object
      let page = try await server.ask("/docs", headers: ["Accept": "text/html"], token: ServerUnderTest.token).text
      for (_, operations) in try #require(document["paths"] as? [String: [String: [String: Any]]]) {
        for (method, operation) in operations {
          let isOpen = method == "get" && !readingNeedsToken, id = operation["operationId"] as? String ?? ""
          let schemes = (operation["security"] as? [[String: Any]] ?? []).map { $0.keys.sorted() }
          #expect(schemes == (isOpen ? [[], ["token"], ["session"]] : [["token"], ["session"]]), "\(id)")
          let section = try #require(page.components(separatedBy: "<section id=\"\(id)\">").last?.components(separatedBy: "</section>").first)
          #expect(section.contains("curl -H &quot;Authorization: Bearer $FLOWRUN_TOKEN&quot;") == !isOpen, "\(section)")
        }
      }
      #expect(page.contains("every request needs the token") == readingNeedsToken && page.contains("reading needs no token") != readingNeedsToken)
    }
  }

  @Test("its forms lead to the operations, without script")
  func forms() async throws {
    try await ServerUnderTest.run { server async throws in
      let get = try await server.ask("/docs/try/getSeries?id=P0001&metric=steps&from=&resolution=1d&other=x")
      #expect(get.status == 303 && get.headers["location"] == "/api/v1/participants/P0001/series?metric=steps&resolution=1d")
      #expect(try await server.ask("/docs/try/getSeries?id=P%2F..%2F1&metric=a%26b").headers["location"] == "/api/v1/participants/P%2F..%2F1/series?metric=a%26b")
      #expect(try await server.ask("/docs/try/getSeries?metric=steps").status == 400)
      #expect(try await server.ask("/docs/try/nothing").status == 404)
      let cookie = try await server.signIn()
      let page = try await server.ask("/docs", headers: ["Cookie": cookie])
      let csrf = try #require(page.text.firstMatch(of: #/name="csrf_token" value="([0-9a-f]{32})"/#)).1
      func post(_ path: String, _ body: String) async throws -> TestAnswer {
        try await server.ask(path, method: "POST", headers: ["Cookie": cookie], body: body + "&csrf_token=\(csrf)", json: false)
      }
      let stop = try await post("/docs/try/stopRun", "run=r")
      #expect(stop.status == 307 && stop.headers["location"] == "/api/v1/runs/r/stop")
      #expect(try await post("/api/v1/runs/r/stop", "run=r").status == 404)
      #expect(try await post("/api/v1/runs", "flow=&only=").status == 201)
      #expect(try await server.ask("/docs/try/stopRun", method: "POST", headers: ["Cookie": cookie], body: "run=r", json: false).status == 403)
    }
  }
}

@Suite("What supervisors ask for")
struct HealthTests {
  @Test("metrics are in Prometheus' form, name no participant, and count the server's answers")
  func metrics() async throws {
    let batch = try await CollectedBatch.shared.value
    try await ServerUnderTest.run { server async throws in
      server.desk.show("r", [.example(run: "r")])
      _ = try await server.ask("/nothing")
      let answer = try await server.ask("/metrics")
      #expect(answer.status == 200 && answer.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
      let lines = answer.text.split(separator: "\n")
      #expect(lines.contains("flowrun_http_answers_total{status=\"404\"} 1"))
      #expect(lines.contains("flowrun_runs_under_way{flow=\"fitbit\"} 1"))
      #expect(lines.contains("flowrun_queue_flowfiles{flow=\"fitbit\",from=\"a\",to=\"b\"} 2"))
      #expect(lines.contains("flowrun_run_participants{flow=\"fitbit\",state=\"total\"} 6"))
      let first = batch.report.processors[0]
      #expect(lines.contains("flowrun_received_total{flow=\"fitbit\",processor=\"\(first.name)\",type=\"\(first.type)\"} \(first.received)"))
      #expect(!answer.text.contains("P000"))
      var types: [String: String] = [:]
      var seen: Set<Substring> = []
      for line in lines where !line.hasPrefix("# HELP ") {
        if line.hasPrefix("# TYPE ") {
          let words = line.split(separator: " ")
          #expect(types.updateValue(String(words[3]), forKey: String(words[2])) == nil, "\(line)")
          continue
        }
        let name = String(line.prefix { $0 != "{" && $0 != " " })
        #expect(types[name] != nil && (types[name] == "counter") == name.hasSuffix("_total"), "\(line)")
        #expect(seen.insert(line.prefix(upTo: line.lastIndex(of: " ") ?? line.endIndex)).inserted, "\(line)")
      }
    }
  }

  @Test("the server is ready while its databases open")
  func ready() async throws {
    try await ServerUnderTest.run { server async throws in
      #expect(try await server.ask("/healthz").text == "ok\n")
      #expect(try await server.ask("/readyz").text == "ready\n")
      server.desk.state.withLock { $0.isStopping = true }
      let stopping = try await server.ask("/readyz")
      #expect(stopping.status == 503 && stopping.detail.contains("stopping"))
      #expect(try await server.ask("/healthz").status == 200)
    }
    let batch = try await CollectedBatch.shared.value
    let folder = try TemporaryFolder()
    try Data("no database".utf8).write(to: URL(filePath: folder.path("broken.sqlite")))
    var graph = batch.served.graph
    let source = try FlowSource(
      SourceRoot.path + "/Flows/fitbit.yaml",
      given: ["api": "http://provider.test", "client_id": "x", "participants": folder.path("p"), "database": folder.path("broken.sqlite")].mapValues { .init(text: $0) },
      fileSystem: POSIXFileSystem())
    graph = try source.graph().get()
    let machine = Machine.here(POSIXFileSystem())
    let study = try StudyAccess(ServedFlow(graph: graph, file: "f", errors: folder.path("e"), state: folder.path("s"), hint: CommandHint()), on: machine)
    await #expect(throws: (any Error).self) { try await study.check() }
  }
}
