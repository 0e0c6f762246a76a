import FlowCore
import FlowHTTP
import FlowTesting
import Foundation
import StudyWeb
import Testing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite("The server behind nginx with TLS, as the guide shows it")
struct NginxTests {
  private static let program = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/opt/homebrew/bin/nginx"].first { FileManager.default.isExecutableFile(atPath: $0) }

  /// The sample, with a certificate and ports that are there.
  private static func configuration(_ folder: TemporaryFolder, port: Int, server: Int) throws -> String {
    let page = try String(contentsOfFile: SourceRoot.path + "/Sources/flowrun/Guide.docc/WebFace.md", encoding: .utf8)
    let sample = try #require(page.components(separatedBy: "```nginx\n").last?.components(separatedBy: "```").first)
    var text = sample
    for (shown, used) in [
      ("listen 443 ssl;", "listen 127.0.0.1:\(port) ssl;"), ("/etc/ssl/study.pem", folder.path("study.pem")), ("/etc/ssl/study.key", folder.path("study.key")),
      ("http://127.0.0.1:8080", "http://127.0.0.1:\(server)"),
    ] {
      #expect(text.contains(shown))
      text = text.replacing(shown, with: used)
    }
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(folder.path($0));" }.joined(separator: "\n")
    return "daemon off;\npid \(folder.path("pid"));\nerror_log \(folder.path("error.log"));\nevents {}\nhttp {\naccess_log off;\n\(temporary)\n\(text)}\n"
  }

  @Test("pages, sign-in, changes and events pass; the cookie is the browser's for TLS only", .enabled(if: program != nil, "nginx is not installed; run Scripts/setup --tests"))
  func behind() async throws {
    let folder = try TemporaryFolder(), program = try #require(Self.program), port = try RawClient.freePort()
    try await TestProgram.run([
      "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=study.example.org",
      "-addext", "subjectAltName=DNS:study.example.org,IP:127.0.0.1", "-keyout", folder.path("study.key"), "-out", folder.path("study.pem"),
    ])
    try await ServerUnderTest.run(readingNeedsToken: true, publicURL: "https://study.example.org") { server async throws in
      server.desk.show("r", [.example(run: "r"), .example(run: "r", done: 6, ended: "complete")])
      try Self.configuration(folder, port: port, server: server.port).write(toFile: folder.path("nginx.conf"), atomically: true, encoding: .utf8)
      let nginx = try TestProgram([program, "-p", folder.path, "-c", folder.path("nginx.conf")])
      defer { nginx.signal(SIGTERM) }
      try await waitUntil { !nginx.isRunning || (try? RawClient(port: port)) != nil }
      try #require(nginx.isRunning, "nginx ended: see its error.log")
      let transport = CurlTransport(.init(version: "test", caFile: folder.path("study.pem")))
      func ask(_ path: String, method: String = "GET", _ headers: [String: String] = [:], body: String? = nil) async throws -> HTTPResponse {
        var fields: HTTPHeaders = ["Host": "study.example.org"]
        for (name, value) in headers { fields[name] = value }
        return try await transport.send(
          HTTPRequest(method: method, url: "https://127.0.0.1:\(port)\(path)", headers: fields, body: body.map { Array($0.utf8) }))
      }
      #expect(try await ask("/healthz").status == 200)
      #expect(try await ask("/api/v1/flows").status == 401)
      let form = ["Content-Type": "application/x-www-form-urlencoded", "Origin": "https://study.example.org"]
      let signedIn = try await ask("/sign-in", method: "POST", form, body: "token=\(ServerUnderTest.token)")
      let cookie = try #require(signedIn.headers["Set-Cookie"])
      #expect(signedIn.status == 303 && cookie.hasPrefix("__Host-flowrun=") && cookie.hasSuffix("; Secure"))
      #expect(signedIn.headers["Strict-Transport-Security"] != nil && signedIn.headers["X-Content-Type-Options"] == "nosniff")
      let pair = ["Cookie": String(cookie.prefix { $0 != ";" })]
      #expect(try await ask("/api/v1/flows", pair).status == 200)
      let token = ["Authorization": "Bearer \(ServerUnderTest.token)", "Content-Type": "application/json"]
      #expect(try await ask("/api/v1/runs", method: "POST", token.merging(["Origin": "https://study.example.org"]) { $1 }, body: "{}").status == 201)
      #expect(try await ask("/api/v1/runs", method: "POST", token.merging(["Origin": "https://evil.example"]) { $1 }, body: "{}").status == 403)
      let events = try await ask("/api/v1/runs/r/events", pair)
      #expect(String(decoding: events.body, as: UTF8.self).components(separatedBy: "data: ").count == 3)
      // nginx says who asks: a stranger's wrong tokens do not slow this machine's own requests.
      for _ in 0..<6 { _ = try await ask("/api/v1/flows", ["Authorization": "Bearer wrong"]) }
      #expect(try await ask("/api/v1/flows", ["Authorization": "Bearer wrong"]).status == 429)
      #expect(try await ask("/api/v1/flows", token).status == 200)
      try await transport.close()
    }
  }
}

extension RawClient {
  /// A port that was free a moment ago.
  static func freePort() throws -> Int {
    #if canImport(Darwin)
      let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #else
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #endif
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1 }
    }
    guard status == 0 else { throw Failure(errno: errno) }
    return Int(in_port_t(bigEndian: address.sin_port))
  }
}
