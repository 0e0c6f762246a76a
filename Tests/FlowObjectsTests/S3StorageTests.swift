import FlowCore
import FlowCrypto
import FlowFileSystem
import FlowTesting
import Foundation
import Testing

@testable import FlowObjects

@Suite("Objects on S3")
struct S3StorageTests {
  /// Megabytes, each of another byte.
  private static func blocks(_ count: UInt8) -> [UInt8] { (0..<count).flatMap { [UInt8](repeating: $0, count: 1 << 20) } }

  private static func checksum(_ text: String) -> String { Data(SHA256.digest(of: text.utf8)).base64EncodedString() }

  @Test("an object is written from its file, under a condition, with its digest")
  func writes() async throws {
    let bucket = try ScriptedBucket("s3://study-raw/p", answers: [.success(.done())])
    #expect(await bucket.put("text", "a b/c") == nil)
    let request = try #require(bucket.requests.first)
    #expect(request.method == "PUT" && request.url == "https://study-raw.s3.us-east-1.amazonaws.com/p/a%20b/c")
    #expect(request.headers["If-None-Match"] == "*" && request.headers["x-amz-checksum-sha256"] == Self.checksum("text"))
    #expect(request.headers["X-Amz-Content-SHA256"] == Hexadecimal.text(SHA256.digest(of: "text".utf8)))
    #expect(request.upload?.sizeBytes == 4 && request.body == nil)
    #expect(request.headers["Authorization"]?.contains("SignedHeaders=host;if-none-match;x-amz-checksum-sha256;x-amz-content-sha256;x-amz-date,") == true)
  }

  // MARK: A taken key

  /// A server that has an object under the key.
  private static func taken(_ text: String, headers: HTTPHeaders = [:], tellsFirst: Bool) throws -> ScriptedBucket {
    let heads = Locked(0)
    return try ScriptedBucket(answersHead: true) { request in
      switch request.method {
      case "HEAD":
        let isFirst = heads.withLock { heads in
          heads += 1
          return heads == 1
        }
        if isFirst, !tellsFirst { return HTTPResponse(status: 403, headers: [:], body: []) }
        var all = headers
        all["Content-Length"] = String(text.utf8.count)
        all["ETag"] = "\"1\""
        return HTTPResponse(status: 200, headers: all, body: [])
      case "GET":
        #expect(request.headers["If-Match"] == "\"1\"" && request.headers["Range"] == "bytes=0-\(text.utf8.count - 1)")
        return HTTPResponse(status: 206, headers: [:], body: Array(text.utf8))
      default: return .s3(412, "PreconditionFailed")
      }
    }
  }

  @Test("a taken key with the same bytes is success, whether the server knows their digest or they are read", arguments: [true, false], [true, false])
  func same(tellsFirst: Bool, knows: Bool) async throws {
    let bucket = try Self.taken("text", headers: knows ? ["x-amz-checksum-sha256": Self.checksum("text")] : ["x-amz-checksum-sha256": Self.checksum("parts") + "-2"], tellsFirst: tellsFirst)
    #expect(await bucket.put("text") == nil)
    #expect(bucket.requests.map(\.method) == (tellsFirst ? [] : ["PUT"]) + (knows ? [] : ["GET"]))
  }

  @Test("a taken key with other bytes is a conflict; one of another size is not read", arguments: [true, false], [true, false])
  func other(tellsFirst: Bool, knows: Bool) async throws {
    for text in ["text", "some text"] {
      let bucket = try Self.taken("tent", headers: knows ? ["x-amz-checksum-sha256": Self.checksum("tent")] : [:], tellsFirst: tellsFirst)
      let error = await bucket.put(text)
      #expect(error?.kind == .conflict && error?.message.contains("4 bytes") == true, "\(String(describing: error))")
      #expect(bucket.requests.map(\.method) == (tellsFirst ? [] : ["PUT"]) + (knows || text != "text" ? [] : ["GET"]))
    }
  }

