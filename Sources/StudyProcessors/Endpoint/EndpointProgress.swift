import FlowCore
import StudyModel

/// The responses so far of a content with several parts. Stored in the FlowFile while it waits, so that answered parts
/// and elements are not requested again.
struct EndpointProgress {
  private static let marker = "invokeendpoint.parts"
  private static let attemptMarker = "invokeendpoint.attempt"
  private static let runMarker = "invokeendpoint.run"
  /// Older responses are requested again: the parts of a row should be of about the same time.
  private static let longest: Duration = .seconds(3600)
  /// Elements are rows of their own, and may need more requests than a provider answers in an hour: dropping their answers would
  /// begin anew forever.
  private static let longestOfElements: Duration = .seconds(86_400)

  /// Without the responses.
  private(set) var flowFile: FlowFile
  /// Complete members, in the order of the content.
  private var answers: [(member: String, json: [UInt8])] = []
  /// Elements of members that are not complete yet.
  private var elements: [String: [AnsweredElement]] = [:]
  /// The answer of an endpoint without parts: the content.
  var only: EndpointAnswer?
  /// Responses since this trigger received the FlowFile.
  private(set) var newAnswers = 0
  /// The responses of the same, if they are kept.
  private(set) var responses: [RawResponse] = []
  /// Tells this attempt at the content from earlier ones, whose answers were given up.
  private(set) var attempt: String

  private let keepingRun: String?

  /// - Parameter keepingRun: the run if it keeps responses. Then what another run was answered is asked again: a replayed FlowFile has the
  ///   answers of the run that failed, but their responses are in that run's object, and an object must hold all of an answer.
  init(_ flowFile: FlowFile, now: Instant, keepingRun: String?) {
    self.flowFile = flowFile
    self.keepingRun = keepingRun
    attempt = now.text
    self.flowFile[Self.attemptMarker] = nil
    self.flowFile[Self.runMarker] = nil
    guard let marker = flowFile[Self.marker], case .bytes(let bytes) = flowFile.content else { return }
    self.flowFile.content = .empty
    self.flowFile[Self.marker] = nil
    // A FlowFile that comes from the error folder may have a content that does not match the marker.
    let document = JSONScanner(bytes)
    let complete = marker.split(separator: ",").map(String.init)
    guard let fetched = flowFile[AttributeName.fetchedAt].flatMap({ Instant(rfc3339: $0) }), let stored = document.root.flatMap({ document.members(of: $0) }),
      now - fetched <= (stored.allSatisfy { complete.contains($0.name) } ? Self.longest : Self.longestOfElements)
    else { return }
    if let keepingRun, flowFile[Self.runMarker] != keepingRun { return }
    attempt = flowFile[Self.attemptMarker] ?? attempt
    for (member, value) in stored {
      if complete.contains(member) {
        answers.append((member, Array(bytes[value])))
      } else if let list = document.elements(of: value) {
        elements[member] = list.compactMap { AnsweredElement($0, of: document) }
      }
    }
  }

  var members: [String] { answers.map(\.member) }

  func answer(of member: String) -> [UInt8]? { answers.first { $0.member == member }?.json }

  func isOmitted(_ member: String) -> Bool { flowFile[AttributeName.absentParts]?.split(separator: ",").contains(Substring(member)) ?? false }

  mutating func noteMissingScope(_ scope: String) { flowFile.note(lacking: scope) }

  /// Omits a part that the consent does not cover.
  mutating func omit(_ member: String, missing scope: String) {
    noteMissingScope(scope)
    elements[member] = nil
    let absent = flowFile[AttributeName.absentParts]?.split(separator: ",").map(String.init) ?? []
    flowFile[AttributeName.absentParts] = (absent.filter { $0 != member } + [member]).joined(separator: ",")
  }

  /// Adds a part's response.
  mutating func take(_ answer: EndpointAnswer, as member: String) {
    note(answer)
    answers.append((member, answer.isAbsent ? Array("null".utf8) : JSONJoin.member(answer.bytes)))
  }

  /// Adds the response for an element of a part that is not complete.
  mutating func take(_ answer: EndpointAnswer, for element: EndpointElement, of member: String) {
    note(answer)
    elements[member, default: []].append(AnsweredElement(element, answer))
  }

  /// Elements without a response.
  func missing(_ wanted: [EndpointElement], of member: String) -> [EndpointElement] {
    let answered = Set((elements[member] ?? []).map(\.values))
    return wanted.filter { !answered.contains($0.values) }
  }

  /// Makes a member of the responses for these elements, in this order; others are no longer wanted.
  mutating func complete(_ member: String, with wanted: [EndpointElement]) {
    let answered = Dictionary((elements[member] ?? []).map { ($0.values, $0.json) }) { first, _ in first }
    elements[member] = nil
    answers.append((member, JSONJoin.list(wanted.compactMap { answered[$0.values] })))
  }

  /// `fetched_at` is that of the oldest part, so that the content is never older than it says.
  private mutating func note(_ answer: EndpointAnswer) {
    responses += answer.responses
    if answers.isEmpty { answer.describe(&flowFile) }
    if answer.fetchedAt < oldest ?? answer.fetchedAt { flowFile[AttributeName.fetchedAt] = answer.fetchedAt.text }
    newAnswers += 1
  }

  private var oldest: Instant? { flowFile[AttributeName.fetchedAt].flatMap { Instant(rfc3339: $0) } }

  /// The FlowFile with the responses so far, to be continued.
  var waiting: FlowFile {
    var waiting = flowFile
    let unfinished = elements.sorted { $0.key < $1.key }.map { (member: $0.key, json: JSONJoin.list($0.value.map(\.json))) }
    waiting.content = .bytes(JSONJoin.object(answers + unfinished))
    waiting[Self.marker] = members.joined(separator: ",")
    waiting[Self.attemptMarker] = attempt
    waiting[Self.runMarker] = keepingRun
    return waiting
  }

  /// Of all responses.
  var content: [UInt8] { JSONJoin.object(answers) }
}

/// A complete response with all its pages.
struct EndpointAnswer: Sendable {
  /// Empty if the answer is in a file.
  var bytes: [UInt8]
  var claim: ContentClaim?
  var status: Int
  var path: String
  var fetchedAt: Instant
  /// The provider says that there is none.
  var isAbsent = false
  /// What it was made from, in order; empty if responses are not kept.
  var responses: [RawResponse] = []

  func describe(_ flowFile: inout FlowFile) {
    flowFile["invokeendpoint.status"] = String(status)
    flowFile["invokeendpoint.path"] = path
    flowFile[AttributeName.fetchedAt] = fetchedAt.text
  }
}
