import FlowCore
import StudyModel

/// Sends the requests of one FlowFile: those that do not depend on each other together, the pages of one after the
/// other.
///
/// Sendable, unlike the session: each request returns its outcome as a value, with what was sent, and the session only
/// sees all of them when none is under way.
struct EndpointCaller: Sendable {
  let client: any EndpointClient
  let rules: [ResponseRule]
  /// Whether answers carry the responses that they are made from.
  private let keepsResponses: Bool
  private let slots: RequestSlots
  /// How many pages the latest answer had, by member: the next one is expected to have as many.
  private let pageCounts = Locked<[String?: Int]>([:])

  init(client: any EndpointClient, rules: [ResponseRule], concurrency: Int, keepsResponses: Bool = false) {
    self.client = client
    self.rules = rules
    self.keepsResponses = keepsResponses
    slots = RequestSlots(limit: concurrency)
  }

  /// Returns the outcomes by the requests' keys; `flowFile` is the one that the requests are made from. A failure that ends the run
  /// or the session cancels the requests that are under way, and no further one is sent.
  func ask(
    _ requests: [EndpointRequest], for participant: String, _ flowFile: FlowFile, _ environment: RuntimeEnvironment
  ) async -> [String?: EndpointReply] {
    slots.take()
    defer { slots.giveBack() }
    if requests.count == 1 { return [requests[0].key: await ask(requests[0], for: participant, flowFile, environment)] }
    return await withTaskGroup(of: (String?, EndpointReply).self) { group in
      var replies: [String?: EndpointReply] = [:]
      var waiting = requests[...]
      var underWayCount = 0
      while true {
        // The first one uses this trigger's own slot.
        while !waiting.isEmpty, underWayCount == 0 || slots.takeIfFree() {
          let request = waiting.removeFirst()
          underWayCount += 1
          group.addTask { (request.key, await ask(request, for: participant, flowFile, environment)) }
        }
        guard let (key, reply) = await group.next() else { return replies }
        underWayCount -= 1
        if underWayCount > 0 { slots.giveBack() }
        replies[key] = reply
        guard case .ended = reply.outcome else { continue }
        group.cancelAll()
        waiting = []
      }
    }
  }

  private func ask(
    _ request: EndpointRequest, for participant: String, _ flowFile: FlowFile, _ environment: RuntimeEnvironment
  ) async -> EndpointReply {
    var reply = EndpointReply(.ended(CancellationError()))
    do {
      switch try await answerInSpans(to: request, for: participant, request.element?.applied(to: flowFile) ?? flowFile, environment, &reply.traffic) {
      case .answer(let answer): reply.outcome = .answer(answer)
      case .refused(let refusal): reply.outcome = .refused(refusal)
      }
    } catch {
      reply.outcome = error is StopRun || error is CancellationError ? .ended(error) : .failed(error)
    }
    return reply
  }

  /// A request with `max_span` covers at most that at a time; its answer is then the list of answers.
  private func answerInSpans(
    to request: EndpointRequest, for participant: String, _ flowFile: FlowFile, _ environment: RuntimeEnvironment, _ traffic: inout EndpointTraffic
  ) async throws -> Asked<EndpointAnswer> {
    if request.limit == nil { return try await answer(to: request, for: participant, flowFile, environment, &traffic) }
    var first: EndpointAnswer?
    var answers: [[UInt8]] = []
    var responses: [RawResponse] = []
    for (number, span) in try request.spans(of: flowFile).enumerated() {
      switch try await answer(to: request, for: participant, span, environment, &traffic) {
      case .answer(let answer):
        first = first ?? answer
        answers.append(answer.bytes)
        for var response in answer.responses {
          response.place.span = number
          responses.append(response)
        }
      case .refused(let refusal): return .refused(refusal)
      }
    }
    guard var joined = first else { throw ProcessorError(.internal, "a part was requested for no slice") }
    joined.bytes = JSONJoin.list(answers)
    joined.responses = responses
    return .answer(joined)
  }

