import FlowCore
import FlowHTTP
import FlowSimulator
import FlowTesting
import Foundation
import Testing

@Suite("flowrun serve, as a person starts it")
struct ServeCommandTests {
  /// Reads a file of output until it holds a text.
  private func wait(for text: String, in path: String) async throws -> String {
    var found = ""
    try await waitUntil {
      found = try String(contentsOfFile: path, encoding: .utf8)
      return found.range(of: text).map { found[$0.upperBound...].contains("\n") } ?? false
    }
    return found
  }

  private func get(_ url: String) async throws -> HTTPResponse {
    let transport = CurlTransport(.init(version: "test"))
    let response = try await transport.send(HTTPRequest(url: url))
    try await transport.close()
    return response
  }

  @Test("it prints its address, answers with what the commands print, and a signal ends it")
  func serves() async throws {
    let study = try BuiltBinary(), flow = BuiltBinary.flow("fitbit")
    #expect(try await study.run([flow, "-q"]).exit == 0)
    let coverage = try await study.run(["coverage", flow, "--format", "json"]), errors = try await study.run(["errors", "list", "--format", "json"])
    let runs = try await study.run(["runs", "--format", "json"])
    let result = try await study.run(["serve", flow, "--listen", "127.0.0.1:0"]) { running in
      let url = try await wait(for: "http://127.0.0.1:", in: running.output).trimmingCharacters(in: .newlines)
      let link = try await wait(for: "/sign-in?token=", in: running.errors)
      #expect(link.contains(url + "/sign-in?token="))
      for (path, command) in [("coverage", coverage), ("errors", errors), ("runs", runs)] {
        let answer = try await get("\(url)/api/v1/\(path)")
        #expect(answer.status == 200 && String(decoding: answer.body, as: UTF8.self) == command.output, "\(path)")
      }
      kill(running.identifier, SIGTERM)
    }
    #expect(result.exit == 143, "\(result.errors)")
    #expect(result.errors.contains("stopping: no new work is taken in") && !result.errors.contains("error:"))
  }

  @Test("of several flows each takes the parameters that it declares, and one that none declares is refused")
  func parametersOfSeveral() async throws {
    let study = try BuiltBinary(), flows = [BuiltBinary.flow("fitbit"), BuiltBinary.flow("fitbit-nightly")]
    let common = ["--listen", "127.0.0.1:0", "-p", "detail=1min", "-p", "participants=simulated/participants"]
    let served = try await study.run(["serve"] + flows + common) { running in
      let url = try await wait(for: "http://127.0.0.1:", in: running.output).trimmingCharacters(in: .newlines)
      let answer = try await get("\(url)/api/v1/flows")
      let text = String(decoding: answer.body, as: UTF8.self)
      #expect(answer.status == 200 && text.contains("fitbit-nightly"), "\(text)")
      kill(running.identifier, SIGTERM)
    }
    #expect(served.exit == 143, "\(served.errors)")
    let refused = try await study.run(["serve"] + flows + common + ["-p", "detial=1sec"])
    #expect(refused.exit == 78 && refused.errors.contains("detial"), "\(refused.errors)")
  }

  @Test("before the first run there is nothing, a run started over HTTP shows its events to the end, and the terminal shows it too")
  func starts() async throws {
    let study = try BuiltBinary(), flow = BuiltBinary.flow("fitbit-steps")
    let result = try await study.run(["serve", flow, "--listen", "127.0.0.1:0"]) { running in
      let url = try await wait(for: "http://127.0.0.1:", in: running.output).trimmingCharacters(in: .newlines)
      let link = try await wait(for: "/sign-in?token=", in: running.errors)
      let token = try #require(link.components(separatedBy: "/sign-in?token=").last?.prefix { $0.isHexDigit })
      for path in ["participants", "errors", "runs"] {
        let answer = try await get("\(url)/api/v1/\(path)")
        #expect(answer.status == 200 && String(decoding: answer.body, as: UTF8.self).filter { !$0.isWhitespace } == "[]", "\(path)")
      }
      #expect(try await get("\(url)/api/v1/coverage").status == 404)
      #expect(try await get("\(url)/readyz").status == 200)
      let transport = CurlTransport(.init(version: "test"))
      let headers: HTTPHeaders = ["Authorization": "Bearer \(token)", "Content-Type": "application/json"]
      let started = try await transport.send(HTTPRequest(method: "POST", url: "\(url)/api/v1/runs", headers: headers, body: Array("{}".utf8)))
      #expect(started.status == 201, "\(String(decoding: started.body, as: UTF8.self))")
      let address = try #require(started.headers["Location"])
      let events = try await get(url + address + "/events")
      let last = try #require(String(decoding: events.body, as: UTF8.self).components(separatedBy: "data: ").last)
      #expect(last.contains("\"ended\":\"complete\""), "\(last)")
      let report = String(decoding: try await get(url + address).body, as: UTF8.self)
      let run = try #require(address.split(separator: "/").last)
      let shown = try await study.run(["runs", "show", String(run), "--format", "json"])
      #expect(shown.exit == 0 && shown.output == report)
      let forbidden = try await transport.send(
        HTTPRequest(method: "POST", url: "\(url)/api/v1/runs", headers: headers, body: Array("{\"parameters\": {\"database\": \"other.sqlite\"}}".utf8)))
      #expect(forbidden.status == 400 && String(decoding: forbidden.body, as: UTF8.self).contains("'database'"))
      try await transport.close()
      running.interrupt()
    }
    #expect(result.exit == 130, "\(result.errors)")
    #expect(result.errors.components(separatedBy: "token=").count == 2, "the token is shown once")
  }

