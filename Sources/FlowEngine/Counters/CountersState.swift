import FlowCore

/// What a commit adds to the counters.
struct CounterChanges: Sendable {
  var processor: Int
  var created = 0
  var endings: [Ending] = []
  var received = 0
  /// Content bytes of the FlowFiles received.
  var bytes = 0
  /// Output indices, once for each FlowFile sent.
  var sent: [Int] = []
  var failed = 0
  var retried = 0
  var penalised = 0
  var busy = Duration.zero
  var own: [String: Int64] = [:]

  init(processor: Int) { self.processor = processor }
}

/// The counters of a run: FlowFiles created and ended, and the activity of each processor.
struct CountersState: Sendable {
  private struct ProcessorCounters: Sendable {
    var received = 0
    var sent: [Int]
    var failed = 0
    var retried = 0
    var penalised = 0
    var bytes = 0
    var busy = Duration.zero
    var own: [String: Int64] = [:]
  }
  private(set) var flowFiles = FlowFileCounts()
  private var processors: [ProcessorCounters]

  init(_ topology: FlowTopology) {
    processors = topology.nodes.map { ProcessorCounters(sent: Array(repeating: 0, count: $0.outputs.count)) }
  }

  mutating func apply(_ changes: CounterChanges) {
    flowFiles.created += changes.created
    for ending in changes.endings { count(ending) }
    let index = changes.processor
    processors[index].received += changes.received
    processors[index].bytes += changes.bytes
    processors[index].failed += changes.failed
    processors[index].retried += changes.retried
    processors[index].penalised += changes.penalised
    processors[index].busy += changes.busy
    for output in changes.sent { processors[index].sent[output] += 1 }
    for (name, delta) in changes.own { processors[index].own[name, default: 0] += delta }
  }

  mutating func count(_ counter: String, _ delta: Int64, of processor: Int) {
    processors[processor].own[counter, default: 0] += delta
  }

  mutating func count(_ ending: Ending) {
    switch ending {
    case .finished: flowFiles.finished += 1
    case .removed: flowFiles.removed += 1
    case .deferred: flowFiles.deferred += 1
    case .inErrors: flowFiles.inErrors += 1
    case .abandoned: flowFiles.abandoned += 1
    }
    let ended = flowFiles.finished + flowFiles.removed + flowFiles.deferred + flowFiles.inErrors + flowFiles.abandoned
    precondition(ended <= flowFiles.created, "more FlowFiles have ended than were created")
  }

  /// A report for each processor; declared relationships without FlowFiles count 0.
  func reports(_ topology: FlowTopology, queueHighWater: [Int]) -> [ProcessorReport] {
    topology.nodes.indices.map { index in
      let node = topology.nodes[index]
      let counters = processors[index]
      var report = ProcessorReport(name: node.name, type: node.type)
      report.received = counters.received
      for (output, count) in zip(node.outputs, counters.sent) where output.isDeclared || count > 0 {
        report.sent[output.relationship] = count
      }
      report.failed = counters.failed
      report.retried = counters.retried
      report.seconds = counters.busy.inSeconds
      report.penalised = counters.penalised
      report.bytes = counters.bytes
      report.queueHighWater = queueHighWater[index]
      report.counters = counters.own
      return report
    }
  }
}
