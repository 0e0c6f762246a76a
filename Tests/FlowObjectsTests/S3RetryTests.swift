import FlowCore
import FlowCrypto
import FlowFileSystem
import FlowTesting
import Testing

@testable import FlowObjects

@Suite("What S3 answers, and what follows")
struct S3RetryTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var answer: Result<HTTPResponse, TransportError>
    var kind: ObjectStorageError.Kind
    /// A part of the message.
    var says: String
    var testDescription: String {
      switch answer {
      case .success(let response): "\(response.status) \(S3Failure(response, now: Instant(seconds: 0)).code ?? "")"
      case .failure(let error): error.kind.rawValue
      }
    }

    init(_ answer: HTTPResponse, _ kind: ObjectStorageError.Kind, _ says: String) {
      self.answer = .success(answer)
      self.kind = kind
      self.says = says
    }
    init(_ transport: TransportError.Kind, _ kind: ObjectStorageError.Kind) {
      answer = .failure(TransportError(transport, "no luck with the host"))
      self.kind = kind
      says = "no luck with the host"
    }
  }

  static let passing = [
    Case(.s3(503, "SlowDown"), .away, "SlowDown"), Case(.s3(500, "InternalError"), .away, "InternalError"), Case(.s3(503, "ServiceUnavailable"), .away, "503"),
    Case(.s3(400, "RequestTimeout"), .away, "RequestTimeout"), Case(.s3(409, "ConditionalRequestConflict"), .away, "ConditionalRequestConflict"),
    Case(.s3(409, "OperationAborted"), .away, "OperationAborted"), Case(HTTPResponse(status: 502, headers: [:], body: Array("<html>".utf8)), .away, "502"),
    Case(HTTPResponse(status: 504, headers: [:], body: []), .away, "504"), Case(HTTPResponse(status: 429, headers: [:], body: []), .away, "429"),
    Case(.s3(307, "TemporaryRedirect"), .away, "307"),
    Case(.connection, .away), Case(.timeout, .away), Case(.truncated, .away), Case(.unreachable, .away), Case(.tls, .away),
  ]

  static let lasting = [
    Case(.s3(403, "InvalidAccessKeyId"), .denied, "AWS_ACCESS_KEY_ID"), Case(.s3(403, "SignatureDoesNotMatch"), .denied, "AWS_SECRET_ACCESS_KEY"),
    Case(.s3(403, "AccessDenied", "<Message>User x may not\ns3:PutObject</Message>"), .denied, "User x may not s3:PutObject"),
    Case(.s3(403, "AccessDenied"), .denied, "s3:ListBucket"), Case(.s3(400, "ExpiredToken"), .denied, "AWS_SESSION_TOKEN"),
    Case(.s3(400, "InvalidToken"), .denied, "AWS_SESSION_TOKEN"), Case(HTTPResponse(status: 401, headers: [:], body: []), .denied, "401"),
    Case(.s3(404, "NoSuchBucket"), .invalid, "create the bucket"), Case(.s3(301, "PermanentRedirect"), .invalid, "AWS_REGION"),
    Case(.s3(400, "AuthorizationHeaderMalformed"), .invalid, "AWS_REGION"), Case(.s3(400, "KeyTooLongError"), .invalid, "KeyTooLongError"),
    Case(HTTPResponse(status: 405, headers: [:], body: []), .invalid, "AWS_ENDPOINT_URL"), Case(HTTPResponse(status: 302, headers: ["Location": "https://evil"], body: []), .invalid, "302"),
    Case(.s3(501, "NotImplemented"), .invalid, "NotImplemented"), Case(.s3(400, "BadDigest"), .disk, "other bytes"), Case(HTTPResponse(status: 507, headers: [:], body: []), .disk, "room"),
    Case(.s3(400, "<evil>&amp;"), .invalid, "status 400;"),
    Case(HTTPResponse(status: 200, headers: [:], body: Array("<html>Welcome</html>".utf8)), .invalid, "S3 does not give"),
    Case(HTTPResponse(status: 200, headers: ["ETag": "\"1\"", "x-amz-checksum-sha256": "AAAA"], body: []), .invalid, "S3 does not give"),
    Case(.badURL, .invalid), Case(.tooLarge, .invalid), Case(.file, .disk), Case(.cancelled, .away),
  ]

  @Test("what passes is tried again, with longer and longer waits, until it succeeds", arguments: passing)
  func passes(_ sample: Case) async throws {
    for count in 1..<S3Attempts.limit {
      let bucket = try ScriptedBucket(answers: Array(repeating: sample.answer, count: count) + [.success(.done())])
      #expect(await bucket.put() == nil, "\(count)")
      #expect(bucket.requests.count == count + 1)
      for (index, wait) in bucket.time.waits.enumerated() {
        let whole = S3Attempts.firstWait * (1 << index)
        #expect(wait >= whole / 2 && wait <= whole, "\(bucket.time.waits)")
      }
    }
  }

  @Test("what goes on failing is an error that says what was found and what to do", arguments: passing)
  func exhausts(_ sample: Case) async throws {
    let bucket = try ScriptedBucket(answers: [sample.answer]), error = await bucket.put()
    #expect(error?.kind == sample.kind && error?.message.contains(sample.says) == true, "\(String(describing: error))")
    #expect(error?.message.contains("6 attempts") == true && error?.message.contains("'a/b' to s3://study-raw") == true, "\(String(describing: error))")
    #expect(bucket.requests.count == S3Attempts.limit)
    #expect(bucket.time.waits.reduce(.zero, +) < .seconds(20))
  }

  @Test("what another try does not change is not tried again", arguments: lasting)
  func lasts(_ sample: Case) async throws {
    let bucket = try ScriptedBucket(token: "the-session-token", answers: [sample.answer]), error = await bucket.put()
    #expect(error?.kind == sample.kind && error?.message.contains(sample.says) == true, "\(String(describing: error))")
    #expect(bucket.requests.count == 1 && bucket.time.waits == [])
    #expect(error?.message.contains("the-s") == false, "\(String(describing: error))")
  }

  @Test("a server's wait is granted, in seconds or as a date, up to two minutes", arguments: [("7", 7), ("Thu, 01 Jan 2026 00:00:30 GMT", 30), ("3600", 120), ("soon", 0), ("-5", 0)])
  func retryAfter(_ text: String, seconds: Int64) async throws {
    let bucket = try ScriptedBucket(answers: [.success(.s3(503, "SlowDown", headers: ["Retry-After": text])), .success(.done())])
    #expect(await bucket.put() == nil)
    let wait = try #require(bucket.time.waits.first)
    #expect(wait >= .seconds(seconds) && wait <= .seconds(max(seconds, 1)), "\(wait)")
  }

  @Test("a server's words do not bring the session token into a message")
  func wordsWithSecrets() async throws {
    let bucket = try ScriptedBucket(token: "the-session-token", answers: [.success(.s3(403, "AccessDenied", "<Message>the-session-token is bad</Message>"))])
    let error = await bucket.put()
    #expect(error?.kind == .denied && error?.message.contains("the-session-token") == false)
    let request = try #require(bucket.requests.first)
    #expect(request.headers["X-Amz-Security-Token"] == "the-session-token" && request.headers["Authorization"]?.contains("x-amz-security-token") == true)
  }

  @Test("a wait ends when its task is cancelled, and the request is not sent again", .timeLimit(.minutes(5)))
  func cancelledWait() async throws {
    let time = ManualTime(), bench = try ObjectBench(), file = try bench.file("text")
    let transport = ScriptedTransport { _ in .s3(503, "SlowDown") }
    let storage = S3Storage(
      S3Configuration(
        bucket: S3Bucket(name: "study-raw", prefix: "", server: .amazon), region: "us-east-1", credentials: S3Credentials(accessKey: "AKID", secretKey: "secret")),
      transport: transport, time: time, random: SeededRandomSource(seed: 1), fileSystem: POSIXFileSystem(), lane: InlineLane())
    let put = Task { await failure { try await storage.put("a", from: file.path, sha256: file.sha256) } }
    try await waitUntil { time.timerCount > 0 }
    put.cancel()
    let error = await put.value
    #expect(error?.kind == .away && error?.message.contains("cancelled") == true, "\(String(describing: error))")
    #expect(transport.requests.count == 1)
  }

  // MARK: Region

  @Test(
    "a bucket in another region is found there, and the region is remembered",
    arguments: [
      HTTPResponse.s3(301, "PermanentRedirect", headers: ["x-amz-bucket-region": "eu-west-1"]), .s3(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
      .s3(307, "TemporaryRedirect", headers: ["x-amz-bucket-region": "eu-west-1", "Location": "https://evil.example.org/"]),
    ])
  func otherRegion(_ answer: HTTPResponse) async throws {
    let bucket = try ScriptedBucket { request in
      request.url.hasPrefix("https://study-raw.s3.eu-west-1.amazonaws.com/") && request.headers["Authorization"]?.contains("/eu-west-1/s3/") == true ? .done() : answer
    }
    for key in ["a", "b"] { #expect(await bucket.put("text", key) == nil) }
    #expect(bucket.requests.map { $0.url.contains("eu-west-1") } == [false, true, true] && bucket.time.waits == [])
  }

  @Test("a server that sends in circles, or to no region, does not lead anywhere else", arguments: ["eu-west-1", "evil.example.org/", "EU", ""])
  func badRegion(_ region: String) async throws {
    let count = Locked(0)
    let bucket = try ScriptedBucket { _ in
      let number = count.withLock { count in
        count += 1
        return count
      }
      return .s3(301, "PermanentRedirect", headers: ["x-amz-bucket-region": region == "eu-west-1" ? "eu-west-\(number)" : region])
    }
    #expect(await bucket.put()?.kind == .invalid)
    #expect(bucket.requests.count == (region == "eu-west-1" ? 3 : 1))
    #expect(bucket.requests.allSatisfy { $0.url.hasPrefix("https://study-raw.s3.") && $0.url.contains(".amazonaws.com/") })
  }

  // MARK: Clock

  @Test("a server with another clock is asked again by its clock, which is remembered")
  func skew() async throws {
    let server = Instant(seconds: 1_767_225_600 + 7200)
    let bucket = try ScriptedBucket { request in
      request.headers["X-Amz-Date"] == "20260101T020000Z" ? .done() : .s3(403, "RequestTimeTooSkewed", headers: ["Date": server.httpDateText])
    }
    for key in ["a", "b"] { #expect(await bucket.put("text", key) == nil) }
    #expect(bucket.requests.count == 3 && bucket.time.waits == [])
  }

  @Test("if that does not help, the message shows both clocks and how to set this one")
  func lastingSkew() async throws {
    let bucket = try ScriptedBucket(answers: [.success(.s3(403, "RequestTimeTooSkewed", headers: ["Date": "Thu, 01 Jan 2026 02:00:00 GMT"]))])
    let error = await bucket.put()
    #expect(error?.kind == .denied && bucket.requests.count == 2)
    for words in ["2026-01-01T02:00:00Z", "2026-01-01T00:00:00Z", "timedatectl"] { #expect(error?.message.contains(words) == true, "\(String(describing: error))") }
  }

  @Test("a refusal without a body is taken for one of the clock only if the server's clock differs")
  func skewOfHead() async throws {
    for (date, isRight) in [("Thu, 01 Jan 2026 02:00:00 GMT", true), ("Thu, 01 Jan 2026 00:00:01 GMT", false)] {
      let bucket = try ScriptedBucket(answersHead: true) { request in
        if request.method != "HEAD" { return .done() }
        return HTTPResponse(status: request.headers["X-Amz-Date"] == "20260101T020000Z" ? 404 : 403, headers: ["Date": date], body: [])
      }
      #expect(await bucket.put() == nil)
      #expect(bucket.transport.requests.map(\.method) == (isRight ? ["HEAD", "HEAD", "PUT"] : ["HEAD", "PUT"]))
      #expect(bucket.requests.first?.headers["X-Amz-Date"] == (isRight ? "20260101T020000Z" : "20260101T000000Z"))
    }
  }

  @Test("a server's words that repeat the session token are not shown, not even a part of it", arguments: [20, 600])
  func secret(length: Int) {
    let token = String(repeating: "S3cr", count: length / 4)
    let answer = HTTPResponse.s3(403, "AccessDenied", "<Message>the token \(token) is not known</Message>")
    #expect(S3Failure(answer, now: Instant(seconds: 0)).words.contains("S3cr"))
    #expect(!S3Failure(answer, now: Instant(seconds: 0), hiding: token).found.contains("S3cr"))
  }
}
