import FlowCore

/// A flow file's parts, as written: shapes are right, names not yet looked up.
struct FlowDocument {
  static let keys = ["flow", "summary", "parameters", "services", "processors", "defaults"]

  var name = ""
  var summary = ""
  var queue = QueueLimits()
  var parameters: [ParameterDeclaration] = []
  var services: [ServiceEntry] = []
  var processors: [ProcessorEntry] = []
}

/// A service as written.
struct ServiceEntry {
  var name: String
  var position: SourcePosition
  var type: ConfigurationNode?
  /// A member's name that was most likely meant for `type`.
  var misspeltType: ConfigurationNode.Key?
  /// Its members without `type`.
  var properties: ConfigurationNode
  var subject: String { "service '\(name)'" }
}

/// A processor as written.
struct ProcessorEntry {
  /// Where a relationship leads, as written.
  struct Destination {
    var name: String
    /// Where the name stands.
    var position: SourcePosition
    /// nil: the flow's own limits.
    var queue: QueueLimits?
    /// Where the limits stand.
    var queuePosition: SourcePosition?
  }
  struct Output {
    var relationship: ConfigurationNode.Key
    var destinations: [Destination]
  }
  struct Retry {
    var rule: RetryRule
    var relationships: [ConfigurationNode.Key]
  }

  var name: String
  /// Where the name stands; without one, where the processor begins.
  var position: SourcePosition
  var type: ConfigurationNode?
  /// Its keys that were misspelt, which has been reported.
  var misspelt: Set<String> = []
  var group = ""
  var properties: ConfigurationNode
  /// nil: not known.
  var outputs: [Output]? = []
  var concurrency: Int?
  var concurrencyPosition: SourcePosition?
  var retry: Retry?
  /// `SliceTimeRange 'slices'`, with what is known.
  var subject: String
}
