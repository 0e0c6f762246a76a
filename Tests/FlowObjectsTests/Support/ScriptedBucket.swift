import FlowCore
import FlowFileSystem
import FlowTesting
import Foundation

@testable import FlowObjects

/// A storage whose server is a script. What it downloads, the script's answers bring.
struct ScriptedBucket: Sendable {
  let time = EagerTime()
  let transport: ScriptedTransport
  let storage: S3Storage
  let bench: ObjectBench

  /// - Parameters:
  ///   - server: the value of `AWS_ENDPOINT_URL`; nil for AWS itself.
  ///   - answer: answers to everything but the question whether the key is taken, which is denied unless `answersHead`.
  init(
    _ location: String = "s3://study-raw", server: String? = nil, token: String? = nil, answersHead: Bool = false, singleLimitBytes: Int64 = S3Storage.singleLimitBytes,
    _ answer: @escaping @Sendable (HTTPRequest) throws -> HTTPResponse
  ) throws {
    bench = try ObjectBench()
    let variables = ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "the-secret-key", "AWS_SESSION_TOKEN": token ?? "", "AWS_ENDPOINT_URL": server ?? ""]
    transport = ScriptedTransport { request in
      if request.method == "HEAD", !answersHead { return HTTPResponse(status: 404, headers: [:], body: []) }
      var response = try answer(request)
      if let download = request.download, (200..<300).contains(response.status) {
        try POSIXFileSystem().writeDurably(response.body, to: download)
        if response.headers["Content-Length"] == nil { response.headers["Content-Length"] = String(response.body.count) }
        response.body = []
      }
      return response
    }
    storage = S3Storage(
      try S3Configuration(location) { variables[$0] }, transport: transport, time: time, random: SeededRandomSource(seed: 1), fileSystem: POSIXFileSystem(),
      lane: InlineLane(), singleLimitBytes: singleLimitBytes)
  }

  /// Answers in order; the last one again and again.
  init(_ location: String = "s3://study-raw", server: String? = nil, token: String? = nil, answers: [Result<HTTPResponse, TransportError>]) throws {
    let left = Locked(answers[...])
    try self.init(location, server: server, token: token) { _ in
      try left.withLock { left in
        guard let next = left.count > 1 ? left.popFirst() : left.first else { throw TransportError(.connection, "no answer") }
        return try next.get()
      }
    }
  }

  /// The requests but those that ask whether the key is taken.
  var requests: [HTTPRequest] { transport.requests.filter { $0.method != "HEAD" } }

  func put(_ text: String = "text", _ key: String = "a/b") async -> ObjectStorageError? {
    await failure { try await bench.put(text, key, to: storage) }
  }
}

extension HTTPResponse {
  static func done(_ headers: HTTPHeaders = ["ETag": "\"1\""], _ body: String = "") -> HTTPResponse {
    HTTPResponse(status: 200, headers: headers, body: Array(body.utf8))
  }

  /// An error of S3.
  static func s3(_ status: Int, _ code: String, _ more: String = "", headers: HTTPHeaders = [:]) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: headers, body: Array("<?xml version=\"1.0\"?>\n<Error><Code>\(code)</Code>\(more)<RequestId>1</RequestId></Error>".utf8))
  }
}
