import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowHTTP
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("InvokeHTTP")
struct InvokeHTTPTests {
  private func test(
    _ properties: [String: PropertyLiteral] = [:], answer: @escaping ScriptedTransport.Answer
  ) throws -> (test: ProcessorTest, transport: ScriptedTransport) {
    let transport = ScriptedTransport(answer)
    let test = try ProcessorTest(
      InvokeHTTP.self, ["http_url": "https://weather.example/v1/${day}?key=${key}"].merging(properties) { $1 }, compiler: CompiledExpressions(parameters: []),
      environment: .undriven(transport: transport))
    return (test, transport)
  }

  private static func response(_ status: Int, _ body: String = "answer", _ headers: HTTPHeaders = ["Content-Type": "text/plain"]) -> HTTPResponse {
    HTTPResponse(status: status, headers: headers, body: Array(body.utf8))
  }

  @Test("every status takes NiFi's way", arguments: [
    (200, ["original": 1, "response": 1]), (204, ["original": 1, "response": 1]), (500, ["retry": 1]), (503, ["retry": 1]), (599, ["retry": 1]), (404, ["no retry": 1]),
    (429, ["no retry": 1]), (401, ["no retry": 1]), (304, ["no retry": 1]), (100, ["no retry": 1]),
  ])
  func routes(status: Int, ways: [String: Int]) async throws {
    let (test, _) = try test { _ in Self.response(status) }
    let outcome = await test.run([test.flowFile(["day": "1"], text: "asked")])
    #expect(outcome.sent.mapValues(\.count) == ways)
    let request = try #require(outcome.sent.filter { $0.key != "response" }.values.first?.first)
    #expect(request.content == .bytes(Array("asked".utf8)) && request["invokehttp.status.code"] == "\(status)")
    #expect(request["invokehttp.response.body"] == (status < 300 && status >= 200 ? nil : "answer"))
    #expect((request.failure == nil) == (200..<300).contains(status))
  }

  @Test("the reason phrase is an attribute of request and response, if there is one", arguments: ["Not Found", ""], [200, 404])
  func reason(_ reason: String, _ status: Int) async throws {
    let (test, _) = try test(["response_generation_required": "true"]) { _ in
      var response = Self.response(status)
      response.reason = reason
      return response
    }
    let outcome = await test.run([test.flowFile(["invokehttp.status.message": "of another try"])])
    #expect(outcome.sent.values.flatMap { $0 }.map { $0["invokehttp.status.message"] } == [reason, reason].map { $0.isEmpty ? nil : $0 })
  }

  @Test("with response_generation_required every answer is sent to response too", arguments: [(404, "no retry"), (500, "retry"), (200, "original")])
  func always(status: Int, way: String) async throws {
    let (test, _) = try test(["response_generation_required": "true"]) { _ in Self.response(status) }
    let outcome = await test.run([test.flowFile()])
    #expect(outcome.sent.mapValues(\.count) == ["response": 1, way: 1])
  }

  @Test("the response is a child with the answer's body and type, and what was asked for of its header")
  func response() async throws {
    let (test, _) = try test(["response_headers": ["etag", "X-Missing"]]) { _ in Self.response(200, "{}", ["Content-Type": "application/json", "ETag": "7", "Set-Cookie": "secret"]) }
    let asked = test.flowFile(["day": "1", "kept": "yes"])
    let outcome = await test.run([asked])
    let response = try #require(outcome["response"].first), original = try #require(outcome["original"].first)
    #expect(response.content == .bytes(Array("{}".utf8)) && response["mime.type"] == "application/json" && response["etag"] == "7" && response["kept"] == "yes")
    #expect(response["invokehttp.tx.id"] == original["invokehttp.tx.id"] && original.id == asked.id && response.id != asked.id)
    #expect(!response.attributes.dictionary.values.contains("secret") && original["mime.type"] == nil)
  }

  @Test("method, address, header and content are those of the FlowFile; an empty field is left out")
  func request() async throws {
    let (test, transport) = try test(["http_method": "${verb}", "headers": ["Authorization": "Bearer ${key}", "X-None": "${none:replaceEmpty('')}"]]) { _ in Self.response(200) }
    _ = await test.run([test.flowFile(["verb": "put", "day": "2026", "key": "k", "mime.type": "text/csv"], text: "a,b")])
    let request = try #require(transport.requests.first)
    #expect(request.method == "PUT" && request.url == "https://weather.example/v1/2026?key=k" && request.body == Array("a,b".utf8))
    #expect(request.headers["Authorization"] == "Bearer k" && request.headers["Content-Type"] == "text/csv" && request.headers["X-None"] == nil)
    #expect(request.connectTimeout == .seconds(5) && request.longestSilence == .seconds(15))
  }

