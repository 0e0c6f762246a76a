import FlowCore
import FlowHTTP
import FlowTesting
import Foundation
import StudyModel
import StudyParticipants

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A port of this machine that nothing listens on. Another process may take it before it is used: the test then fails to start its server.
enum FreePort {
  struct Failure: Error { var errno: Int32 }

  static func find() throws -> Int {
    #if canImport(Darwin)
      let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #else
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #endif
    guard descriptor >= 0 else { throw Failure(errno: errno) }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1 }
    }
    guard status == 0 else { throw Failure(errno: errno) }
    return Int(in_port_t(bigEndian: address.sin_port))
  }
}

/// `flowrun serve` with consent pages, as a person starts it, and a participant's browser that keeps its cookie.
struct ServedStudy {
  let study: BuiltBinary
  /// The words after `flowrun COMMAND`: flow and parameters.
  let flow: [String]
  let url: String

  init(_ study: BuiltBinary, flow: [String]) throws {
    self.study = study
    self.flow = flow
    url = "http://127.0.0.1:\(try FreePort.find())"
  }

  init(_ study: Study) throws { try self.init(study.binary, flow: [BuiltBinary.flow(study.flow)] + study.parameters) }

  /// Serves while the body runs, then ends the server by a signal.
  func serving(_ more: [String] = [], environment: [String: String] = [:], _ body: @escaping () async throws -> Void) async throws -> BuiltBinary.Result {
    try await study.run(["serve"] + flow + ["--listen", String(url.dropFirst(7)), "--public-url", url] + more, environment: environment) { running in
      let time = DispatchTimeSource(), end = time.monotonic + .seconds(60)
      while try String(contentsOfFile: running.output, encoding: .utf8).isEmpty {
        guard time.monotonic < end else { throw FreePort.Failure(errno: ETIMEDOUT) }
        await time.sleep(for: .milliseconds(20))
      }
      try await body()
      kill(running.identifier, SIGTERM)
    }
  }

  /// The links by participant.
  func invite(_ participants: [String] = [], _ more: [String] = []) async throws -> [String: String] {
    let result = try await study.run(["participants", "invite"] + flow + participants + ["--format", "csv"] + more)
    let rows = result.output.split(separator: "\n").dropFirst().map { $0.split(separator: ",").map(String.init) }
    return Dictionary(uniqueKeysWithValues: rows.map { ($0[0], $0[1]) })
  }

  /// What the page says first, and its status.
  struct Page: Equatable {
    var status: Int
    var heading: String
  }

  /// nil if the server ended before it answered.
  func page(_ url: String, cookie: String? = nil) async throws -> Page? {
    let transport = CurlTransport(.init(version: "test"))
    var request = HTTPRequest(url: url)
    request.headers["Accept"] = "text/html"
    if let cookie { request.headers["Cookie"] = cookie }
    let response: HTTPResponse?
    do { response = try await transport.send(request) } catch is TransportError { response = nil }
    try await transport.close()
    return response.map { response in
      let text = String(decoding: response.body, as: UTF8.self)
      return Page(status: response.status, heading: text.firstMatch(of: #/<h1>([^<]*)</h1>/#).map { String($0.1) } ?? "")
    }
  }

  /// Presses the button of the link's page and decides on the provider's; returns the address of the callback and the browser's cookie.
  func consent(_ link: String, as participant: String) async throws -> (callback: String, cookie: String) {
    let browser = Browser(), transport = CurlTransport(.init(version: "test"))
    let response = try await transport.send(HTTPRequest(method: "POST", url: link, body: []))
    try await transport.close()
    let callback = try await browser.decide(response.headers["Location"] ?? "", participant: participant)
    try await browser.close()
    return (String(callback.prefix { $0 != "#" }), String((response.headers["Set-Cookie"] ?? "").prefix { $0 != ";" }))
  }
}
