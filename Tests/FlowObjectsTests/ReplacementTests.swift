import FlowCore
import FlowCrypto
import FlowFileSystem
import FlowTesting
import Foundation
import Testing

@testable import FlowObjects

@Suite("Objects that are replaced")
struct ReplacementTests {
  private static func folder(_ path: String, _ files: any FileSystem, seed: UInt64 = 1) -> FolderStorage {
    FolderStorage(path + "/deep/target", fileSystem: files, lane: InlineLane(), random: SeededRandomSource(seed: seed))
  }

  private static let text = String(repeating: "some text of an object\n", count: 100)

  // MARK: In a folder

  @Test("a call that fails leaves the old object or the new one; the next try succeeds and clears up", arguments: FailingFileSystem.Pattern.allCases, [5, 28] as [Int32])
  func everyCallFails(_ pattern: FailingFileSystem.Pattern, errno: Int32) async throws {
    func prepared() async throws -> (ObjectBench, path: String, sha256: [UInt8]) {
      let bench = try ObjectBench(), file = try bench.file(Self.text)
      for key in ["a/b", "a/c"] { try await bench.put("old", key, to: Self.folder(bench.fixture.path, POSIXFileSystem())) }
      return (bench, file.path, file.sha256)
    }
    let (counted, path, sha256) = try await prepared()
    let counting = FailingFileSystem(POSIXFileSystem())
    try await Self.folder(counted.fixture.path, counting).replace("a/b", from: path, sha256: sha256)
    #expect(counting.callCount > 12)
    for call in 1...counting.callCount {
      let (bench, path, sha256) = try await prepared()
      let failing = FailingFileSystem(POSIXFileSystem(), failing: call, pattern: pattern, error: errno)
      let error = await failure { try await Self.folder(bench.fixture.path, failing).replace("a/b", from: path, sha256: sha256) }
      let after = Self.folder(bench.fixture.path, POSIXFileSystem(), seed: 2), found = try await bench.text("a/b", of: after)
      #expect(found == Self.text || (error != nil && found == "old"), "call \(call)")
      try await after.replace("a/b", from: path, sha256: sha256)
      #expect(try await bench.text("a/b", of: after) == Self.text, "call \(call)")
      #expect(try await bench.text("a/c", of: after) == "old")
      #expect(try bench.fixture.tree("deep/").filter { $0.contains("/.") } == [], "call \(call)")
    }
  }

  @Test("what replace has reported survives a power cut; before that the object is the old one or the new one, whole")
  func powerCut() async throws {
    let source = try ObjectBench(), file = try source.file(Self.text)
    func prepare(_ fixture: FileSystemFixture) async throws { try await source.put("old", "a/b", to: Self.folder(fixture.path, POSIXFileSystem())) }
    @Sendable func work(_ files: any FileSystem, _ path: String) async throws {
      try await Self.folder(path, files).replace("a/b", from: file.path, sha256: file.sha256)
    }
    let calls = try await PowerCut.callCount(prepare) { try await work($0, $1) }
    for call in 1...calls + 1 {
      for seed in 1...8 as ClosedRange<UInt64> {
        let fixture = try FileSystemFixture()
        try await prepare(fixture)
        let isDone = try await PowerCut.at(call <= calls ? call : nil, seed: seed, fixture) { try await work($0, $1) }
        let found = try await source.text("a/b", of: Self.folder(fixture.path, POSIXFileSystem(), seed: 2))
        #expect(found == Self.text || (!isDone && found == "old"), "call \(call), seed \(seed): \(found.count) characters")
      }
    }
  }

  @Test("a folder in the way is named, and left alone")
  func inTheWay() async throws {
    let bench = try ObjectBench(), storage = Self.folder(bench.fixture.path, POSIXFileSystem())
    try POSIXFileSystem().makeFolder(bench.path("deep/target/folder"))
    let error = await failure { try await bench.replace("text", "folder", in: storage) }
    #expect(error?.kind == .conflict && error?.message.contains("a folder") == true, "\(String(describing: error))")
    #expect(try bench.fixture.tree("deep/target/") == ["deep/target/folder/"])
  }

  // MARK: On S3

  @Test("a bucket's object is replaced by one request without a condition, with its digest; nothing is looked up before")
  func unconditional() async throws {
    let bucket = try ScriptedBucket("s3://study-data/p", answers: [.success(.done())])
    try await bucket.bench.replace("text", "a b/c", in: bucket.storage)
    let request = try #require(bucket.transport.requests.first)
    #expect(bucket.transport.requests.count == 1 && request.method == "PUT" && request.headers["If-None-Match"] == nil)
    #expect(request.headers["x-amz-checksum-sha256"] == Data(SHA256.digest(of: "text".utf8)).base64EncodedString())
  }

  @Test("a server that refuses to replace, or that has computed another digest, is an error")
  func refused() async throws {
    let kept = try ScriptedBucket(answers: [.success(.s3(412, "PreconditionFailed"))])
    #expect(await failure { try await kept.bench.replace("text", "a", in: kept.storage) } != nil)
    let other = try ScriptedBucket(answers: [.success(.done(["ETag": "\"1\"", "x-amz-checksum-sha256": "b3RoZXI="]))])
    #expect(await failure { try await other.bench.replace("text", "a", in: other.storage) } != nil)
  }

  /// Parts, of which the completion is answered as the script says; then the object holds `found`.
  private static func parts(_ found: [UInt8], completion: HTTPResponse) throws -> ScriptedBucket {
    try ScriptedBucket(answersHead: true, singleLimitBytes: 4) { request in
      switch request.method {
      case "HEAD": HTTPResponse(status: 200, headers: ["Content-Length": String(found.count), "ETag": "\"1\""], body: [])
      case "GET": HTTPResponse(status: 206, headers: [:], body: found)
      case "POST" where request.url.hasSuffix("?uploads="): .done([:], "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>")
      case "POST": completion
      case "DELETE": HTTPResponse(status: 204, headers: [:], body: [])
      default: .done()
      }
    }
  }

  @Test("parts are joined without a condition")
  func joinsParts() async throws {
    let bucket = try Self.parts([], completion: .done([:], "<CompleteMultipartUploadResult><ETag>x-1</ETag></CompleteMultipartUploadResult>"))
    try await bucket.bench.replace("some text", "a", in: bucket.storage)
    #expect(bucket.requests.map(\.method) == ["POST", "PUT", "POST"] && bucket.requests.allSatisfy { $0.headers["If-None-Match"] == nil })
  }

  @Test("an upload in parts that is gone was completed if the object has the new bytes, else it failed", arguments: [true, false])
  func lostCompletion(isDone: Bool) async throws {
    let bucket = try Self.parts(Array((isDone ? "some text" : "other txt").utf8), completion: .s3(404, "NoSuchUpload"))
    let error = await failure { try await bucket.bench.replace("some text", "a", in: bucket.storage) }
    #expect(error?.kind == (isDone ? nil : .away), "\(String(describing: error))")
  }

  @Test("a large object is replaced in parts on a real server", .enabled(if: PythonTools.mayRun, "\(PythonTools.remedy)"), .timeLimit(.minutes(5)))
  func largeOnServer() async throws {
    let bench = try ObjectBench(), storage = try await S3Server.shared().storage(singleLimitBytes: 1 << 20)
    for value in [1, 2] as [UInt8] {
      let bytes = [UInt8](repeating: value, count: (17 << 20) + Int(value)), file = try bench.file(bytes)
      try await storage.replace("large", from: file.path, sha256: file.sha256)
      #expect(try await bench.bytes("large", of: storage) == bytes)
    }
  }
}
