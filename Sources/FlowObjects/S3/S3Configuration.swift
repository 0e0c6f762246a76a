import FlowCore

/// What is needed to speak to a bucket: read from a location and the environment variables that AWS tools take.
struct S3Configuration: Sendable {
  static let scheme = "s3://"
  static let defaultRegion = "us-east-1"

  let bucket: S3Bucket
  let region: String
  let credentials: S3Credentials

  /// Reads the configuration. Throws `Diagnostics` with everything that is wrong.
  /// - Parameters:
  ///   - location: `s3://BUCKET/PREFIX`.
  ///   - variable: the environment; an empty variable counts as unset.
  init(_ location: String, variable: (String) -> String?) throws(Diagnostics) {
    var problems: [Diagnostic] = []
    func problem(_ found: String, _ expected: String, _ hint: String? = nil) {
      problems.append(Diagnostic(.objectLocation, subject: "storage '\(ObjectKey.shown(location))'", found: found, expected: expected, hint: hint))
    }
    func value(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }
    func secret(_ name: String) -> String? {
      let text = value(name)
      if let text, !text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
        problem("the environment variable \(name) has white space or a character beyond ASCII", "the value as AWS gives it out")
      }
      return text
    }

    let path = location.dropFirst(Self.scheme.count)
    let name = String(path.prefix { $0 != "/" })
    var prefix = String(path.dropFirst(name.count).drop { $0 == "/" })
    while prefix.hasSuffix("/") { prefix.removeLast() }
    if let words = S3Bucket.nameProblem(name) { problem("the bucket is '\(ObjectKey.shown(name))'", words) }
    if !prefix.isEmpty, let words = ObjectKey.problem(prefix) { problem("the prefix '\(ObjectKey.shown(prefix))' cannot be used: \(words)", "s3://BUCKET/PREFIX") }

    var server = S3Bucket.Server.amazon
    if let variable = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"].first(where: { value($0) != nil }), let url = value(variable) {
      switch S3Bucket.Server.parse(url) {
      case .server(let parsed): server = parsed
      case .problem(let found, let hint): problem("the environment variable \(variable): \(found)", "https://HOST or https://HOST:PORT", hint)
      }
    }
    let regionVariable = ["AWS_REGION", "AWS_DEFAULT_REGION"].first { value($0) != nil }
    region = regionVariable.flatMap(value) ?? Self.defaultRegion
    if let regionVariable, !S3Bucket.isRegion(region) {
      problem("the environment variable \(regionVariable) is '\(ObjectKey.shown(region))'", "a region such as eu-central-1")
    }

    let accessKey = secret("AWS_ACCESS_KEY_ID"), secretKey = secret("AWS_SECRET_ACCESS_KEY"), token = secret("AWS_SESSION_TOKEN")
    let missing = [("AWS_ACCESS_KEY_ID", accessKey), ("AWS_SECRET_ACCESS_KEY", secretKey)].filter { $0.1 == nil }.map(\.0)
    if !missing.isEmpty {
      problem(
        "the environment variable \(missing.joined(separator: " and ")) is not set", "credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        "temporary ones also need AWS_SESSION_TOKEN; 'aws configure export-credentials --format env' prints those of a profile")
    }
    guard problems.isEmpty else { throw Diagnostics(problems) }
    bucket = S3Bucket(name: name, prefix: prefix, server: server)
    credentials = S3Credentials(accessKey: accessKey ?? "", secretKey: secretKey ?? "", sessionToken: token)
  }

  /// For a bucket that is known to be well formed.
  init(bucket: S3Bucket, region: String, credentials: S3Credentials) {
    self.bucket = bucket
    self.region = region
    self.credentials = credentials
  }
}
