import FlowCore
import FlowHTTP
import FlowTesting
import Foundation
import Testing

@Suite("Bodies from and into files", .timeLimit(.minutes(5)))
struct CurlTransportFileTests {
  let transport = CurlTransport(.init(version: "1.2.3"))
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ bytes: [UInt8], _ name: String = "file") throws -> String {
    try Data(bytes).write(to: URL(filePath: folder.path(name)))
    return folder.path(name)
  }
  private func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: folder.path(name)))) }

  private static func recording() throws -> (LoopbackServer, Locked<[LoopbackServer.Request]>) {
    let seen = Locked<[LoopbackServer.Request]>([])
    let server = try LoopbackServer { request in
      seen.withLock { $0.append(request) }
      return [.send(LoopbackServer.response(body: Array("done".utf8)))]
    }
    return (server, seen)
  }

  private static let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 ^ ($0 >> 9)) }

  @Test("a part of a file is the body, with its length", arguments: [0..<3_000_000, 5..<2_000_000, 2_999_999..<3_000_000, 7..<7])
  func sendsPart(_ range: Range<Int>) async throws {
    let (server, seen) = try Self.recording(), path = try write(Self.content)
    let part = FilePart(path: path, offset: Int64(range.lowerBound), sizeBytes: Int64(range.count))
    for method in ["PUT", "POST"] {
      let response = try await transport.send(HTTPRequest(method: method, url: server.url + "a", headers: ["X-One": "1"], upload: part))
      #expect(response.body == Array("done".utf8))
      let request = try #require(seen.withLock { $0.popLast() })
      #expect(request.method == method && request.fields["content-length"] == String(range.count) && request.fields["x-one"] == "1")
      #expect(request.fields["expect"] == nil && request.fields["transfer-encoding"] == nil)
      #expect(request.body == Array(Self.content[range]))
    }
  }

  @Test("the body is sent again from its beginning if a reused connection turns out to be dead")
  func sendsAgain() async throws {
    let seen = Locked<[LoopbackServer.Request]>([])
    // The first connection ends with the second request, before any answer.
    let server = try LoopbackServer { request in
      let count = seen.withLock { seen in
        seen.append(request)
        return seen.count
      }
      return count == 2 ? [.close] : [.send(LoopbackServer.response())]
    }
    let part = FilePart(path: try write(Self.content), offset: 1, sizeBytes: 100_000)
    for _ in 0..<2 { #expect(try await transport.send(HTTPRequest(method: "PUT", url: server.url, upload: part)).status == 200) }
    #expect(seen.withLock { $0 }.map(\.connection) == [1, 1, 2])
    #expect(seen.withLock { $0 }.allSatisfy { $0.body == Array(Self.content[1...100_000]) })
  }

  @Test("a file that is missing, no file, or too short is named, and nothing is sent")
  func badUploads() async throws {
    let (server, seen) = try Self.recording(), short = try write([1, 2, 3])
    for (part, words) in [
      (FilePart(path: folder.path("missing"), sizeBytes: 1), "No such file"), (FilePart(path: folder.path, sizeBytes: 1), "Invalid argument"),
      (FilePart(path: short, offset: 1, sizeBytes: 3), "less than 4 bytes"),
    ] {
      let error = await #expect(throws: TransportError.self) { try await transport.send(HTTPRequest(method: "PUT", url: server.url, upload: part)) }
      #expect(error?.kind == .file && error?.message.contains(words) == true && error?.message.contains(part.path) == true, "\(String(describing: error))")
      #expect(error?.cause == .disk)
    }
    #expect(seen.withLock { $0 }.isEmpty)
  }

  @Test("the body of a response goes into the file, which it replaces; others stay in memory")
  func downloads() async throws {
    let server = try LoopbackServer { request in
      switch request.target {
      case "/content": [.send(LoopbackServer.response(body: Self.content))]
      case "/empty": [.send(LoopbackServer.response())]
      default: [.send(LoopbackServer.response(status: "404 Not Found", body: Array("nothing".utf8)))]
      }
    }
    let path = try write(Array("old".utf8))
    let response = try await transport.send(HTTPRequest(url: server.url + "content", download: path, bodyLimitBytes: .max))
    #expect(response.status == 200 && response.body == [] && response.headers["Content-Length"] == "3000000")
    #expect(try bytes("file") == Self.content)
    #expect(try await transport.send(HTTPRequest(url: server.url + "empty", download: path)).body == [])
    #expect(try bytes("file") == [])
    let refused = try await transport.send(HTTPRequest(url: server.url + "gone", download: folder.path("other")))
    #expect(refused.status == 404 && refused.body == Array("nothing".utf8))
    #expect(try bytes("other") == [])
    let mode = try FileManager.default.attributesOfItem(atPath: folder.path("other"))[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test("a compressed body is kept as it was sent, with its header fields")
  func keepsEncoding() async throws {
    let server = try LoopbackServer { request in
      #expect(request.fields["accept-encoding"] == nil)
      return [.send(LoopbackServer.response(fields: ["Content-Encoding: gzip"], body: [0x1F, 0x8B, 1, 2]))]
    }
    let response = try await transport.send(HTTPRequest(url: server.url, download: folder.path("file")))
    #expect(response.headers["Content-Encoding"] == "gzip" && response.headers["Content-Length"] == "4")
    #expect(try bytes("file") == [0x1F, 0x8B, 1, 2])
  }

  @Test("a body that is cut off, or larger than the limit, is an error; so is a file that cannot be written")
  func badDownloads() async throws {
    let server = try LoopbackServer { request in
      let head = Array("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".utf8)
      return request.target == "/cut" ? [.send(head + [1, 2, 3]), .close] : [.send(LoopbackServer.response(body: [UInt8](repeating: 1, count: 1000)))]
    }
    func error(_ target: String, _ path: String, limit: Int = 1 << 20) async -> TransportError? {
      await #expect(throws: TransportError.self) {
        try await transport.send(HTTPRequest(url: server.url + target, download: path, bodyLimitBytes: limit))
      }
    }
    let cut = await error("cut", folder.path("cut"))
    #expect(cut?.kind == .truncated && cut?.message.contains("3 bytes") == true, "\(String(describing: cut))")
    #expect(await error("whole", folder.path("large"), limit: 999)?.kind == .tooLarge)
    let place = await error("whole", folder.path("missing/file"))
    #expect(place?.kind == .file && place?.message.contains("missing/file: No such file") == true, "\(String(describing: place))")
    #if os(Linux)
      let full = await error("whole", "/dev/full")
      #expect(full?.kind == .file && full?.message.contains("No space left") == true, "\(String(describing: full))")
    #endif
  }

  @Test("many files go up and come down at once")
  func manyAtOnce() async throws {
    let server = try LoopbackServer { request in [.send(LoopbackServer.response(body: request.body))] }
    let path = try write(Self.content)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<40 {
        group.addTask {
          let part = FilePart(path: path, offset: Int64(number * 1000), sizeBytes: 200_000), copy = folder.path("copy \(number)")
          _ = try await transport.send(HTTPRequest(method: "PUT", url: server.url, upload: part, download: copy))
          return try bytes("copy \(number)") == Array(Self.content[number * 1000..<number * 1000 + 200_000])
        }
      }
      for try await isRight in group { #expect(isRight) }
    }
  }
}
