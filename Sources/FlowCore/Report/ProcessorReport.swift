/// How the FlowFiles of a run ended: sources, children and clones.
package struct FlowFileCounts: Codable, Sendable, Equatable {
  /// Sources, children and clones.
  package var created = 0
  package var finished = 0
  package var removed = 0
  package var deferred = 0
  package var inErrors = 0
  /// Only after a second signal.
  package var abandoned = 0
  package init() {}
  /// Every FlowFile created has ended exactly once.
  package var isBalanced: Bool { created == finished + removed + deferred + inErrors + abandoned }
  enum CodingKeys: String, CodingKey {
    case created, finished, removed, deferred, abandoned
    case inErrors = "in_errors"
  }
}

/// A processor's activity in a run.
package struct ProcessorReport: Codable, Sendable, Equatable {
  package var name: String
  package var type: String
  package var received = 0
  package var sent: [String: Int] = [:]
  /// FlowFiles sent to `failure` or to the error folder.
  package var failed = 0
  /// Tries that returned the FlowFile for another try.
  package var retried = 0
  /// Total busy time of all triggers.
  package var seconds = 0.0
  package var penalised = 0
  /// Bytes of content received.
  package var bytes = 0
  /// The largest number of FlowFiles that waited for it at once.
  package var queueHighWater = 0
  /// The processor's own counters.
  package var counters: [String: Int64] = [:]
  package init(name: String, type: String) {
    self.name = name
    self.type = type
  }
  enum CodingKeys: String, CodingKey {
    case name, type, received, sent, failed, retried, seconds, penalised, bytes, counters
    case queueHighWater = "queue_high_water"
  }
}
