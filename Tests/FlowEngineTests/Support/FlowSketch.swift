import FlowCore

/// A flow graph of a test, described by names.
struct FlowSketch {
  enum Target {
    case to(String, count: Int = 1000, bytes: Int = 0, prioritise: String? = nil)
    case errors
    case `defer`
    case drop
  }
  private struct Entry {
    var name: String
    var type: any ClosureProcessing.Type
    var concurrency: Int
    var retry: RetryRule?
    var outputs: [(String, [Target])]
    var work: Work
  }
  private var entries: [Entry] = []

  mutating func source(
    _ name: String, concurrency: Int = 1, to outputs: KeyValuePairs<String, [Target]>, work: @escaping Work
  ) {
    add(ClosureSource.self, name, concurrency, nil, outputs, work)
  }

  mutating func processor(
    _ name: String, _ type: any ClosureProcessing.Type = ClosureProcessor.self, concurrency: Int = 1, retry: RetryRule? = nil,
    to outputs: KeyValuePairs<String, [Target]>, work: @escaping Work = Does.passOn
  ) {
    add(type, name, concurrency, retry, outputs, work)
  }

  private mutating func add(
    _ type: any ClosureProcessing.Type, _ name: String, _ concurrency: Int, _ retry: RetryRule?,
    _ outputs: KeyValuePairs<String, [Target]>, _ work: @escaping Work
  ) {
    entries.append(
      Entry(
        name: name, type: type, concurrency: concurrency, retry: retry, outputs: outputs.map { ($0.key, $0.value) },
        work: work))
  }

  var processors: [any Processor] { entries.map { $0.type.init($0.work) } }

  var graph: FlowGraph {
    let nodes = entries.map { entry in
      ProcessorNode(
        name: entry.name, type: entry.type, group: "", values: PropertyValues(), position: SourcePosition(line: 1, column: 1),
        concurrency: entry.concurrency, retry: entry.retry,
        outputs: entry.outputs.map { GraphOutput(relationship: $0.0, destinations: $0.1.map(destination)) })
    }
    return FlowGraph(
      name: "test flow", summary: "", file: "test.yaml", sha256: "", parameters: [], services: [], processors: nodes)
  }

  private func destination(_ target: Target) -> GraphOutput.Destination {
    switch target {
    case .to(let name, let count, let bytes, let prioritise):
      guard let index = entries.firstIndex(where: { $0.name == name }) else {
        preconditionFailure("the sketch has no processor '\(name)'")
      }
      return .processor(index, QueueLimits(count: count, bytes: bytes, prioritise: prioritise))
    case .errors: return .errors
    case .defer: return .defer
    case .drop: return .drop
    }
  }
}

/// The behaviour of a test processor.
enum Does {
  /// Transfers all available FlowFiles to `success`.
  static let passOn: Work = { session in
    for flowFile in session.getAll() { session.transfer(flowFile, to: "success") }
  }
  static let remove: Work = { session in
    for flowFile in session.getAll() { session.remove(flowFile) }
  }

  /// A source of `count` FlowFiles with the attribute `n` from 0, `perTrigger` at a time.
  static func create(_ count: Int, perTrigger: Int = 1, content: Content = .empty) -> Work {
    let made = Locked(0)
    return { session in
      for _ in 0..<perTrigger {
        let number = made.withLock { made in
          defer { made += 1 }
          return made
        }
        guard number < count else { return session.exhausted() }
        var flowFile = session.create()
        flowFile["n"] = String(number)
        flowFile.content = content
        session.transfer(flowFile, to: "success")
      }
    }
  }
}
