import FlowBase
import FlowCore
import FlowCrypto
import FlowTesting
import Foundation
import Testing

@testable import FlowObjects

@Suite("Signature Version 4")
struct AWSSignatureTests {
  private static let example = S3Credentials(accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")

  struct Example: Sendable, CustomTestStringConvertible {
    var name: String
    var method = "GET"
    var path = "/"
    var query: [(name: String, value: String)] = []
    var headers: [(name: String, value: String)] = []
    var body = ""
    var signature: String
    var testDescription: String { name }
  }

  /// AWS, "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk", examples.
  static let examples = [
    Example(
      name: "GET Object", path: "/test.txt", headers: [(name: "Range", value: "bytes=0-9")],
      signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
    Example(
      name: "PUT Object", method: "PUT", path: "/test%24file.text",
      headers: [(name: "Date", value: "Fri, 24 May 2013 00:00:00 GMT"), (name: "x-amz-storage-class", value: "REDUCED_REDUNDANCY")],
      body: "Welcome to Amazon S3.", signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
    Example(
      name: "GET Bucket Lifecycle", query: [(name: "lifecycle", value: "")],
      signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    Example(
      name: "GET Bucket (List Objects)", query: [(name: "prefix", value: "J"), (name: "max-keys", value: "2")],
      signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
  ]

  @Test("the examples of the documentation have the signatures of the documentation", arguments: examples)
  func documented(_ example: Example) throws {
    let subject = AWSSignature.Subject(
      method: example.method, host: "examplebucket.s3.amazonaws.com", path: example.path, query: example.query, headers: example.headers,
      payloadSHA256: Hexadecimal.text(SHA256.digest(of: example.body.utf8)))
    let fields = AWSSignature(credentials: Self.example, region: "us-east-1").fields(for: subject, at: Instant(seconds: 1_369_353_600))
    let authorization = try #require(fields.last)
    #expect(authorization.name == "Authorization" && authorization.value.hasSuffix("Signature=\(example.signature)"), "\(authorization.value)")
    #expect(authorization.value.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders="))
  }

  @Test("a path is encoded once, part by part; a query is in the order of its encoded names and values")
  func encodes() {
    #expect(AWSSignature.pathText("a b/=:+%/ä~/日") == "a%20b/%3D%3A%2B%25/%C3%A4~/%E6%97%A5")
    let query = [(name: "b", value: "2"), (name: "a", value: "x y"), (name: "B", value: ""), (name: "a", value: "+"), (name: "ä", value: "/")]
    #expect(AWSSignature.queryText(query) == "%C3%A4=%2F&B=&a=%2B&a=x%20y&b=2")
    #expect(AWSSignature.text(of: Instant(milliseconds: 1_369_353_600_999)) == "20130524T000000Z")
  }

  // MARK: botocore

  private struct Case: Encodable {
    var method: String
    var host: String
    var key: String
    var query: [[String]]
    var headers: [[String]]
    var body: String
    var seconds: Int64
    var region: String
    var access_key: String
    var secret_key: String
    var token: String?

    init(_ dice: SeededRandomSource) {
      func pick<Element>(_ elements: [Element]) -> Element { elements[Int(dice.next() % UInt64(elements.count))] }
      let pieces = ["a", "Z", "0", " ", "+", "%", "=", ":", "&", "?", "#", "~", "-", "_", ".", "/", "'", "\"", "(", ")", "*", "!", "$", ",", ";", "@", "ä", "日", "😀", "\\", "|", "\u{301}"]
      func text(_ limit: UInt64, _ pieces: [String]) -> String { (0..<(1 + dice.next() % limit)).map { _ in pick(pieces) }.joined() }
      method = pick(["GET", "PUT", "POST", "DELETE", "HEAD"])
      host = pick(["bucket.s3.eu-central-1.amazonaws.com", "localhost:9000", "s3.example.org"])
      key = text(30, pieces)
      let names = Set((0..<dice.next() % 4).map { _ in text(6, pieces.filter { $0 != "#" }) })
      query = names.sorted().map { [$0, pick(["", text(12, pieces)])] }
      headers = [["X-Amz-Meta-A", text(9, ["a", " ", "b", "="]).trimmingCharacters(in: .whitespaces) + "x"], ["If-None-Match", "*"], ["Content-Type", "application/xml"]]
        .filter { _ in dice.next() % 2 == 0 }
      body = pick(["", "some text", text(50, pieces)])
      seconds = Int64(dice.next() % 4_000_000_000)
      region = pick(["us-east-1", "eu-central-1", "cn-north-1"])
      access_key = "AKID" + text(12, ["A", "B", "7"])
      secret_key = text(40, ["a", "/", "+", "Q", "9"])
      token = pick([nil, text(40, ["t", "=", "/", "+"])])
    }

    var authorization: String? {
      let subject = AWSSignature.Subject(
        method: method, host: host, path: "/" + AWSSignature.pathText(key), query: query.map { (name: $0[0], value: $0[1]) },
        headers: headers.map { (name: $0[0], value: $0[1]) }, payloadSHA256: Hexadecimal.text(SHA256.digest(of: body.utf8)))
      let credentials = S3Credentials(accessKey: access_key, secretKey: secret_key, sessionToken: token)
      return AWSSignature(credentials: credentials, region: region).fields(for: subject, at: Instant(seconds: seconds)).last?.value
    }
  }

  @Test("any request has the signature that botocore gives it", .enabled(if: PythonTools.mayRun, "\(PythonTools.remedy)"), .timeLimit(.minutes(5)))
  func botocore() async throws {
    let dice = SeededRandomSource(seed: 4)
    let cases = (0..<500).map { _ in Case(dice) }
    let input = try cases.map { try JSONEncoder().encode($0) + Data("\n".utf8) }.reduce(Data(), +)
    let output = try await PythonTools.run("Tests/FlowObjectsTests/Scripts/sign.py", input: Array(input))
    let signatures = String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    #expect(signatures.count == cases.count)
    for (sample, signature) in zip(cases, signatures) { #expect(sample.authorization == signature, "\(sample)") }
  }
}
