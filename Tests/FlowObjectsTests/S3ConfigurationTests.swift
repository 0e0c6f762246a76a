import FlowCore
import FlowTesting
import Testing

@testable import FlowObjects

@Suite("Where objects are kept")
struct S3ConfigurationTests {
  private static let credentials = ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "the-secret"]

  private static func problems(_ location: String, _ variables: [String: String] = [:]) -> [Diagnostic] {
    let all = credentials.merging(variables) { $1 }
    return ObjectStorages.problems(of: location) { all[$0] }
  }

  private static func address(_ location: String, _ key: String, _ variables: [String: String] = [:]) throws -> String {
    let all = credentials.merging(variables) { $1 }
    let configuration = try S3Configuration(location) { all[$0] }
    return configuration.bucket.address(ObjectKey.joined(configuration.bucket.prefix, key), region: configuration.region).url
  }

  @Test("a request goes to the bucket's host at AWS, to its path where the certificate does not cover the name, and to its path at an endpoint")
  func addresses() throws {
    #expect(try Self.address("s3://study-raw/a/b/", "c d") == "https://study-raw.s3.us-east-1.amazonaws.com/a/b/c%20d")
    #expect(try Self.address("s3://study-raw", "c", ["AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "x"]) == "https://study-raw.s3.eu-central-1.amazonaws.com/c")
    #expect(try Self.address("s3://study.raw/p", "c", ["AWS_DEFAULT_REGION": "cn-north-1"]) == "https://s3.cn-north-1.amazonaws.com.cn/study.raw/p/c")
    #expect(try Self.address("s3://study-raw/p", "c", ["AWS_ENDPOINT_URL": "http://127.0.0.1:9000/"]) == "http://127.0.0.1:9000/study-raw/p/c")
    #expect(try Self.address("s3://study-raw", "c", ["AWS_ENDPOINT_URL": "https://Storage.Example.org:443/base/"]) == "https://storage.example.org/base/study-raw/c")
    #expect(try Self.address("s3://study-raw", "", ["AWS_ENDPOINT_URL_S3": "http://[::1]:9000", "AWS_ENDPOINT_URL": "https://other"]) == "http://[::1]:9000/study-raw/")
    #expect(try Self.address("s3://study-raw", "c", ["AWS_ENDPOINT_URL_S3": "", "AWS_ENDPOINT_URL": "https://other"]) == "https://other/study-raw/c")
  }

  struct Mistake: Sendable, CustomTestStringConvertible {
    var location: String
    var variables: [String: String] = [:]
    /// Parts of the message.
    var says: [String]
    var testDescription: String { "\(location) \(variables.keys.sorted())" }
  }

  static let mistakes = [
    Mistake(location: "", says: ["empty", "folder"]),
    Mistake(location: "raw\n", says: ["control character"]),
    Mistake(location: "gs://bucket/x", says: ["'gs'", "s3://BUCKET/PREFIX"]),
    Mistake(location: "S3://bucket", says: ["'S3'", "s3://BUCKET/PREFIX"]),
    Mistake(location: "s3://", says: ["3 to 63"]),
    Mistake(location: "s3://ab", says: ["3 to 63"]),
    Mistake(location: "s3://Study_Raw/x", says: ["'Study_Raw'", "lower-case"]),
    Mistake(location: "s3://-study", says: ["begins and ends"]),
    Mistake(location: "s3://stu..dy", says: ["two dots"]),
    Mistake(location: "s3://10.0.0.1", says: ["IP address"]),
    Mistake(location: "s3://study-raw/a//b", says: ["'a//b'", "empty part"]),
    Mistake(location: "s3://study-raw/../b", says: ["'..'"]),
    Mistake(location: "s3://study-raw", variables: ["AWS_ACCESS_KEY_ID": ""], says: ["AWS_ACCESS_KEY_ID is not set", "AWS_SESSION_TOKEN"]),
    Mistake(
      location: "s3://study-raw", variables: ["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""],
      says: ["AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is not set"]),
    Mistake(location: "s3://study-raw", variables: ["AWS_SECRET_ACCESS_KEY": "the-secret\n"], says: ["AWS_SECRET_ACCESS_KEY", "white space"]),
    Mistake(location: "s3://study-raw", variables: ["AWS_SESSION_TOKEN": "a\r\nX: y"], says: ["AWS_SESSION_TOKEN", "white space"]),
    Mistake(location: "s3://study-raw", variables: ["AWS_REGION": "eu_central.example.org/"], says: ["AWS_REGION", "eu-central-1"]),
    Mistake(location: "s3://study-raw", variables: ["AWS_ENDPOINT_URL": "storage:9000"], says: ["AWS_ENDPOINT_URL", "no URL"]),
    Mistake(location: "s3://study-raw", variables: ["AWS_ENDPOINT_URL": "ftp://storage"], says: ["'ftp'"]),
    Mistake(location: "s3://study-raw", variables: ["AWS_ENDPOINT_URL": "http://storage:9000"], says: ["in the clear", "https://", "127.0.0.1"]),
    Mistake(location: "s3://study-raw", variables: ["AWS_ENDPOINT_URL_S3": "http://127.0.0.1.example.org"], says: ["AWS_ENDPOINT_URL_S3", "in the clear"]),
    Mistake(location: "s3://study-raw", variables: ["AWS_ENDPOINT_URL": "https://user:password@storage"], says: ["a user"]),
    Mistake(location: "s3://study-raw", variables: ["AWS_ENDPOINT_URL": "https://storage:x"], says: ["'storage:x'"]),
    Mistake(location: "s3://study-raw", variables: ["AWS_ENDPOINT_URL": "https://"], says: ["no host"]),
  ]

  @Test("a location that cannot be used is refused with a remedy; no secret is shown", arguments: mistakes)
  func refuses(_ mistake: Mistake) throws {
    let problems = Self.problems(mistake.location, mistake.variables), text = problems.map(\.description).joined()
    #expect(problems.count == 1 && problems.allSatisfy { $0.code == .objectLocation }, "\(text)")
    for words in mistake.says { #expect(text.contains(words), "\(text)") }
    #expect(!text.contains("the-secret") && !text.contains("password"), "\(text)")
    let environment = RuntimeEnvironment.undriven()
    #expect(throws: Diagnostics.self) { try ObjectStorages.make(mistake.location, environment: environment) }
  }

  @Test("all problems of a location are reported at once")
  func all() {
    #expect(Self.problems("s3://X/a//b", ["AWS_REGION": "?", "AWS_ACCESS_KEY_ID": "", "AWS_ENDPOINT_URL": "http://storage"]).count == 5)
  }

  @Test("a folder needs no variables, whatever its name looks like", arguments: ["raw", "/data/raw", "./s3:/x", "a b", "s3"])
  func folders(_ location: String) throws {
    #expect(ObjectStorages.problems(of: location) { _ in nil } == [])
    #expect(try ObjectStorages.make(location, environment: .undriven()).location == location)
  }

  @Test("credentials show nothing of themselves")
  func credentialsAreHidden() throws {
    let credentials = S3Credentials(accessKey: "AKID", secretKey: "the-secret", sessionToken: "the-token")
    var dumped = "\(credentials) \(String(reflecting: credentials))"
    dump(credentials, to: &dumped)
    #expect(!dumped.contains("the-") && !dumped.contains("AKID"), "\(dumped)")
  }
}