  /// Returns a complete answer with all its pages. Throws `StopRun`.
  private func answer(
    to request: EndpointRequest, for participant: String, _ flowFile: FlowFile, _ environment: RuntimeEnvironment, _ traffic: inout EndpointTraffic
  ) async throws -> Asked<EndpointAnswer> {
    let path = try request.path(for: flowFile)
    var first = try request.request(for: flowFile)
    let contents = environment.contents
    // What is joined with other answers, or is not JSON, is read at once.
    if request.member == nil && request.pages == nil && request.limit == nil && request.form == .json {
      first.download = contents.newPath()
      first.downloadAfterBytes = contents.claimBytes
    }
    let expected = request.pages == nil ? 1 : pageCounts.withLock { $0[request.member] ?? 1 }
    var room = PageRoom(client, participant)
    if let wait = room.setAside(expected) { return .refused(EndpointRefusal(waiting: wait, participant)) }
    defer { room.end() }
    room.use()
    let response: HTTPResponse
    var claim: ContentClaim?
    switch try await send(first, path: path, as: request, for: participant, contents, &traffic) {
    case .answer(let answered):
      response = answered
      if let download = first.download, let size = answered.fileBytes { claim = contents.claim(download, sizeBytes: size) }
    case .refused(let refusal):
      guard let status = refusal.failure.status, refusal.isAbsent else { return .refused(refusal) }
      var answer = EndpointAnswer(bytes: [], status: status, path: path, fetchedAt: environment.time.now, isAbsent: true)
      if keepsResponses {
        answer.responses = [
          RawResponse(place: request.place(isAbsent: true), url: client.address(ofPath: path), status: status, fetchedAt: answer.fetchedAt, body: [])
        ]
      }
      return .answer(answer)
    }
    let bytes = request.member == nil ? response.body : request.form.member(response.body)
    var answer = EndpointAnswer(bytes: bytes, claim: claim, status: response.status, path: path, fetchedAt: environment.time.now)
    func note(_ response: HTTPResponse, _ path: String, page: Int?) {
      guard keepsResponses else { return }
      var kept = RawResponse(place: request.place(page: page), url: client.address(ofPath: path), response, fetchedAt: environment.time.now)
      kept.claim = claim
      answer.responses.append(kept)
    }
    note(response, path, page: request.pages.map { _ in 0 })
    guard let rule = request.pages else { return .answer(answer) }
    var trail = PageTrail(rule)
    var body = response.body
    do {
      let end = try flowFile.sliceWindow()?.upperBound
      while let token = try trail.take(body, next: rule.reaches(end, in: body, environment.json) ? nil : rule.next(in: body, environment.json)) {
        let (following, followingPath) = try request.page(token, of: rule, after: first, path: path, client)
        room.use()
        switch try await send(following, path: followingPath, as: request, for: participant, contents, &traffic) {
        case .answer(let page):
          body = page.body
          note(page, followingPath, page: trail.pages.count)
        case .refused(let refusal): return .refused(refusal)
        }
      }
    } catch let error as ProcessorError {
      return .refused(
        EndpointRefusal(FlowFileFailure(cause: error.failure.cause, message: "\(path): \(error.failure.message)", status: response.status)))
    } catch let error as ExtractionError {
      var failure = InvokeEndpoint.unreadable("\(path): \(error.description)", status: response.status)
      failure.mayPass = error.isDocument
      return .refused(EndpointRefusal(failure))
    }
    pageCounts.withLock { [count = trail.pages.count] in $0[request.member] = count }
    answer.bytes = JSONJoin.list(trail.pages)
    return .answer(answer)
  }

