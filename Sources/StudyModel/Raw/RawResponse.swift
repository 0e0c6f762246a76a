import FlowCore

/// A response as the provider sent it.
package struct RawResponse: Sendable {
  /// Its place in the FlowFile's content, which may be made from several responses.
  package struct Place: Sendable, Hashable {
    /// The member of the content's object that it belongs to; nil if the content is not an object of parts.
    package var part: String?
    /// Which of the requests that cover the FlowFile's slices piece by piece, from 0; nil if one request covers all. With a number, the
    /// content (or member) is the list of answers.
    package var span: Int?
    /// Which page of the answer, from 0; nil if the answer has no pages. With a number, the answer is the list of pages.
    package var page: Int?
    /// The element that the request was made for, of a part that is repeated for elements.
    package var element: Element?
    /// The answer stands in the content as a JSON string, because it is not JSON.
    package var isText = false
    /// The provider says that there is none: the content says so in place of the answer.
    package var isAbsent = false

    package init(part: String? = nil, span: Int? = nil, page: Int? = nil, element: Element? = nil, isText: Bool = false, isAbsent: Bool = false) {
      self.part = part
      self.span = span
      self.page = page
      self.element = element
      self.isText = isText
      self.isAbsent = isAbsent
    }
  }

  /// An element of another part's answer.
  package struct Element: Sendable, Hashable {
    /// Which of the elements, from 0, in the order of the content.
    package var index: Int
    /// Names and values in declared order.
    package var attributes: [[String]]

    package init(index: Int, attributes: [[String]]) {
      self.index = index
      self.attributes = attributes
    }
  }

  package var place: Place
  /// The address that was asked, without a token.
  package var url: String
  package var status: Int
  /// Those of `keptHeaders` that it had.
  package var headers: [(name: String, value: String)]
  package var fetchedAt: Instant
  /// Empty if the body is in a file.
  package var body: [UInt8]
  /// The body's, 32 bytes, where somebody has computed it already.
  package var sha256: [UInt8]?
  package var claim: ContentClaim?

  package init(place: Place, url: String, _ response: HTTPResponse, fetchedAt: Instant) {
    self.place = place
    self.url = url
    status = response.status
    headers = Self.keptHeaders.compactMap { name in response.headers[name].map { (name, $0) } }
    self.fetchedAt = fetchedAt
    body = response.body
  }

  package init(place: Place, url: String, status: Int, headers: [(name: String, value: String)] = [], fetchedAt: Instant, body: [UInt8]) {
    self.place = place
    self.url = url
    self.status = status
    self.headers = headers
    self.fetchedAt = fetchedAt
    self.body = body
  }

  /// What a response may be judged by later: its form, its time, and what was left of the limit. None carries a secret.
  package static let keptHeaders = [
    "Content-Type", "Content-Encoding", "Content-Language", "Content-Length", "Date", "ETag", "Last-Modified", "Fitbit-Rate-Limit-Limit",
    "Fitbit-Rate-Limit-Remaining", "Fitbit-Rate-Limit-Reset",
  ]
}

/// The responses from which one FlowFile's content was made.
package struct RawAnswer: Sendable {
  package var participant: String
  /// As in the ledger: `fitbit`.
  package var provider: String
  /// The processor that asked.
  package var processor: String
  /// The FlowFile's UUID.
  package var flowFile: String
  /// Those of the FlowFile once it was answered: what later processors need to know of the slice.
  package var attributes: [String: String]
  /// In the order in which they entered the content.
  package var responses: [RawResponse]
  /// The content is whole. Otherwise further responses of the same FlowFile and attempt follow, or none, if it failed.
  package var isComplete: Bool
  /// Tells the attempts at one content apart: what was answered is given up if the rest comes too late.
  package var attempt = ""
  /// The members of the content, in its order; nil if it is not an object of parts. A member without a response is an empty list.
  package var members: [String]?

  package init(
    participant: String, provider: String, processor: String, flowFile: String, attributes: [String: String], responses: [RawResponse],
    isComplete: Bool, attempt: String = "", members: [String]? = nil
  ) {
    self.participant = participant
    self.provider = provider
    self.processor = processor
    self.flowFile = flowFile
    self.attributes = attributes
    self.responses = responses
    self.isComplete = isComplete
    self.attempt = attempt
    self.members = members
  }
}
