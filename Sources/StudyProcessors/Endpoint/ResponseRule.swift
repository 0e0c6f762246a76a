import FlowCore
import StudyModel

/// One rule of InvokeEndpoint's response table: which responses, and where they go.
package struct ResponseRule: ConfigurationRecord {
  static let status = Property<StatusPattern>("status", .statusPattern, "Status code (`404`) or class (`5xx`); absent: any.")
  static let error = Property<String>("error", .text, "The provider's error code (`insufficient_scope`); absent: any.")
  static let destination = Property<String>("to", .text, "Relationship to take.")
  static let stop = Property<String>("stop", .text, "Stops the whole run with this message instead.")
  static let cause = Property<Cause>("cause", .choice, "Cause to record; absent: the provider service decides.")

  package static let properties = [
    PropertyDescriptor(status), PropertyDescriptor(error), PropertyDescriptor(destination), PropertyDescriptor(stop),
    PropertyDescriptor(cause),
  ]

  let status: StatusPattern?
  let error: String?
  let relationship: String?
  let stopMessage: String?
  let cause: Cause?

  package init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    status = values.optional(Self.status)
    error = values.optional(Self.error)
    relationship = values.optional(Self.destination)
    stopMessage = values.optional(Self.stop)
    cause = values.optional(Self.cause)
    guard (relationship == nil) != (stopMessage == nil) else {
      reader.report(.conflictingProperties, at: node.position, found: "a response rule has neither or both of 'to' and 'stop'", expected: "one of them")
      return nil
    }
    guard status != nil || error != nil else {
      reader.report(.conflictingProperties, at: node.position, found: "a response rule names no response", expected: "'status', 'error' or both")
      return nil
    }
  }

  func matches(status code: Int, error word: String?) -> Bool {
    (status?.matches(code) ?? true) && (error == nil || error == word)
  }
}

/// `404` or `5xx`.
package enum StatusPattern: Sendable, Equatable {
  case code(Int)
  case hundreds(Int)

  func matches(_ status: Int) -> Bool {
    switch self {
    case .code(let code): status == code
    case .hundreds(let digit): status / 100 == digit
    }
  }
}

extension PropertyKind where Value == StatusPattern {
  static var statusPattern: PropertyKind {
    .scalar("status", expected: "an HTTP status such as 404, or a class such as 5xx") { text in
      if let code = Int(text), (100...599).contains(code) { return .code(code) }
      guard text.count == 3, text.hasSuffix("xx"), let digit = text.first?.wholeNumberValue, (1...5).contains(digit) else { return nil }
      return .hundreds(digit)
    }
  }
}
