import FlowCore
import FlowCrypto
import StudyModel

/// Requests data from the provider for the FlowFile's participant and makes the answer the content: one request, all
/// its pages, or several requests that form one object (`parts`).
///
/// An answer that is truncated, empty, HTML or not JSON is never a success: a failed answer must not look like an empty
/// window. Content is emitted only after the last page.
///
///     url: /v4/users/me/dataTypes/heart-rate/dataPoints:reconcile
///     query: { pageSize: 10000, filter: 'heart_rate.sample_time.physical_time >= "${slice.start}"' }
///     pages: { token: /nextPageToken, parameter: pageToken }          # content: the list of pages
///
///     method: POST
///     parts:                                                          # content: { "steps": …, "floors": … }
///       - { into: steps, url: "/v4/users/me/dataTypes/steps/dataPoints:dailyRollUp", scope: activity_and_fitness }
///       - { into: floors, url: "/v4/users/me/dataTypes/floors/dataPoints:dailyRollUp", scope: activity_and_fitness }
///
///     parts:                                                          # content: { "list": …, "tracks": [{ "id": …, "answer": … }] }
///       - { into: list, url: /1/user/-/activities/list.json }
///       - into: tracks
///         for_each: { part: list, path: /activities, attributes: { id: logId } }
///         url: "/1/user/-/activities/${id}.tcx"
///         accept: tcx
///         scope: location
///         absent: [404]
package struct InvokeEndpoint: Processor {
  static let provider = Property<ServiceReference>.required("provider", .service(.provider), "Provider that signs and sends the request.")
  static let method = Property<HTTPMethod>("method", .choice, default: "GET", "HTTP method.")
  static let url = Property<any AttributeExpression>("url", .expression, "Path under the provider's base URL: `/1/user/-/devices.json`. This or `parts`.")
  static let query = Property<[NamedValue<any AttributeExpression>]>("query", .map(of: .expression), default: "", "Query parameters; names and values are percent-encoded.")
  static let headers = Property<[NamedValue<any AttributeExpression>]>("headers", .map(of: .expression), default: "", "Further header fields.")
  static let body = Property<any AttributeExpression>("body", .expression, "Request body; sent as JSON unless `headers` say otherwise.")
  static let scope = Property<String>("scope", .scope, "Scope that the endpoint needs: without it nothing is sent.")
  static let optionalScopes = Property<[String]>("optional_scopes", .list(of: .scope), default: "", "Scopes that part of the answer depends on: it is requested without them, and the ledger records the missing ones.")
  static let pages = Property<PageRule>("pages", .record(PageRule.self), "How the next page is found; the content is then the list of pages, even of a single one.")
  static let parts = Property<[EndpointPart]>("parts", .list(of: .record(EndpointPart.self)), default: "", "Several requests, whose answers become members of one object. The processor's method, query, headers and body apply to each.")
  static let accept = Property<AnswerForm>("accept", .choice, default: "json", "Form of the answer: `json`, `xml` or `tcx`. Only a complete document of this form is a success.")
  static let maximumSpan = Property<Duration>("max_span", .duration, "Longest time range of one request; a longer slice is an error in the flow.")
  static let responses = Property<[ResponseRule]>("responses", .list(of: .record(ResponseRule.self)), default: "", "Rules for error responses; the first match decides, otherwise the provider service.")
  static let timeout = Property<Duration>("timeout", .duration, default: "60s", "From the request's start to the last byte.")
  static let connectTimeout = Property<Duration>("connect_timeout", .duration, default: "10s", "For the connection alone.")
  package static let raw = Property<ServiceReference>("raw", .service(.rawStorage), "Raw storage that keeps every response before anything is made from it.")
  static let bodyLimit = Property<Int>("body_limit", .byteSize, default: "64 MB", "A larger answer (or page) is cut off: `bad_data`.")

  package static let success = Relationship("success", "A complete answer (or those of all parts); it is the content.")
  static let retry = Relationship("retry", "No usable answer this time: connection, timeout, 5xx, truncated, not of the wanted form.", turn: .again)
  static let scopeRefused = Relationship("scope", "The participant's consent does not cover the endpoint or any of its parts.")
  static let failure = Relationship(Relationship.failureName, "Refused for good.")

  package static let descriptor = ProcessorDescriptor(
    type: "InvokeEndpoint",
    summary: "Sends signed requests to an endpoint of the provider; honours rate limits.",
    properties: [
      PropertyDescriptor(provider), PropertyDescriptor(url), PropertyDescriptor(query), PropertyDescriptor(method),
      PropertyDescriptor(headers), PropertyDescriptor(body), PropertyDescriptor(scope), PropertyDescriptor(optionalScopes),
      PropertyDescriptor(pages), PropertyDescriptor(parts), PropertyDescriptor(accept), PropertyDescriptor(maximumSpan), PropertyDescriptor(responses),
      PropertyDescriptor(RateLimitWait.maximumWait), PropertyDescriptor(timeout), PropertyDescriptor(connectTimeout),
      PropertyDescriptor(bodyLimit), PropertyDescriptor(raw),
    ],
    relationships: [success, retry, RateLimitWait.rateLimited, scopeRefused, failure],
    relationshipsFromProperties: { values in
      let fixed = [success, retry, RateLimitWait.rateLimited, scopeRefused, failure].map(\.name)
      var named: [Relationship] = []
      for name in values[responses].compactMap(\.relationship) where !fixed.contains(name) && !named.contains(where: { $0.name == name }) {
        named.append(Relationship(name, "Responses routed here by the response table.", turn: .decided(by: nil)))
      }
      return named
    },
    reads: [
      AttributeDescriptor(AttributeName.participant, "Participant for whom the request is signed."),
      AttributeDescriptor(AttributeName.sliceParts, "Slices of a FlowFile that covers several, for parts with `max_span`."),
    ],
    writes: [
      AttributeDescriptor("invokeendpoint.status", "HTTP status; of several requests, that of the first."),
      AttributeDescriptor("invokeendpoint.path", "Path and query; of several requests, those of the first."),
      AttributeDescriptor(AttributeName.fetchedAt, "When the answer (of several, the first) was received, RFC 3339."),
      AttributeDescriptor(AttributeName.sha256, "SHA-256 of the content's bytes, hexadecimal."),
      AttributeDescriptor(AttributeName.sliceLacking, "Scopes that the consent lacked, separated by commas."),
      AttributeDescriptor(AttributeName.rawObject, "The object of the raw storage that holds the responses."),
      AttributeDescriptor(AttributeName.absentParts, "Parts omitted for lack of a scope, separated by commas."),
    ],
    ownAttributes: { values in values[parts].flatMap { $0.elements?.attributeNames ?? [] } },
    concurrency: 16,
    counters: [AttributeDescriptor(requests, "Requests sent."), AttributeDescriptor("bytes received", "Bytes of responses.")],
    check: { neighbourhood in
      let isSingle = neighbourhood.values.optional(url) != nil
      let parts = neighbourhood.values[parts]
      guard isSingle != parts.isEmpty else {
        let names = Dictionary(grouping: parts, by: \.name).filter { $0.value.count > 1 }.keys.sorted()
        return names.map { Diagnostic(.conflictingProperties, property: "parts", found: "two parts go into '\($0)'", expected: "a member for each") }
          + elementFindings(parts) + formFindings(neighbourhood.values)
      }
      return [Diagnostic(.conflictingProperties, property: isSingle ? "parts" : "url", found: isSingle ? "it has both 'url' and 'parts'" : "it has neither 'url' nor 'parts'", expected: "one of them")]
    })

  /// Checks that elements come from a part that is requested before.
  private static func elementFindings(_ parts: [EndpointPart]) -> [Diagnostic] {
    parts.enumerated().compactMap { place, part in
      guard let source = part.elements?.part, !parts[..<place].contains(where: { $0.name == source && $0.elements == nil }) else { return nil }
      let names = parts[..<place].filter { $0.elements == nil }.map(\.name)
      return Diagnostic(
        .conflictingProperties, property: "parts", found: "'\(part.name)' is for each element of '\(source)'", expected: "a part declared before it, without 'for_each'",
        hint: NearestName.hint(for: source, among: names))
    }
  }

  /// Pages are followed in JSON only.
  private static func formFindings(_ values: PropertyValues) -> [Diagnostic] {
    values[parts].compactMap { part in
      let form = part.values.optional(EndpointPart.accept) ?? values[accept]
      guard form != .json, part.values.optional(EndpointPart.pages) ?? values.optional(pages) != nil else { return nil }
      return Diagnostic(.conflictingProperties, property: "parts", found: "'\(part.name)' has pages of \(form.rawValue)", expected: "pages of json")
    }
  }

  private let name: String
  let client: any EndpointClient
  /// A counter.
  package static let requests = "requests"

  /// What it waits for while it asks, for displays.
  static let network = "network"

  /// nil if responses are not kept.
  private let storage: (any RawKeeping)?
  let caller: EndpointCaller
  let requests: [EndpointRequest]
  private let scope: String?
  private let optionalScopes: [String]
  private let rateLimit: RateLimitWait

  package init(_ configuration: ProcessorConfiguration) throws {
    name = configuration.name
    client = configuration.provider(Self.provider)
    storage = configuration.optional(Self.raw).map { _ in configuration.rawStorage(Self.raw) }.flatMap { $0.isOn ? $0 : nil }
    caller = EndpointCaller(client: client, rules: configuration[Self.responses], concurrency: configuration.concurrency, keepsResponses: storage != nil)
    scope = configuration.optional(Self.scope)
    optionalScopes = configuration[Self.optionalScopes]
    rateLimit = RateLimitWait(maximum: configuration[RateLimitWait.maximumWait])
    func request(_ url: any AttributeExpression) -> EndpointRequest {
      EndpointRequest(
        method: configuration[Self.method], url: url, query: configuration[Self.query], headers: configuration[Self.headers],
        body: configuration.optional(Self.body), pages: configuration.optional(Self.pages), timeout: configuration[Self.timeout],
        connectTimeout: configuration[Self.connectTimeout], bodyLimitBytes: configuration[Self.bodyLimit], form: configuration[Self.accept])
    }
    let parts = configuration[Self.parts].map { part in
      var request = request(part.values[EndpointPart.url])
      request.member = part.name
      request.key = part.name
      request.form = part.values.optional(EndpointPart.accept) ?? request.form
      request.elements = part.elements
      request.absentStatuses = Set(part.values[EndpointPart.absent])
      request.method = part.values.optional(EndpointPart.method) ?? request.method
      request.query = part.values.optional(EndpointPart.query) ?? request.query
      request.body = part.values.optional(EndpointPart.body) ?? (request.method == .get ? nil : request.body)
      request.scope = part.values.optional(EndpointPart.scope)
      request.pages = part.values.optional(EndpointPart.pages) ?? request.pages
      request.limit = part.values.optional(EndpointPart.maximumSpan).map { SpanLimit($0) }
      return request
    }
    requests = configuration.optional(Self.url).map { [request($0)] } ?? parts
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    let participant = try flowFile.required(AttributeName.participant)
    if let scope, !client.isGranted(scope, for: participant) {
      session.transfer(flowFile, to: Self.scopeRefused, because: refusal(of: scope, participant, status: nil))
      return
    }
    var progress = EndpointProgress(
      flowFile, now: session.environment.time.now, keepingRun: storage == nil ? nil : session.environment.run)
    for scope in optionalScopes where !client.isGranted(scope, for: participant) {
      client.refuse(scope, for: participant)
      progress.noteMissingScope(scope)
    }
    do {
      if let refusal = try await askAll(for: participant, &progress, session) {
        try await keepUnfinished(progress)
        return route(refusal, progress, of: flowFile, participant, session)
      }
    } catch let stop as StopRun {
      // It says why the run ends, and what to do. What was answered is asked again by the next run, so a failure to keep it is only told.
      do { try await keepUnfinished(progress) } catch { session.post(.warning, "the responses of an unfinished FlowFile are not kept", "\(error)") }
      throw stop
    } catch {
      try await keepUnfinished(progress)
      throw error
    }
    try await finish(progress, participant, session)
  }

  private func askAll(for participant: String, _ progress: inout EndpointProgress, _ session: ProcessSession) async throws -> EndpointRefusal? {
    if let refusal = try await askParts(for: participant, &progress, session) { return refusal }
    for request in requests {
      guard let rule = request.elements else { continue }
      if let refusal = try await askElements(of: request, rule, for: participant, &progress, session) { return refusal }
    }
    return nil
  }

  /// What was answered is kept, too, although its FlowFile waits for the rest or fails.
  private func keepUnfinished(_ progress: EndpointProgress) async throws {
    if !progress.responses.isEmpty { _ = try await keep(progress.responses, of: progress.flowFile, progress, isComplete: false) }
  }

  private func finish(_ answer: EndpointAnswer, _ progress: EndpointProgress, _ session: ProcessSession) async throws {
    var answered = progress.flowFile
    answer.describe(&answered)
    let digest = try await Self.digest(of: answer, session.environment.contents)
    answered[AttributeName.sha256] = Hexadecimal.text(digest)
    var responses = answer.responses
    // A response that is the content has its hash.
    if answer.claim == nil, responses.count == 1, responses[0].body == answer.bytes { responses[0].sha256 = digest }
    answered[AttributeName.rawObject] = try await keep(responses, of: answered, progress, isComplete: true)
    answered.content = answer.claim.map { .claim($0) } ?? .bytes(answer.bytes)
    session.transfer(answered, to: Self.success)
  }

  private static func digest(of answer: EndpointAnswer, _ contents: ContentFolder) async throws -> [UInt8] {
    guard let claim = answer.claim else { return SHA256.digest(of: answer.bytes) }
    return try await contents.reading {
      let digest = RunningSHA256()
      var offset: Int64 = 0
      while true {
        let piece = try contents.read(claim, at: offset)
        if piece.isEmpty { return digest.finish() }
        digest.update(piece)
        offset += Int64(piece.count)
      }
    }
  }

  private func finish(_ progress: EndpointProgress, _ participant: String, _ session: ProcessSession) async throws {
    if let answer = progress.only { return try await finish(answer, progress, session) }
    guard !progress.members.isEmpty else {
      let scopes = requests.compactMap(\.scope).joined(separator: "', '")
      session.transfer(progress.flowFile, to: Self.scopeRefused, because: refusal(of: scopes, participant, status: nil))
      return
    }
    let content = progress.content
    var answered = progress.flowFile
    answered.content = .bytes(content)
    answered[AttributeName.sha256] = Hexadecimal.text(SHA256.digest(of: content))
    if storage != nil, progress.responses.isEmpty {
      // The rest turned out not to be covered by the consent, and no response is left to say that the answer is whole: all are asked again.
      return session.requeue(progress.flowFile, penalty: .zero)
    }
    answered[AttributeName.rawObject] = try await keep(progress.responses, of: answered, progress, isComplete: true)
    session.transfer(answered, to: Self.success)
  }

  /// Hands responses to the raw storage; returns the key of their object, nil if they are not kept.
  private func keep(_ responses: [RawResponse], of flowFile: FlowFile, _ progress: EndpointProgress, isComplete: Bool) async throws -> String? {
    guard let storage else { return nil }
    return try await storage.keep(
      RawAnswer(
        participant: try flowFile.required(AttributeName.participant), provider: client.provider, processor: name, flowFile: flowFile.id.text,
        attributes: flowFile.attributes.dictionary, responses: responses, isComplete: isComplete,
        attempt: requests.count > 1 ? progress.attempt : "", members: progress.only == nil ? progress.members : nil))
  }

  private func refusal(of scope: String, _ participant: String, status: Int?) -> FlowFileFailure {
    FlowFileFailure(
      cause: .scope, message: "the consent of \(participant) does not cover '\(scope)'; ask for wider consent", status: status)
  }
}

