import FlowCore
import FlowCrypto
import FlowTesting
import Testing

@testable import FlowObjects

@Suite("Objects on S3 that are sent in parts")
struct S3MultipartTests {
  /// A server for uploads in parts of one object. It notes what happens.
  private final class Server: Sendable {
    struct State: Sendable {
      var open: Set<String> = []
      var parts: [Int: FilePart] = [:]
      var completed: [String] = []
      var isThere = false
    }
    let state = Locked(State())
    /// Answers instead of the server; called after the server has acted.
    let instead: @Sendable (HTTPRequest) throws -> HTTPResponse?

    init(_ instead: @escaping @Sendable (HTTPRequest) throws -> HTTPResponse? = { _ in nil }) { self.instead = instead }

    func answer(_ request: HTTPRequest) throws -> HTTPResponse {
      let response = act(request)
      return try instead(request) ?? response
    }

    private func act(_ request: HTTPRequest) -> HTTPResponse {
      let query = request.url.split(separator: "?").last.map(String.init) ?? ""
      return state.withLock { state in
        switch (request.method, query) {
        case ("HEAD", _):
          return HTTPResponse(status: state.isThere ? 200 : 404, headers: state.isThere ? ["Content-Length": "4", "ETag": "\"1\"", "x-amz-checksum-sha256": Self.checksum] : [:], body: [])
        case ("POST", "uploads="):
          state.open.insert("u1")
          return .done([:], "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>")
        case ("PUT", _):
          guard let number = query.firstMatch(of: #/partNumber=(\d+)&uploadId=u1/#).flatMap({ Int($0.1) }) else { return .s3(400, "InvalidRequest") }
          state.parts[number] = request.upload
          return .done(["ETag": "\"<\(number)>\""])
        case ("POST", _):
          guard state.open.remove("u1") != nil else { return .s3(404, "NoSuchUpload") }
          guard !state.isThere else { return .s3(412, "PreconditionFailed") }
          state.completed = String(decoding: request.body ?? [], as: UTF8.self).matches(of: #/<ETag>([^<]*)<\/ETag>/#).map { String($0.1) }
          state.isThere = true
          return .done([:], "<CompleteMultipartUploadResult><ETag>x-2</ETag></CompleteMultipartUploadResult>")
        case ("DELETE", _):
          state.open.remove("u1")
          return HTTPResponse(status: 204, headers: [:], body: [])
        default: return .s3(400, "InvalidRequest")
        }
      }
    }

    static let checksum = "mC2eO0s4WzN0j0IJ44W9y/aXqhMPM8T3xb3fwGQEcqg="
  }

  private static let sizeBytes = 2 * Int(S3Multipart.smallestPartBytes) + 5

  private static func bucket(_ server: Server) throws -> ScriptedBucket {
    try ScriptedBucket(answersHead: true, singleLimitBytes: 1 << 20) { try server.answer($0) }
  }

  private static func put(_ bucket: ScriptedBucket) async throws -> ObjectStorageError? {
    let file = try bucket.bench.file([UInt8](repeating: 7, count: sizeBytes))
    return await failure { try await bucket.storage.put("a", from: file.path, sha256: file.sha256) }
  }

  @Test("the parts cover the file, and are joined in order under the condition that the key is free")
  func parts() async throws {
    let server = Server(), bucket = try Self.bucket(server)
    #expect(try await Self.put(bucket) == nil)
    let state = server.state.withLock { $0 }
    #expect(state.completed == ["\"&lt;1&gt;\"", "\"&lt;2&gt;\"", "\"&lt;3&gt;\""] && state.open == [])
    let part = S3Multipart.smallestPartBytes
    #expect(state.parts.sorted { $0.key < $1.key }.map(\.value.offset) == [0, part, 2 * part])
    #expect(state.parts.values.map(\.sizeBytes).reduce(0, +) == Int64(Self.sizeBytes))
    let last = try #require(bucket.requests.last)
    #expect(last.headers["If-None-Match"] == "*" && last.headers["Content-Type"] == "application/xml")
  }

  @Test("parts have at least 16 MB, a whole number of megabytes, and are at most 10,000", arguments: [1, 64 << 20, 160_000 << 20, 160_001 << 20, 5 << 40] as [Int64])
  func partSizes(_ size: Int64) {
    let part = S3Multipart.partBytes(size)
    #expect(part >= 16 << 20 && part % (1 << 20) == 0 && (size + part - 1) / part <= 10_000)
    #expect(part == 16 << 20 || (size + part - (1 << 20) - 1) / (part - (1 << 20)) > 10_000, "no larger than needed")
  }

  @Test("an error in the body of a completed upload is an error, and is tried again")
  func errorInSuccess() async throws {
    let failures = Locked(2)
    let server = Server { request in
      guard request.method == "POST", request.url.contains("uploadId") else { return nil }
      let fails = failures.withLock { left in
        left -= 1
        return left >= 0
      }
      return fails ? HTTPResponse(status: 200, headers: [:], body: Array("\n <?xml version=\"1.0\"?><Error><Code>InternalError</Code></Error>".utf8)) : nil
    }
    // The first one has completed it; the others find no upload, and the object there is another one's.
    let bucket = try Self.bucket(server), error = try await Self.put(bucket)
    #expect(error?.kind == .conflict, "\(String(describing: error))")
    #expect(bucket.time.waits.count == 2)
  }

  @Test("a part or a completion that fails removes the parts", arguments: ["partNumber=2", "uploadId=u1&never", "POST"])
  func aborts(_ place: String) async throws {
    let server = Server { request in
      let isCompletion = request.method == "POST" && request.url.contains("uploadId")
      return request.url.contains(place) || place == "POST" && isCompletion ? .s3(403, "AccessDenied") : nil
    }
    let bucket = try Self.bucket(server), error = try await Self.put(bucket)
    if place.contains("never") {
      #expect(error == nil)
    } else {
      #expect(error?.kind == .denied && server.state.withLock { $0.open } == [], "\(String(describing: error))")
      #expect(bucket.requests.last?.method == "DELETE" && error?.message.contains("lifecycle") == false)
    }
  }

  @Test("parts that cannot be removed are named with the remedy")
  func cannotAbort() async throws {
    let server = Server { request in request.url.contains("partNumber") || request.method == "DELETE" ? .s3(403, "AccessDenied") : nil }
    let error = try await Self.put(try Self.bucket(server))
    #expect(error?.kind == .denied && error?.message.contains("AbortIncompleteMultipartUpload") == true, "\(String(describing: error))")
  }

  @Test("a key that is taken at the last moment is compared, and the parts are removed")
  func takenMeanwhile() async throws {
    let heads = Locked(0)
    let server = Server { request in
      guard request.method == "HEAD" else { return nil }
      let isFirst = heads.withLock { heads in
        heads += 1
        return heads == 1
      }
      return isFirst ? HTTPResponse(status: 404, headers: [:], body: []) : nil
    }
    server.state.withLock { $0.isThere = true }
    let bucket = try Self.bucket(server)
    #expect(try await Self.put(bucket)?.kind == .conflict)
    #expect(bucket.requests.last?.method == "DELETE" && server.state.withLock { $0.completed } == [])
  }

  @Test("an upload that begins without an id, or goes on without a tag, is refused", arguments: ["uploads=", "partNumber"])
  func noTag(_ place: String) async throws {
    let server = Server { request in
      request.url.contains(place) ? .done([:], "<InitiateMultipartUploadResult/>") : nil
    }
    #expect(try await Self.put(try Self.bucket(server))?.kind == .invalid)
  }

  @Test("a file with other bytes is not begun")
  func otherFile() async throws {
    let server = Server(), bucket = try Self.bucket(server), file = try bucket.bench.file([UInt8](repeating: 7, count: 2 << 20))
    let error = await failure { try await bucket.storage.put("a", from: file.path, sha256: SHA256.digest(of: [1])) }
    #expect(error?.kind == .disk && bucket.requests.isEmpty)
  }
}