  @Test("an object is the right one even if its file is gone since an earlier attempt", arguments: [true, false])
  func fileIsGone(isSame: Bool) async throws {
    let bucket = try Self.taken("text", headers: ["x-amz-checksum-sha256": Self.checksum("text")], tellsFirst: true)
    let error = await failure {
      try await bucket.storage.put("a", from: bucket.bench.path("gone"), sha256: SHA256.digest(of: (isSame ? "text" : "other").utf8))
    }
    #expect(error?.kind == (isSame ? nil : .conflict))
  }

  @Test("a large object is compared in pieces of one version")
  func comparesInPieces() async throws {
    let bytes = Self.blocks(16) + [1, 2, 3, 4, 5], size = bytes.count
    let bucket = try ScriptedBucket(answersHead: true) { request in
      guard request.method == "GET", let range = request.headers["Range"] else {
        return HTTPResponse(status: 200, headers: ["Content-Length": "\(size)", "ETag": "\"v\""], body: [])
      }
      let ends = range.dropFirst(6).split(separator: "-").compactMap { Int($0) }
      return HTTPResponse(status: 206, headers: [:], body: Array(bytes[ends[0]...ends[1]]))
    }
    let file = try bucket.bench.file(bytes)
    try await bucket.storage.put("a", from: file.path, sha256: file.sha256)
    #expect(bucket.requests.count == 3)
  }

  @Test("an object that vanishes or changes while it is compared is looked at again later")
  func changes() async throws {
    let vanishing = try ScriptedBucket(answersHead: true) { request in
      request.method == "HEAD" ? HTTPResponse(status: 404, headers: [:], body: []) : .s3(412, "PreconditionFailed")
    }
    #expect(await vanishing.put()?.kind == .away)
    let changing = try ScriptedBucket(answersHead: true) { request in
      request.method == "HEAD" ? HTTPResponse(status: 200, headers: ["Content-Length": "4", "ETag": "\"1\""], body: []) : .s3(412, "PreconditionFailed")
    }
    #expect(await changing.put()?.kind == .away)
  }

  // MARK: Reading

  @Test("what does not arrive as it was announced is read again, and not kept", arguments: [
    ["Content-Length": "5"], ["x-amz-checksum-sha256": checksum("other")],
  ])
  func damagedCopy(_ headers: [String: String]) async throws {
    let bucket = try ScriptedBucket { _ in
      var all: HTTPHeaders = ["ETag": "\"1\""]
      for (name, value) in headers { all[name] = value }
      return .done(all, "text")
    }
    let error = await failure { _ = try await bucket.storage.fetch("a", scratch: bucket.bench.scratch) }
    #expect(error?.kind == .away && bucket.requests.count == S3Attempts.limit, "\(String(describing: error))")
    #expect(try POSIXFileSystem().names(in: bucket.bench.scratch) == [])
  }

  @Test("a copy is checked with the digest of the whole, not with that of parts; something that is no object is refused")
  func copies() async throws {
    for headers in [["x-amz-checksum-sha256": Self.checksum("text")], ["x-amz-checksum-sha256": Self.checksum("x") + "-3"], [:]] {
      let bucket = try ScriptedBucket { _ in
        var all: HTTPHeaders = ["ETag": "\"1\""]
        for (name, value) in headers { all[name] = value }
        return .done(all, "text")
      }
      #expect(try await bucket.bench.text("a", of: bucket.storage) == "text")
      #expect(bucket.requests.count == 1 && bucket.requests[0].headers["x-amz-checksum-mode"] == "ENABLED")
    }
    let page = try ScriptedBucket(answers: [.success(.done([:], "<html>"))])
    #expect(await failure { _ = try await page.storage.fetch("a", scratch: page.bench.scratch) }?.kind == .invalid)
    #expect(try POSIXFileSystem().names(in: page.bench.scratch) == [])
  }

  // MARK: Listing

  @Test("a list that is no list of S3 is refused; a huge one is cut off by the transport", arguments: [
    "<html/>", "", "<ListBucketResult>", "<!DOCTYPE x [<!ENTITY a \"b\">]><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>", "<ListBucketResult/>",
  ])
  func badLists(_ body: String) async throws {
    let bucket = try ScriptedBucket(answers: [.success(.done([:], body))])
    let error = await failure { _ = try await bucket.storage.list("") }
    #expect(error?.kind == .invalid && error?.message.contains("AWS_ENDPOINT_URL") == true, "\(String(describing: error))")
    #expect(bucket.requests.allSatisfy { $0.bodyLimitBytes == 16 << 20 })
  }