  @Test("user name, password, user agent and chosen attributes are sent, and shown nowhere")
  func moreHeaders() async throws {
    let (test, transport) = try test([
      "request_username": "Aladdin", "request_password": "open sesame", "request_user_agent": "study/${v}", "request_header_attributes_pattern": "(v|x-.*)",
    ]) { _ in Self.response(404) }
    let outcome = await test.run([test.flowFile(["v": "1", "x-site": "Bern", "y": "2"])])
    let headers = try #require(transport.requests.first).headers
    // The example of RFC 7617.
    #expect(headers["Authorization"] == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" && headers["User-Agent"] == "study/1")
    #expect(headers["v"] == "1" && headers["x-site"] == "Bern" && headers["y"] == nil)
    let shown = "\(outcome.sent.values.flatMap { $0 }.map(\.attributes.dictionary))"
    #expect(!shown.contains("QWxh"))
  }

  @Test("content is sent with POST, PUT and PATCH only", arguments: [("GET", false), ("DELETE", false), ("POST", true), ("PATCH", true), ("HEAD", false)])
  func body(method: String, isSent: Bool) async throws {
    let (test, transport) = try test(["http_method": .text(method)]) { _ in Self.response(200) }
    _ = await test.run([test.flowFile(text: "x")])
    #expect((transport.requests.first?.body != nil) == isSent)
    #expect(transport.requests.first?.headers["Content-Type"] == (isSent ? "application/octet-stream" : nil))
  }

  @Test("the body goes into an attribute instead, as much of it as is wanted")
  func attribute() async throws {
    let (test, _) = try test(["response_body_attribute_name": "answer", "response_body_attribute_size": "3"]) { _ in Self.response(200) }
    let outcome = await test.run([test.flowFile()])
    #expect(outcome.sent.mapValues(\.count) == ["original": 1] && outcome["original"].first?["answer"] == "ans")
  }

  @Test("without an input it asks once, and the answer is all there is", arguments: [(200, "response"), (503, "retry"), (404, "no retry")])
  func source(status: Int, way: String) async throws {
    let (test, transport) = try test(["http_url": "http://weather.example/"]) { _ in Self.response(status) }
    let outcome = await test.run()
    #expect(outcome.sent.mapValues(\.count) == [way: 1] && outcome.isExhausted && transport.requests.count == 1)
  }

  @Test("redirects are followed as a browser does", arguments: [
    (301, "POST", "/there?a=1", "https://weather.example/there?a=1", "GET", true), (307, "POST", "there", "https://weather.example/v1/there", "POST", true),
    (303, "PUT", "../up", "https://weather.example/up", "GET", true), (308, "GET", "//other.example/x", "https://other.example/x", "GET", false),
    (302, "GET", "https://other.example", "https://other.example", "GET", false), (302, "HEAD", "?b=2", "https://weather.example/v1/?b=2", "HEAD", true),
  ])
  func redirects(status: Int, method: String, location: String, url: String, next: String, keepsKey: Bool) async throws {
    let count = Locked(0)
    let (test, transport) = try test(["http_method": .text(method), "headers": ["Authorization": "secret", "Accept": "text/plain"]]) { _ in
      let number = count.withLock { count in
        count += 1
        return count
      }
      return number == 1 ? Self.response(status, "", ["Location": location]) : Self.response(200)
    }
    let outcome = await test.run([test.flowFile(text: "x")])
    let request = try #require(transport.requests.last)
    #expect(transport.requests.count == 2 && request.url == url && request.method == next && (request.body != nil) == (next == "POST"))
    #expect((request.headers["Authorization"] != nil) == keepsKey && request.headers["Accept"] == "text/plain")
    #expect(outcome["response"].first?["invokehttp.response.url"] == String(url.prefix { $0 != "?" }) && outcome.counters["requests"] == 2)
  }

  @Test("a redirect that is no way is the answer", arguments: ["http://weather.example/", "ftp://weather.example/", "mailto:x", nil])
  func noRedirect(location: String?) async throws {
    let (test, transport) = try test { _ in Self.response(302, "", location.map { ["Location": $0] } ?? [:]) }
    let outcome = await test.run([test.flowFile()])
    #expect(outcome["no retry"].count == 1 && transport.requests.count == 1)
  }

  @Test("redirects end after twenty, and none is followed if they are off", arguments: [("true", 21), ("false", 1)])
  func manyRedirects(isOn: String, count: Int) async throws {
    let (test, transport) = try test(["response_redirects_enabled": .text(isOn)]) { _ in Self.response(302, "", ["Location": "/again"]) }
    let outcome = await test.run([test.flowFile()])
    #expect(outcome["no retry"].count == 1 && transport.requests.count == count)
  }

  @Test("no complete answer is a failure with its cause", arguments: [
    (TransportError.Kind.timeout, Cause.timeout), (.unreachable, .connection), (.truncated, .truncated), (.tooLarge, .badData), (.tls, .connection),
  ])
  func transportFails(kind: TransportError.Kind, cause: Cause) async throws {
    let (test, _) = try test { _ in throw TransportError(kind, "no answer") }
    let outcome = await test.run([test.flowFile()])
    let failed = try #require(outcome["failure"].first)
    #expect(failed.failure?.cause == cause && failed["invokehttp.error.message"] == failed.failure?.message)
    #expect(failed["invokehttp.java.exception.message"] == failed.failure?.message && failed["filename"] == nil)
    let alone = await test.run()
    #expect(alone["failure"].first.map { $0["filename"] == $0.id.text && $0["path"] == "./" } == true)
  }

