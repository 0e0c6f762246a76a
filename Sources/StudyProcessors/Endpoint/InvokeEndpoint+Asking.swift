import FlowCore
import StudyModel

extension InvokeEndpoint {
  /// How many requests a processor with these properties makes for a span, pages and repetitions aside.
  /// - Parameter isGranted: whether the consent covers a scope; parts that it does not cover are not asked.
  package static func requestCount(_ values: PropertyValues, of span: SliceSpan, isGranted: (String) -> Bool = { _ in true }) -> Int {
    if let scope = values.optional(scope), !isGranted(scope) { return 0 }
    let parts = values[parts]
    if parts.isEmpty { return 1 }
    return parts.reduce(0) { count, part in
      (part.values.optional(EndpointPart.scope).map(isGranted) ?? true) ? count + part.requestCount(of: span) : count
    }
  }

  /// What a plan cannot count of a processor with these properties: further pages, and parts that are asked for each element of another.
  package static func uncounted(_ values: PropertyValues) -> Uncounted {
    var found: Uncounted = values.optional(pages) == nil ? [] : .pages
    for part in values[parts] {
      if part.elements != nil { found.insert(.elements) }
      if part.values.optional(EndpointPart.pages) != nil { found.insert(.pages) }
    }
    return found
  }

  package struct Uncounted: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }
    package static let pages = Uncounted(rawValue: 1)
    package static let elements = Uncounted(rawValue: 2)
  }

  /// The requests that have no answer yet. Those that the consent does not cover are omitted.
  private func wanted(for participant: String, _ progress: inout EndpointProgress) -> [EndpointRequest] {
    var wanted: [EndpointRequest] = []
    for request in requests where request.elements == nil && !(request.member.map(progress.members.contains) ?? false) {
      if let member = request.member, let scope = request.scope, !client.isGranted(scope, for: participant) {
        omit(member, missing: scope, for: participant, &progress)
      } else {
        wanted.append(request)
      }
    }
    return wanted
  }

  /// Omits a part if it was refused for its scope. Returns whether that was the reason.
  private func omit(
    _ request: EndpointRequest, _ refusal: EndpointRefusal, for participant: String, _ progress: inout EndpointProgress
  ) -> Bool {
    guard refusal.failure.cause == .scope, let member = request.member, let scope = request.scope else { return false }
    omit(member, missing: scope, for: participant, &progress)
    return true
  }

  private func omit(_ member: String, missing scope: String, for participant: String, _ progress: inout EndpointProgress) {
    // Recorded with the participant, so that the next run requests the consent's current scopes.
    client.refuse(scope, for: participant)
    progress.omit(member, missing: scope)
  }

  /// Requests that left count whatever became of them.
  private func count(_ replies: some Collection<EndpointReply>, _ session: ProcessSession) {
    let requestCount = replies.reduce(0) { $0 + $1.traffic.requestCount }
    guard requestCount > 0 else { return }
    session.countAtOnce(Self.requests, requestCount)
    session.countAtOnce("bytes received", replies.reduce(0) { $0 + $1.traffic.receivedBytes })
  }

  /// Requests the parts that do not depend on others and have no answer yet. Returns the first refusal in declared order, whichever came
  /// first: the same responses have the same effect. Throws what ends the run or the session, and an error of the flow.
  func askParts(for participant: String, _ progress: inout EndpointProgress, _ session: ProcessSession) async throws -> EndpointRefusal? {
    let wanted = wanted(for: participant, &progress)
    guard !wanted.isEmpty else { return nil }
    let asked = progress.flowFile
    let replies = await session.waiting(for: Self.network) { await caller.ask(wanted, for: participant, asked, session.environment) }
    count(replies.values, session)
    try Self.throwEnd(of: wanted, replies)
    var refusal: EndpointRefusal?
    for request in wanted {
      switch replies[request.key]?.outcome {
      case .answer(let answer):
        if let member = request.member { progress.take(answer, as: member) } else { progress.only = answer }
      case .refused(let refused):
        if omit(request, refused, for: participant, &progress) { continue }
        refusal = refusal ?? refused
      case .failed(let error): if refusal == nil { throw error }
      case .ended, nil: break
      }
    }
    return refusal
  }

  /// Requests a part for the elements that have no answer yet. Like `askParts`.
  func askElements(
    of request: EndpointRequest, _ rule: ElementRule, for participant: String, _ progress: inout EndpointProgress, _ session: ProcessSession
  ) async throws -> EndpointRefusal? {
    guard let member = request.member, !progress.members.contains(member) else { return nil }
    if let scope = request.scope, !client.isGranted(scope, for: participant) {
      omit(member, missing: scope, for: participant, &progress)
      return nil
    }
    // Without the answer that names them, the elements are as little covered by the consent as that.
    guard let source = progress.answer(of: rule.part) else {
      let scope = requests.first { $0.member == rule.part }?.scope
      omit(member, missing: scope ?? request.scope ?? "", for: participant, &progress)
      return nil
    }
    let elements: [EndpointElement]
    do {
      elements = try rule.elements(of: source, for: progress.flowFile, session.environment.json)
    } catch let error as ExtractionError {
      var failure = Self.unreadable("elements of '\(rule.part)' for '\(member)': \(error.description)", status: nil)
      failure.mayPass = error.isDocument
      return EndpointRefusal(failure)
    }
    let places = Dictionary(elements.enumerated().map { ($1.values, $0) }) { first, _ in first }
    let wanted = progress.missing(elements, of: member).map { element in
      var wanted = request
      wanted.element = element
      wanted.elementIndex = places[element.values] ?? 0
      wanted.key = "\(member) \(wanted.elementIndex)"
      return wanted
    }
    if let refusal = try await ask(wanted, of: member, for: participant, &progress, session) { return refusal }
    if !progress.isOmitted(member) { progress.complete(member, with: elements) }
    return nil
  }

  private func ask(
    _ wanted: [EndpointRequest], of member: String, for participant: String, _ progress: inout EndpointProgress, _ session: ProcessSession
  ) async throws -> EndpointRefusal? {
    guard !wanted.isEmpty else { return nil }
    let asked = progress.flowFile
    let replies = await session.waiting(for: Self.network) { await caller.ask(wanted, for: participant, asked, session.environment) }
    count(replies.values, session)
    try Self.throwEnd(of: wanted, replies)
    var refusal: EndpointRefusal?
    for request in wanted {
      switch replies[request.key]?.outcome {
      case .answer(let answer): if let element = request.element { progress.take(answer, for: element, of: member) }
      case .refused(let refused):
        if omit(request, refused, for: participant, &progress) { return nil }
        refusal = refusal ?? refused
      case .failed(let error): if refusal == nil { throw error }
      case .ended, nil: break
      }
    }
    return refusal
  }

  /// Throws if the run ends, which outweighs every other outcome, or else the session.
  private static func throwEnd(of requests: [EndpointRequest], _ replies: [String?: EndpointReply]) throws {
    let ends = requests.compactMap { request -> (any Error)? in
      if case .ended(let error) = replies[request.key]?.outcome { error } else { nil }
    }
    if let end = ends.first(where: { $0 is StopRun }) ?? ends.first { throw end }
  }

  /// Why a response with a success status is not JSON; nil if it looks like JSON. The document itself is parsed later.
  static func defect(of response: HTTPResponse) -> FlowFileFailure? {
    if let placeholder = response.placeholder {
      return FlowFileFailure(
        cause: .notJSON, message: "the answer is \(placeholder); expected a JSON document (application/json)", status: response.status)
    }
    let body = AnswerText.decoded(response.body)
    guard let first = body.first(where: { !$0.isJSONSpace }), let last = body.last(where: { !$0.isJSONSpace }),
      first == UInt8(ascii: "{") && last == UInt8(ascii: "}") || first == UInt8(ascii: "[") && last == UInt8(ascii: "]")
    else {
      return unreadable("the answer does not begin and end like a JSON document", status: response.status)
    }
    return nil
  }

  /// The response arrived completely but cannot be parsed: a later one may be valid.
  static func unreadable(_ message: String, status: Int?) -> FlowFileFailure {
    var failure = FlowFileFailure(cause: .badData, message: message, status: status)
    failure.mayPass = true
    return failure
  }
}
