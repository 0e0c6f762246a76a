import FlowCore

/// What went wrong with a request, and what it says about the next one. A plain value.
struct S3Failure: Sendable, Equatable {
  /// The status; nil: there was no whole answer.
  var status: Int?
  /// S3's error code, such as `SlowDown`; nil if the answer has none.
  var code: String?
  /// The server's own words, printable and short; empty if there are none.
  var words = ""
  /// The bucket's region, if the answer names it.
  var region: String?
  /// The server's clock.
  var date: Instant?
  /// How long the server wants to be left alone.
  var retryAfter: Duration?
  var transport: TransportError?

  init(status: Int? = nil, code: String? = nil, words: String = "", transport: TransportError? = nil) {
    self.status = status
    self.code = code
    self.words = words
    self.transport = transport
  }

  init(_ error: any Error) {
    transport = error as? TransportError ?? TransportError(.connection, "the request failed: \(error)")
  }

  /// - Parameters:
  ///   - now: this machine's clock, for a `Retry-After` that is a date.
  ///   - secret: words that repeat it are left out, so that a server cannot bring it into a log.
  init(_ response: HTTPResponse, now: Instant, hiding secret: String? = nil) {
    status = response.status
    date = response.headers["Date"].flatMap { Instant(httpDate: $0) }
    retryAfter = response.headers["Retry-After"].flatMap { Self.wait($0, now) }
    let document = AnswerElement(parsing: response.body).flatMap { $0.name == "Error" ? $0 : nil }
    code = document?.text("Code").flatMap { Self.isCode($0) ? $0 : nil }
    // The whole message counts: what is shown may be cut within the secret.
    words = document?.text("Message").map { text in secret.map(text.contains) == true ? "" : Self.shown(text) } ?? ""
    region = (response.headers["x-amz-bucket-region"] ?? document?.text("Region")).flatMap { S3Bucket.isRegion($0) ? $0 : nil }
  }

  // MARK: What it means

  /// Whether the same request may succeed soon.
  var isPassing: Bool {
    if let transport { return Self.passingKinds.contains(transport.kind) }
    if let code, Self.passingCodes.contains(code) { return true }
    // A code that is known to be lasting counts, whatever the status. Without one, the status tells.
    return code.map { Self.lastingCodes[$0] == nil } ?? true && status.map(Self.passingStatuses.contains) ?? false
  }

  /// The server refuses the time of the signature. A refusal without a body, as of HEAD, tells it by the server's clock.
  func isClockRefused(by now: Instant) -> Bool {
    if code == "RequestTimeTooSkewed" { return true }
    guard status == 403, code == nil, let date else { return false }
    return abs(date.seconds - now.seconds) > Self.skewLimitSeconds
  }

  /// Another region serves the bucket.
  var isElsewhere: Bool { status == 301 || status == 307 || status == 400 || status == 403 }

  var kind: ObjectStorageError.Kind {
    if let transport {
      return switch transport.kind {
      case .badURL, .tooLarge: .invalid
      case .file: .disk
      default: .away
      }
    }
    if let code, let kind = Self.lastingCodes[code] { return kind }
    if isPassing { return .away }
    return switch status {
    case 401, 403: .denied
    case 404: .notFound
    case 507: .disk
    default: .invalid
    }
  }

  /// What was found, for a message.
  var found: String {
    if let transport { return transport.message }
    let answer = [status.map { "status \($0)" }, code].compactMap { $0 }.joined(separator: ", ")
    return "the server answered with \(answer.isEmpty ? "something else than S3" : answer)" + (words.isEmpty ? "" : ": \(words)")
  }

  // MARK: Facts of S3 (AWS, "Error responses": list of error codes)

  /// AWS allows 15 minutes.
  static let skewLimitSeconds: Int64 = 600
  private static let passingKinds: Set<TransportError.Kind> = [.connection, .timeout, .truncated, .unreachable, .tls]
  private static let passingStatuses: Set<Int> = [408, 409, 429, 500, 502, 503, 504]
  private static let passingCodes: Set<String> = [
    "InternalError", "ServiceUnavailable", "SlowDown", "RequestTimeout", "RequestTimeoutException", "Throttling", "ThrottlingException", "RequestLimitExceeded",
    "TooManyRequests", "BandwidthLimitExceeded", "OperationAborted", "ConditionalRequestConflict", "IncompleteBody", "TemporaryRedirect",
  ]
  /// Codes that another try does not change, and their kinds.
  private static let lastingCodes: [String: ObjectStorageError.Kind] = [
    "AccessDenied": .denied, "AccountProblem": .denied, "AllAccessDisabled": .denied, "InvalidAccessKeyId": .denied, "SignatureDoesNotMatch": .denied,
    "ExpiredToken": .denied, "InvalidToken": .denied, "TokenRefreshRequired": .denied, "RequestTimeTooSkewed": .denied, "RequestExpired": .denied,
    "InvalidSecurity": .denied, "NotSignedUp": .denied, "UnauthorizedAccess": .denied,
    "NoSuchKey": .notFound, "NoSuchUpload": .notFound,
    "NoSuchBucket": .invalid, "InvalidBucketName": .invalid, "InvalidBucketState": .invalid, "PermanentRedirect": .invalid,
    "AuthorizationHeaderMalformed": .invalid, "IllegalLocationConstraintException": .invalid, "InvalidObjectState": .invalid, "NotImplemented": .invalid,
    "BadDigest": .disk, "XAmzContentSHA256Mismatch": .disk, "XAmzContentChecksumMismatch": .disk, "XMinioStorageFull": .disk, "QuotaExceeded": .disk,
  ]

  /// What to do about a code.
  var remedy: String {
    if transport != nil { return kind == .away ? "try again later" : "correct it, and try again" }
    switch code {
    case "InvalidAccessKeyId": return "expected a key of this server in AWS_ACCESS_KEY_ID; check it, and AWS_ENDPOINT_URL"
    case "SignatureDoesNotMatch": return "AWS_SECRET_ACCESS_KEY does not belong to AWS_ACCESS_KEY_ID; set both anew"
    case "ExpiredToken", "TokenRefreshRequired", "InvalidToken":
      return "obtain new temporary credentials, and set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN together"
    case "AccessDenied":
      return "the key needs s3:PutObject, s3:GetObject, s3:DeleteObject, s3:AbortMultipartUpload on the objects and s3:ListBucket on the bucket"
    case "NoSuchBucket": return "create the bucket, or correct its name"
    case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException": return "set AWS_REGION to the region of the bucket"
    case "InvalidObjectState": return "the object is archived; restore it, and try again"
    case "BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch": return "the server received other bytes than those of the file; try again"
    default: break
    }
    switch kind {
    case .away: return "try again later"
    case .denied: return "check the credentials and the rights of their owner"
    case .disk: return "make room on the server, and try again"
    case .invalid where status == 301 || status == 307: return "set AWS_REGION to the region of the bucket, or correct AWS_ENDPOINT_URL"
    default: return "check the location and AWS_ENDPOINT_URL"
    }
  }

  // MARK: Reading

  private static func isCode(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2E }
  }

  private static func shown(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return ObjectKey.shown(line)
  }

  private static func wait(_ text: String, _ now: Instant) -> Duration? {
    if let seconds = Int64(text), seconds >= 0 { return .seconds(seconds) }
    return Instant(httpDate: text).map { max($0 - now, .zero) }
  }
}