  @Test("what a try before has left is gone with an answer; without an input the answer has a name of its own", arguments: [200, 404])
  func names(_ status: Int) async throws {
    let (test, _) = try test(["response_generation_required": "true"]) { _ in Self.response(status) }
    let before: Attributes = ["invokehttp.error.message": "a", "invokehttp.java.exception.message": "a", "filename": "f"]
    let sent = await test.run([test.flowFile(before)])
    let all = sent["original"] + sent["no retry"] + sent["response"]
    #expect(all.count == 2 && all.allSatisfy { $0["invokehttp.error.message"] == nil && $0["invokehttp.java.exception.message"] == nil && $0["filename"] == "f" })
    let response = await test.run()["response"].first
    #expect(response?["filename"] == response?.id.text && response?["path"] == "./")
  }

  @Test("an address that is none is a failure, and nothing is asked", arguments: ["", "weather", "ftp://x/", "file:///etc/passwd", "http://", "http://a b/"])
  func addresses(url: String) async throws {
    let (test, transport) = try test(["http_url": "${url}"]) { _ in Self.response(200) }
    let outcome = await test.run([test.flowFile(["url": url])])
    #expect(outcome["failure"].first?.failure?.cause == .badRequest && transport.requests.isEmpty)
  }

  @Test("what cannot stand in an address is percent-encoded, and what is encoded stays", arguments: [
    ("http://h/a b/ü?z=1 2", "http://h/a%20b/%C3%BC?z=1%202"), (" http://h/x\n", "http://h/x"), ("http://h/%20?a=%C3%BC&b=c+d", "http://h/%20?a=%C3%BC&b=c+d"),
    (#"http://h/{"a"}|<b>?q=^`\"#, "http://h/%7B%22a%22%7D%7C%3Cb%3E?q=%5E%60%5C"), ("https://H:8443/[1]:@!$&'()*,;=", "https://h:8443/[1]:@!$&'()*,;="),
  ])
  func encoded(_ url: String, _ asked: String) async throws {
    let (test, transport) = try test(["http_url": "${url}"]) { _ in Self.response(200) }
    let outcome = await test.run([test.flowFile(["url": url])])
    #expect(transport.requests.map(\.url) == [asked])
    #expect(outcome["original"].first?["invokehttp.request.url"] == asked)
  }

  @Test("user name and password are in no attribute and no message")
  func account() async throws {
    for status in [200, 404, 503] {
      let (test, _) = try test(["http_url": "https://me:hidden@weather.example/x"]) { _ in Self.response(status) }
      let outcome = await test.run([test.flowFile()])
      for flowFile in outcome.sent.values.flatMap({ $0 }) {
        #expect(flowFile["invokehttp.request.url"] == "https://weather.example/x")
        let shown = "\(flowFile.attributes.dictionary) \(flowFile.failure?.message ?? "")"
        #expect(!shown.contains("hidden"))
      }
    }
  }

  @Test("a large answer goes through a file, and one that never ends is cut off by its silence")
  func overTheWire() async throws {
    let folder = try TemporaryFolder()
    let large = [UInt8](repeating: UInt8(ascii: "x"), count: 200_000)
    let server = try LoopbackServer { request in
      request.target == "/silent" ? [.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc".utf8)), .hold] : [.send(LoopbackServer.response(body: large))]
    }
    let transport = CurlTransport(CurlTransport.Options(version: "test"))
    let environment = RuntimeEnvironment(
      time: DispatchTimeSource(), random: SystemRandomSource(), fileSystem: POSIXFileSystem(), transport: transport, json: NoRecordExtractor(),
      executor: DispatchExecutor(label: "test"), lane: { DispatchLane(label: $0) }, run: "run-1", flowSHA256: "")
    let contents = ContentFolder(folder: folder.path("content"), run: "run-1", claimBytes: 1 << 16, fileSystem: POSIXFileSystem(), lane: DispatchLane(label: "contents"))
    try contents.prepare()
    environment.shared.put(contents)
    func outcome(_ target: String) async throws -> ProcessorTest.Outcome {
      let test = try ProcessorTest(InvokeHTTP.self, ["http_url": .text(server.url + target), "socket_read_timeout": "1 s"], compiler: CompiledExpressions(parameters: []), environment: environment)
      return await test.run([test.flowFile()])
    }
    let response = try #require(try await outcome("large")["response"].first)
    guard case .claim = response.content else { return #expect(Bool(false), "the answer is not in a file") }
    #expect(try await response.content.loaded(contents) == large)
    #expect(try await outcome("silent")["failure"].first?.failure?.cause == .timeout)
    try await transport.close()
    try await server.stop()
  }

  @Test("Set-Cookie cannot be asked for")
  func cookie() {
    #expect(throws: Diagnostics.self) { try test(["response_headers": ["set-cookie"]]) { _ in Self.response(200) } }
  }
}
