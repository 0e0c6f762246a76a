import FlowCore
import FlowCrypto

/// A request to a bucket, as it is repeated until it has an answer.
struct S3Request: Sendable {
  var method: String
  /// The whole key, with the prefix; empty for the bucket itself.
  var key: String
  var query: [(name: String, value: String)] = []
  /// All of them are signed.
  var headers: [(name: String, value: String)] = []
  var body: [UInt8]?
  var upload: FilePart?
  /// SHA-256 of the body, 32 bytes.
  var payload: [UInt8] = SHA256.digest(of: [] as [UInt8])
  var download: String?
  var bodyLimitBytes = 1 << 20
  /// The statuses that are an answer, not a failure.
  var accepted: Set<Int> = [200]
  /// The root of the XML document that an answer with status 200 must be; nil: it is none.
  var document: String?
  /// What the answer must be besides; an answer without it is not from S3.
  var isAnswer: @Sendable (HTTPResponse) -> Bool = { _ in true }
  /// `write 'a/b' to s3://bucket`, for messages.
  var purpose: String
}

struct S3Answer: Sendable {
  var status: Int
  var headers: HTTPHeaders
  var body: [UInt8]
  var document: AnswerElement?
}

/// Signs and sends requests, repeats them, and knows what they have taught about the server: its region and its clock.
struct S3Client: Sendable {
  private struct Learnt {
    var region: String
    /// What is added to this machine's clock.
    var clockOffset: Duration = .zero
  }

  /// Requests with bodies get time in proportion to them: at least this many bytes a second.
  private static let slowestBytesPerSecond: Int64 = 16 << 10

  let bucket: S3Bucket
  private let credentials: S3Credentials
  private let transport: any HTTPTransport
  private let time: any TimeSource
  private let random: any RandomSource
  private let learnt: Locked<Learnt>

  init(_ configuration: S3Configuration, transport: any HTTPTransport, time: any TimeSource, random: any RandomSource) {
    bucket = configuration.bucket
    credentials = configuration.credentials
    self.transport = transport
    self.time = time
    self.random = random
    learnt = Locked(Learnt(region: configuration.region))
  }

  /// The answer to a request. Throws what remains after all attempts.
  /// - Parameter sizeBytes: of the body to be sent or received, for the timeout.
  func send(_ request: S3Request, sizeBytes: Int64 = 0) async throws(ObjectStorageError) -> S3Answer {
    var attempts = S3Attempts()
    while true {
      guard !Task.isCancelled else { throw ObjectStorageError(.away, "cannot \(request.purpose): it was cancelled") }
      let known = learnt.withLock { $0 }, signedAt = time.now + known.clockOffset
      let failure: S3Failure
      do {
        let response = try await transport.send(signed(request, region: known.region, at: signedAt, sizeBytes))
        switch judge(response, to: request) {
        case .answer(let answer): return answer
        case .failure(let found): failure = found
        }
      } catch {
        failure = S3Failure(error)
      }
      switch attempts.step(after: failure, region: known.region, signedAt: signedAt, now: time.now, random: random.next()) {
      case .again(let delay): await S3Pause(time).run(delay)
      case .elsewhere(let region): learnt.withLock { $0.region = region }
      case .atTime(let offset): learnt.withLock { $0.clockOffset = offset }
      case .fail: throw error(failure, request, attempts)
      }
    }
  }

  private func signed(_ request: S3Request, region: String, at instant: Instant, _ sizeBytes: Int64) -> HTTPRequest {
    let address = bucket.address(request.key, region: region)
    let subject = AWSSignature.Subject(
      method: request.method, host: address.host, path: address.path, query: request.query, headers: request.headers,
      payloadSHA256: Hexadecimal.text(request.payload))
    let fields = request.headers + AWSSignature(credentials: credentials, region: region).fields(for: subject, at: instant)
    let query = AWSSignature.queryText(request.query)
    return HTTPRequest(
      method: request.method, url: address.url + (query.isEmpty ? "" : "?" + query), headers: HTTPHeaders(fields), body: request.body,
      upload: request.upload, download: request.download, timeout: .seconds(60 + sizeBytes / Self.slowestBytesPerSecond),
      bodyLimitBytes: request.bodyLimitBytes)
  }

  private enum Judgement {
    case answer(S3Answer)
    case failure(S3Failure)
  }

  /// A status of success is not enough: a document may be an error, and a server may be another than was meant.
  private func judge(_ response: HTTPResponse, to request: S3Request) -> Judgement {
    guard request.accepted.contains(response.status) else { return .failure(failure(response)) }
    guard request.isAnswer(response) else { return .failure(S3Failure(status: response.status, words: "an answer that S3 does not give")) }
    guard response.status == 200, let root = request.document else {
      return .answer(S3Answer(status: response.status, headers: response.headers, body: response.body))
    }
    guard let document = AnswerElement(parsing: response.body), document.name == root else {
      let failure = failure(response)
      if failure.code != nil { return .failure(failure) }
      return .failure(S3Failure(status: response.status, words: "a body that is no '\(root)' of S3"))
    }
    return .answer(S3Answer(status: response.status, headers: response.headers, body: response.body, document: document))
  }

  private func failure(_ response: HTTPResponse) -> S3Failure { S3Failure(response, now: time.now, hiding: credentials.sessionToken) }

  private func error(_ failure: S3Failure, _ request: S3Request, _ attempts: S3Attempts) -> ObjectStorageError {
    let count = attempts.failedCount > 1 ? " (\(attempts.failedCount) attempts)" : ""
    let known = learnt.withLock { $0 }
    if failure.isClockRefused(by: time.now + known.clockOffset) || failure.code == "RequestTimeTooSkewed" {
      return ObjectStorageError(
        .denied,
        "cannot \(request.purpose): the server refuses the time of the request; its clock says \(failure.date?.text ?? "nothing"), this machine's "
          + "\(time.now.text): set the clock of this machine (timedatectl set-ntp true)")
    }
    return ObjectStorageError(failure.kind, "cannot \(request.purpose): \(failure.found)\(count); \(failure.remedy)")
  }
}
