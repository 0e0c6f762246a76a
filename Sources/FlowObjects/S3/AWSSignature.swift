import FlowCore
import FlowCrypto

/// Signs requests with AWS Signature Version 4 in its form for S3: the path is percent-encoded once and not normalised, and the digest of the body
/// is a header field (AWS, "Create a signed AWS API request" and "Authenticating Requests: Using the Authorization Header").
struct AWSSignature: Sendable {
  static let service = "s3"

  /// What is signed of a request.
  struct Subject: Sendable {
    var method: String
    /// As in the field `Host`: with the port unless it is the scheme's own.
    var host: String
    /// Percent-encoded, as it is sent.
    var path: String
    /// Names and values, not encoded.
    var query: [(name: String, value: String)] = []
    /// Further fields, all of which are signed.
    var headers: [(name: String, value: String)] = []
    /// SHA-256 of the body, hexadecimal.
    var payloadSHA256: String
  }

  let credentials: S3Credentials
  let region: String

  /// The fields that the signature adds: `X-Amz-Date`, `X-Amz-Content-SHA256`, `X-Amz-Security-Token`, `Authorization`.
  func fields(for subject: Subject, at instant: Instant) -> [(name: String, value: String)] {
    let time = Self.text(of: instant), scope = scope(time)
    var added = [(name: "X-Amz-Content-SHA256", value: subject.payloadSHA256), (name: "X-Amz-Date", value: time)]
    if let token = credentials.sessionToken { added.append((name: "X-Amz-Security-Token", value: token)) }
    var whole = subject
    whole.headers += added
    let request = Self.canonicalRequest(whole)
    let text = "AWS4-HMAC-SHA256\n\(time)\n\(scope)\n\(Hexadecimal.text(SHA256.digest(of: request.utf8)))"
    let signature = Hexadecimal.text(key(time).authenticationCode(for: Array(text.utf8)))
    let authorization = "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope), SignedHeaders=\(Self.signedNames(whole)), Signature=\(signature)"
    return added + [(name: "Authorization", value: authorization)]
  }

  // MARK: Steps

  static func canonicalRequest(_ subject: Subject) -> String {
    let headers = fields(of: subject).map { "\($0.name):\($0.value)\n" }.joined()
    return [subject.method, subject.path, queryText(subject.query), headers, signedNames(subject), subject.payloadSHA256].joined(separator: "\n")
  }

  /// The encoded query in the order of its encoded names and values. The request is sent with the same text.
  static func queryText(_ query: [(name: String, value: String)]) -> String {
    query.map { (name: PercentEncoding.encode($0.name), value: PercentEncoding.encode($0.value)) }
      .sorted { ($0.name, $0.value) < ($1.name, $1.value) }
      .map { "\($0.name)=\($0.value)" }.joined(separator: "&")
  }

  /// The path of a key: every part encoded once, the slashes kept.
  static func pathText(_ key: String) -> String {
    ObjectKey.parts(of: key).map { PercentEncoding.encode($0) }.joined(separator: "/")
  }

  /// `20260105T000000Z`.
  static func text(of instant: Instant) -> String { Instant(seconds: instant.seconds).text.filter { $0 != "-" && $0 != ":" } }

  /// Lower-case names in order, values without surplus spaces.
  private static func fields(of subject: Subject) -> [(name: String, value: String)] {
    (subject.headers + [(name: "Host", value: subject.host)])
      .map { (name: $0.name.lowercased(), value: $0.value.split(separator: " ").joined(separator: " ")) }
      .sorted { $0.name < $1.name }
  }

  private static func signedNames(_ subject: Subject) -> String { fields(of: subject).map(\.name).joined(separator: ";") }

  private func scope(_ time: String) -> String { "\(time.prefix(8))/\(region)/\(Self.service)/aws4_request" }

  /// The key of a day, a region and a service, derived from the secret.
  private func key(_ time: String) -> SecretKey {
    [String(time.prefix(8)), region, Self.service, "aws4_request"].reduce(credentials.signingSecret) { key, step in
      SecretKey(key.authenticationCode(for: Array(step.utf8)))
    }
  }
}
