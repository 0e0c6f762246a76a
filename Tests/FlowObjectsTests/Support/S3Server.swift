import FlowCore
import FlowFileSystem
import FlowHTTP
import FlowTesting
import Foundation

@testable import FlowObjects

/// S3 by moto, one for all tests. It checks every signature.
struct S3Server: Sendable {
  struct User: Decodable, Sendable {
    var key: String
    var secret: String
  }
  private struct Greeting: Decodable {
    var endpoint: String
    var bucket: String
    var writer: User
    var stranger: User
  }

  static func shared() async throws -> S3Server { try await start.value }
  private static let start = Task {
    let process = try await PythonTools.serve("Tests/FlowObjectsTests/Scripts/s3_server.py")
    let greeting = try JSONDecoder().decode(Greeting.self, from: Data(process.greeting.utf8))
    return S3Server(process: process, endpoint: greeting.endpoint, bucket: greeting.bucket, writer: greeting.writer, stranger: greeting.stranger)
  }

  private let process: PythonTools.Server
  let endpoint: String
  let bucket: String
  let writer: User
  let stranger: User

  /// A storage with a prefix of its own.
  func storage(
    prefix: String = "test/\(UUID().uuidString)", user: User? = nil, bucket: String? = nil, time: any TimeSource = DispatchTimeSource(),
    singleLimitBytes: Int64 = S3Storage.singleLimitBytes, pageLimit: Int = 1000
  ) throws -> S3Storage {
    let user = user ?? writer
    let variables = ["AWS_ACCESS_KEY_ID": user.key, "AWS_SECRET_ACCESS_KEY": user.secret, "AWS_ENDPOINT_URL": endpoint]
    return S3Storage(
      try S3Configuration("s3://\(bucket ?? self.bucket)/\(prefix)") { variables[$0] }, transport: CurlTransport(.init(version: "test")), time: time,
      random: SystemRandomSource(), fileSystem: POSIXFileSystem(), lane: DispatchLane(label: "test"), singleLimitBytes: singleLimitBytes, pageLimit: pageLimit)
  }
}
