import FlowCore
import StudyModel

/// One of several responses that form one content: an entry of InvokeEndpoint's property `parts`.
package struct EndpointPart: ConfigurationRecord {
  static let into = Property<String>.required("into", .text, "Member of the content's object that holds the response.")
  static let url = Property<any AttributeExpression>.required("url", .expression, "Path under the provider's base URL.")
  static let method = Property<HTTPMethod>("method", .choice, "HTTP method; the processor's if not given.")
  static let query = Property<[NamedValue<any AttributeExpression>]>("query", .map(of: .expression), "Query parameters instead of the processor's.")
  static let body = Property<any AttributeExpression>("body", .expression, "Request body; the processor's if not given, none for a GET.")
  static let scope = Property<String>("scope", .scope, "Scope that this part needs: without it the member is omitted, and the ledger records the missing scope.")
  static let pages = Property<PageRule>("pages", .record(PageRule.self), "How the next page is found; the member is then the list of pages.")
  static let accept = Property<AnswerForm>("accept", .choice, "Form of the answer; the processor's if not given. A document that is not JSON becomes a string.")
  static let forEach = Property<ElementRule>("for_each", .record(ElementRule.self), "Requests this part once for each element of another part's answer; the member is then a list of `{attributes…, answer}`.")
  static let absent = Property<[Int]>("absent", .list(of: .integer(400...499)), default: "", "Statuses by which the provider says, in its own form, that there is none: `answer` is then missing, and the status is in `absent`; without `for_each` the member is null.")
  static let maximumSpan = Property<Duration>(
    "max_span", .duration, "Longest time range of one request of this part: a FlowFile that covers more is requested piece by piece, along its slices. The member is then the list of the answers, even of a single one.")

  package static let properties = [
    PropertyDescriptor(into), PropertyDescriptor(url), PropertyDescriptor(method), PropertyDescriptor(query), PropertyDescriptor(body),
    PropertyDescriptor(scope), PropertyDescriptor(pages), PropertyDescriptor(maximumSpan), PropertyDescriptor(accept), PropertyDescriptor(forEach),
    PropertyDescriptor(absent),
  ]

  /// How many requests this part takes for a span, pages aside. For elements it is not known before they are.
  package func requestCount(of span: SliceSpan) -> Int {
    if elements != nil { return 0 }
    guard let limit = values.optional(Self.maximumSpan) else { return 1 }
    return SpanSequence(span.slices.makeIterator(), of: span.dataType, upTo: SpanLimit(limit)).reduce(0) { count, _ in count + 1 }
  }

  let name: String
  let elements: ElementRule?
  let values: PropertyValues

  package init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    name = values[Self.into]
    elements = values.optional(Self.forEach)
    self.values = values
    guard elements == nil || values.optional(Self.maximumSpan) == nil else {
      reader.report(.conflictingProperties, at: node.position, found: "part '\(name)' has both 'for_each' and 'max_span'", expected: "one of them")
      return nil
    }
  }
}
