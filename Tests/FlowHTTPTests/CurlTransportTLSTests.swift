import FlowCore
import FlowHTTP
import FlowTesting
import Foundation
import Testing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite("Trust", .timeLimit(.minutes(5)), .enabled(if: OpenSSLServer.isAvailable, "needs the openssl command"))
struct CurlTransportTLSTests {
  @Test("a server with an untrusted certificate is rejected; with its authority configured, it is trusted")
  func selfSigned() async throws {
    let server = try OpenSSLServer()
    let stranger = CurlTransport(.init(version: "1"))
    for host in ["localhost", "127.0.0.1"] {
      let error = await #expect(throws: TransportError.self) {
        try await stranger.send(HTTPRequest(url: "https://\(host):\(server.port)/", headers: ["Authorization": "Bearer x"]))
      }
      #expect(error?.kind == .tls)
      #expect(error?.message.hasPrefix("no trusted connection to \(host):\(server.port): ") == true)
    }
    let friend = CurlTransport(.init(version: "1", caFile: server.certificate))
    let response = try await friend.send(HTTPRequest(url: "https://localhost:\(server.port)/"))
    #expect(response.status == 200)
    #expect(!response.body.isEmpty)
  }

  @Test("a certificate for a different name is rejected even if its authority is trusted")
  func otherName() async throws {
    let server = try OpenSSLServer()
    let transport = CurlTransport(.init(version: "1", caFile: server.certificate))
    let error = await #expect(throws: TransportError.self) {
      try await transport.send(HTTPRequest(url: "https://127.0.0.1:\(server.port)/"))
    }
    #expect(error?.kind == .tls)
  }

  @Test("a missing file of authorities is a TLS error")
  func missingAuthorities() async throws {
    let server = try OpenSSLServer()
    let transport = CurlTransport(.init(version: "1", caFile: "/nowhere/authorities.pem"))
    let error = await #expect(throws: TransportError.self) {
      try await transport.send(HTTPRequest(url: "https://localhost:\(server.port)/"))
    }
    #expect(error?.kind == .tls)
  }

  @Test("a server that does not speak TLS")
  func plainServer() async throws {
    let server = try LoopbackServer(text: "plain")
    let transport = CurlTransport(.init(version: "1"))
    let error = await #expect(throws: TransportError.self) {
      try await transport.send(HTTPRequest(url: "https://localhost:\(server.port)/", timeout: .milliseconds(500)))
    }
    // The scripted server waits for a readable request; without a TLS connection none was sent.
    #expect(error?.kind == .unreachable)
  }
}

/// `openssl s_server` on loopback with a self-signed certificate for localhost.
final class OpenSSLServer: Sendable {
  let port: Int
  let certificate: String
  private let folder: FileSystemFixture
  private let program: TestProgram

  private static let command = ["/usr/bin/openssl", "/opt/homebrew/bin/openssl", "/usr/local/bin/openssl"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }
  static var isAvailable: Bool { command != nil }
  private static var path: String { command ?? "openssl" }

  init() throws {
    folder = try FileSystemFixture()
    certificate = folder.path + "/certificate.pem"
    let key = folder.path + "/key.pem"
    _ = try TestProgram.runBlocking([
      Self.path, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
      "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
    ])
    let output = Pipe()
    program = try TestProgram(
      [Self.path, "s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key, "-www"],
      output: .descriptor(output.fileHandleForWriting.fileDescriptor))
    try output.fileHandleForWriting.close()
    // A line contains the assigned port: "ACCEPT 127.0.0.1:40001".
    var said = ""
    var lines: [Substring] { said.split(separator: "\n", omittingEmptySubsequences: false).dropLast() }
    while !lines.contains(where: { $0.hasPrefix("ACCEPT") }) {
      let piece = output.fileHandleForReading.availableData
      guard !piece.isEmpty else { throw LoopbackServer.Failure(errno: 0) }
      said += String(decoding: piece, as: UTF8.self)
    }
    guard let port = lines.first(where: { $0.hasPrefix("ACCEPT") })?.split(separator: ":").last.flatMap({ Int($0) }) else {
      throw LoopbackServer.Failure(errno: 0)
    }
    self.port = port
  }

  deinit { program.signal(SIGKILL) }
}