  @Test("a list without an end ends")
  func endlessList() async throws {
    let bucket = try ScriptedBucket { request in
      .done([:], "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>\(request.url.count)</NextContinuationToken><Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>")
    }
    #expect(await failure { _ = try await bucket.storage.list("") }?.message.contains("out of order") == true)
    #expect(bucket.requests.count == 2)
  }

  // MARK: Removing

  @Test("an object that is not there is removed; a bucket that is not there is an error")
  func removes() async throws {
    let gone = try ScriptedBucket(answers: [.success(.s3(404, "NoSuchKey"))])
    #expect(await failure { try await gone.storage.remove("a") } == nil)
    let done = try ScriptedBucket(answers: [.success(HTTPResponse(status: 204, headers: [:], body: []))])
    #expect(await failure { try await done.storage.remove("a") } == nil)
    let none = try ScriptedBucket(answers: [.success(.s3(404, "NoSuchBucket"))])
    #expect(await failure { try await none.storage.remove("a") }?.kind == .invalid)
  }

  // MARK: A real server

  @Test("credentials that are wrong or without rights, and a bucket that does not exist, are told apart", .enabled(if: PythonTools.mayRun, "\(PythonTools.remedy)"))
  func refusals() async throws {
    let server = try await S3Server.shared(), bench = try ObjectBench()
    func error(_ storage: S3Storage) async -> ObjectStorageError? { await failure { try await bench.put("text", "a", to: storage) } }
    let secret = await error(try server.storage(user: .init(key: server.writer.key, secret: "wrong")))
    #expect(secret?.kind == .denied && secret?.message.contains("SignatureDoesNotMatch") == true, "\(String(describing: secret))")
    let key = await error(try server.storage(user: .init(key: "AKIAUNKNOWN", secret: server.writer.secret)))
    #expect(key?.kind == .denied && key?.message.contains("InvalidAccessKeyId") == true, "\(String(describing: key))")
    let rights = await error(try server.storage(user: server.stranger))
    #expect(rights?.kind == .denied && rights?.message.contains("AccessDenied") == true, "\(String(describing: rights))")
    let bucket = await error(try server.storage(bucket: "no-such-bucket"))
    #expect(bucket?.kind == .invalid && bucket?.message.contains("create the bucket") == true, "\(String(describing: bucket))")
  }

  @Test("a list of more than one page is whole, and a storage sees nothing beside its prefix", .enabled(if: PythonTools.mayRun, "\(PythonTools.remedy)"), .timeLimit(.minutes(5)))
  func manyPages() async throws {
    let server = try await S3Server.shared(), bench = try ObjectBench(), file = try bench.file("x")
    let prefix = UUID().uuidString, storage = try server.storage(prefix: prefix, pageLimit: 10), keys = (0..<60).map { "date/\($0)" }
    try await bench.put("x", "other", to: server.storage(prefix: prefix + "-other"))
    for key in keys { try await storage.put(key, from: file.path, sha256: file.sha256) }
    #expect(try await storage.list("").map(\.key) == keys.sorted { ObjectKey.isBefore($0, $1) })
    #expect(try await storage.list("date/5").map(\.key) == ["date/5"] + (0..<10).map { "date/5\($0)" })
  }

  @Test("a file beyond the limit goes up in parts and comes back whole", .enabled(if: PythonTools.mayRun, "\(PythonTools.remedy)"), .timeLimit(.minutes(5)))
  func inParts() async throws {
    let server = try await S3Server.shared(), bench = try ObjectBench(), storage = try server.storage(singleLimitBytes: 1 << 20)
    let bytes = Self.blocks(33) + [1, 2, 3], file = try bench.file(bytes)
    for _ in 0..<2 { try await storage.put("large", from: file.path, sha256: file.sha256) }
    #expect(try await storage.list("") == [StoredObject(key: "large", sizeBytes: Int64(bytes.count))])
    #expect(try await bench.bytes("large", of: storage) == bytes)
    #expect(await failure { try await bench.put("other", "large", to: storage) }?.kind == .conflict)
  }
}