// MARK: - Refusals

extension InvokeEndpoint {
  private func route(
    _ refusal: EndpointRefusal, _ progress: EndpointProgress, of flowFile: FlowFile, _ participant: String, _ session: ProcessSession
  ) {
    let failure = refusal.failure
    var refused = flowFile
    if let path = refusal.path {
      refused["invokeendpoint.status"] = failure.status.map { String($0) }
      refused["invokeendpoint.path"] = path
    }
    if let relationship = refusal.relationship {
      session.transfer(refused, to: relationship, because: failure)
      return
    }
    switch failure.cause {
    case .rateLimited:
      let delay = refusal.wait ?? failure.retryAfter ?? .seconds(60)
      rateLimit.wait(progress.newAnswers > 0 ? progress.waiting : refused, for: delay, because: failure, session)
    case .scope:
      if let scope { client.refuse(scope, for: participant) }
      session.transfer(
        refused, to: Self.scopeRefused, because: scope.map { self.refusal(of: $0, participant, status: failure.status) } ?? failure)
    case _ where failure.isWorthRepeating:
      // Answered parts are kept and not requested again, so that this attempt is not counted as a failed one.
      guard progress.newAnswers == 0 || session.isStopping else { return session.requeue(progress.waiting, penalty: .seconds(1), because: "retry") }
      session.transfer(refused, to: Self.retry, because: failure)
    default: session.transfer(refused, to: Self.failure, because: failure)
    }
  }
}

package enum HTTPMethod: String, CaseIterable, Sendable { case get = "GET", post = "POST", put = "PUT", delete = "DELETE", head = "HEAD" }
