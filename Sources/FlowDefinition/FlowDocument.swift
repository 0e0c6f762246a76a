import FlowCore

/// The parts of a flow file as written: well-formed, but with unresolved names.
struct FlowDocument {
  static let keys = ["flow", "summary", "parameters", "services", "processors", "defaults", "schedule"]

  var name = ""
  var summary = ""
  var queue = QueueLimits()
  var schedule: ScheduleDeclaration?
  var parameters: [ParameterDeclaration] = []
  var services: [ServiceEntry] = []
  var processors: [ProcessorEntry] = []
}

/// A service as written.
struct ServiceEntry {
  var name: String
  var position: SourcePosition
  var type: ConfigurationNode?
  /// The key that was probably a misspelt `type`.
  var misspeltType: ConfigurationNode.Key?
  /// All members except `type`.
  var properties: ConfigurationNode
  var subject: String { "service '\(name)'" }
}

/// A processor as written.
struct ProcessorEntry {
  /// A relationship's destination, as written.
  struct Destination {
    var name: String
    /// The position of the name.
    var position: SourcePosition
    /// nil: the flow's default limits.
    var queue: QueueLimits?
    /// The position of the limits.
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
  /// The position of the name; if it is missing, the start of the processor.
  var position: SourcePosition
  var type: ConfigurationNode?
  /// Expected keys that were misspelt, which is already reported.
  var misspelt: Set<String> = []
  var group = ""
  var properties: ConfigurationNode
  /// nil: unknown.
  var outputs: [Output]? = []
  var concurrency: Int?
  var concurrencyPosition: SourcePosition?
  var retry: Retry?
  var schedule: DueTime?
  var schedulePosition: SourcePosition?
  /// `RouteOnAttribute 'by size'`, as far as it is known.
  var subject: String
}