  @Test("a signal drains the runs, and whoever watches one is told how it ended before the server goes")
  func lastEvent() async throws {
    let study = try await Study(participants: 4, days: 2) { $0.faults = [Fault(.slow(milliseconds: 700), share: 1)] }
    let result = try await study.flowrun(["serve"], ["--listen", "127.0.0.1:0"]) { running in
      let url = try await wait(for: "http://127.0.0.1:", in: running.output).trimmingCharacters(in: .newlines)
      let link = try await wait(for: "/sign-in?token=", in: running.errors)
      let token = try #require(link.components(separatedBy: "/sign-in?token=").last?.prefix { $0.isHexDigit })
      let transport = CurlTransport(.init(version: "test"))
      let headers: HTTPHeaders = ["Authorization": "Bearer \(token)", "Content-Type": "application/json"]
      let started = try await transport.send(HTTPRequest(method: "POST", url: "\(url)/api/v1/runs", headers: headers, body: Array("{}".utf8)))
      let address = try #require(started.headers["Location"])
      let watching = Task { try await get(url + address + "/events") }
      try await waitUntil { String(decoding: try await get("\(url)/metrics").body, as: UTF8.self).contains("flowrun_event_streams 1") }
      kill(running.identifier, SIGTERM)
      let last = try #require(String(decoding: try await watching.value.body, as: UTF8.self).components(separatedBy: "data: ").last)
      #expect(last.contains("\"ended\":\"partial\"") && last.contains("\"stopping\":\"with the server\""), "\(last)")
      try await transport.close()
    }
    #expect(result.exit == 143, "\(result.errors)")
    await study.simulator.stop()
  }

  @Test("other machines are only let in with a token file", arguments: [
    (["--listen", "0.0.0.0:0"], 64, "--token-file"), (["--listen", "192.0.2.1:8080"], 64, "--token-file"), (["--public-url", "https://study.example.org"], 64, "--token-file"),
    (["--listen", "8080"], 64, "ADDRESS:PORT"), (["--listen", "127.0.0.1:65536"], 64, "up to 65535"), (["--token-file", "."], 78, "it is a folder"), (["--public-url", "study"], 64, "https://study.example.org"), (["--public-url", "https://a/b"], 64, "without a path"),
    (["--token-file", "none.txt"], 64, "openssl rand"), (["--token-file", "open.txt"], 78, "chmod 600"), (["--token-file", "short.txt"], 78, "16 or more"),
    (["--token-file", "empty.txt"], 78, "it is empty"), (["--token-file", "lines.txt"], 78, "2 lines"), (["--token-file", "space.txt"], 78, "visible ASCII"),
  ])
  func refused(arguments: [String], exit: Int32, says: String) async throws {
    let study = try BuiltBinary()
    for (name, text) in [
      ("open.txt", "0123456789abcdef"), ("short.txt", "0123456789"), ("empty.txt", "\n"), ("lines.txt", "0123456789abcdef\n0123456789abcdef"), ("space.txt", "0123456789 abcdef"),
    ] {
      try study.write(text, to: name)
      try FileManager.default.setAttributes([.posixPermissions: name == "open.txt" ? 0o644 : 0o600], ofItemAtPath: study.folder.path(name))
    }
    let result = try await study.run(["serve", BuiltBinary.flow("fitbit")] + arguments)
    #expect(result.exit == exit && result.errors.contains(says), "\(result.errors)")
    #expect(result.output == "" && !result.errors.contains("0123456789"))
  }

  @Test("an address in use ends it with 69, an invalid flow with 78, a missing one with 64")
  func unavailable() async throws {
    let study = try BuiltBinary(), flow = BuiltBinary.flow("fitbit")
    let first = try await study.run(["serve", flow, "--listen", "127.0.0.1:0"]) { running in
      let url = try await wait(for: "http://127.0.0.1:", in: running.output).trimmingCharacters(in: .newlines)
      let second = try await study.run(["serve", flow, "--listen", String(url.dropFirst(7))])
      #expect(second.exit == 69 && second.errors.contains("another program listens there; end it, or name another port: --listen"), "\(second.errors)")
      running.interrupt()
    }
    #expect(first.exit == 130)
    try study.write("flow: [", to: "broken.yaml")
    #expect(try await study.run(["serve", "broken.yaml"]).exit == 78)
    #expect(try await study.run(["serve", "none.yaml"]).exit == 64)
    let twice = try await study.run(["serve", flow, flow])
    #expect(twice.exit == 64 && twice.errors.contains("both the flow 'fitbit'"))
  }
}