  /// Sends one request and returns a response that looks like a document of the wanted form; throws for everything else.
  private func send(
    _ request: HTTPRequest, path: String, as wanted: EndpointRequest, for participant: String, _ contents: ContentFolder,
    _ traffic: inout EndpointTraffic
  ) async throws -> Asked<HTTPResponse> {
    let reply = await client.ask(request, path: path, for: participant)
    traffic.requestCount += reply.requestCount
    switch reply.outcome {
    case .answer(let response):
      traffic.receivedBytes += response.fileBytes ?? response.body.count
      guard var defect = wanted.form.defect(of: try await Self.outline(of: response, to: request, contents)) else { return .answer(response) }
      if let download = request.download, response.fileBytes != nil { contents.discard(download) }
      defect.message = "\(path): \(defect.message)"
      return .refused(EndpointRefusal(defect, path: path))
    case .wait(let delay, let refusal):
      var refused = try self.refusal(refusal, path: path)
      refused.wait = delay
      return .refused(refused)
    case .refused(let refusal):
      // Only the provider's own word for it counts: a gateway's page with the same status says nothing about the data.
      if let status = refusal.failure.status, wanted.absentStatuses.contains(status), refusal.fault?.error != nil {
        var absent = EndpointRefusal(refusal.failure, path: path)
        absent.isAbsent = true
        return .refused(absent)
      }
      return .refused(try self.refusal(refusal, path: path))
    case .stop(let stop): throw stop
    // Cancellation says nothing about the FlowFile, which is deferred.
    case .interrupted: throw CancellationError()
    }
  }

  /// A response whose body is in a file with the beginning and the end of the file, by which its form is judged.
  private static func outline(of response: HTTPResponse, to request: HTTPRequest, _ contents: ContentFolder) async throws -> HTTPResponse {
    guard let download = request.download, let size = response.fileBytes else { return response }
    var outline = response
    let length = 1 << 12
    outline.body = try await contents.reading {
      try contents.read(download, at: 0, count: length) + contents.read(download, at: Int64(max(length, size - length)), count: length)
    }
    return outline
  }

  /// Classifies a refusal: a response by the flow's table first, then by the provider. Throws `StopRun`.
  private func refusal(_ refusal: ProviderRefusal, path: String) throws -> EndpointRefusal {
    var failure = refusal.failure
    // Failures of tokens and participants do not depend on the path; responses and broken connections do.
    guard let fault = refusal.fault else {
      if refusal.isOfTheWay { failure.message = "\(path): \(failure.message)" }
      return EndpointRefusal(failure)
    }
    failure.message = "\(path): \(failure.message)"
    if let rule = rules.first(where: { $0.matches(status: failure.status ?? 0, error: fault.error) }) {
      if let cause = rule.cause { failure.cause = cause }
      if let message = rule.stopMessage { throw StopRun(.unavailable, failure.cause, "\(message) (\(failure.message))") }
      return EndpointRefusal(failure, path: path, relationship: rule.relationship)
    }
    if fault.stopsRun { throw StopRun(.unavailable, failure.cause, fault.message) }
    return EndpointRefusal(failure, path: path)
  }

  /// The outcome of a request.
  private enum Asked<Value> {
    case answer(Value)
    case refused(EndpointRefusal)
  }
}

/// What became of a request and its pages.
struct EndpointReply: Sendable {
  enum Outcome: Sendable {
    case answer(EndpointAnswer)
    case refused(EndpointRefusal)
    /// It could not be made.
    case failed(any Error)
    /// The run or the session ends: `StopRun` or `CancellationError`.
    case ended(any Error)
  }
  var outcome: Outcome
  var traffic = EndpointTraffic()

  init(_ outcome: Outcome) { self.outcome = outcome }
}

/// What was sent and received, also by requests that failed in the end.
struct EndpointTraffic: Sendable {
  var requestCount = 0
  var receivedBytes = 0
}

/// Why there is no answer, and where the FlowFile goes.
struct EndpointRefusal: Sendable {
  var failure: FlowFileFailure
  /// The path requested; nil if there was no response.
  var path: String?
  /// From the response table; nil to decide by the cause.
  var relationship: String?
  /// How long the participant must wait, if that is the reason.
  var wait: Duration?
  /// The provider says that there is no such data, which the part expects.
  var isAbsent = false

  init(_ failure: FlowFileFailure, path: String? = nil, relationship: String? = nil) {
    self.failure = failure
    self.path = path
    self.relationship = relationship
  }

  /// The participant's budget does not suffice, and nothing was sent.
  init(waiting wait: Duration, _ participant: String) {
    failure = FlowFileFailure(cause: .rateLimited, message: "participant \(participant) has used up its requests", retryAfter: wait)
    self.wait = wait
  }
}
