import FlowCore
import FlowErrors
import StudyParticipants
import StudyProcessors

/// Decides where an entry's FlowFile goes back in, and with what.
///
/// Without `--from` it is the processor that failed, except where the answer itself was at fault. A stored answer that is wrong does not
/// get better: with the flow as it was the provider is asked again; with an edited one the mapping is given another try on the response.
struct ReentryRule: Sendable {
  enum Place: Sendable {
    case source
    case reentry(ReplayPlan.Reentry)
  }

  private let graph: FlowGraph
  private let map: ServiceMap
  private let allowsFlowChange: Bool
  private let from: String?

  init(_ graph: FlowGraph, allowsFlowChange: Bool, from: String?) {
    self.graph = graph
    self.allowsFlowChange = allowsFlowChange
    self.from = from
    map = ServiceMap(graph)
  }

  func place(_ entry: StoredEntry) -> Result<Place, ReplayRefusal> {
    guard let failed = graph.index(of: entry.document.processor) else { return .failure(.processorGone(entry.document.processor)) }
    guard entry.document.flowSHA256 == graph.sha256 || allowsFlowChange else { return .failure(.flowChanged) }
    let way = Way(entry, failed: failed, graph: graph, map: map)
    let target: Int
    if let from {
      guard let position = way.position(ofProcessor: from) else { return .failure(.notOnWay(from)) }
      target = position
    } else {
      target = usual(entry, way)
    }
    return place(entry, way, at: target)
  }

  /// Positions on the way are of the way alone; none is read from the entry.
  private func usual(_ entry: StoredEntry, _ way: Way) -> Int {
    guard entry.cause.isFaultOfAnswer, let request = way.request, request < way.failed else { return way.failed }
    if entry.document.flowSHA256 == graph.sha256 { return request }
    guard let extraction = way.extraction else { return way.failed }
    return entry.document.responseType == nil ? request : extraction
  }

  private func place(_ entry: StoredEntry, _ way: Way, at target: Int) -> Result<Place, ReplayRefusal> {
    let processor = way.processors[target]
    let node = graph.processors[processor]
    // Slices are planned from the ledger as it is now: whoever goes back that far is read again, however many entries there are.
    let isPlannedAnew = node.descriptor.type == SliceTimeRange.descriptor.type || entry.slice != nil && way.slicing.map { target <= $0 } == true
    if node.descriptor.input == .forbidden || isPlannedAnew { return .success(.source) }
    var reentry = ReplayPlan.Reentry(entry: entry, processor: processor, way: Array(way.processors[..<target]), material: .content)
    if target < way.failed, way.request.map({ target <= $0 }) == true {
      reentry.material = .nothing
    } else if target < way.failed, let extraction = way.extraction, target <= extraction {
      guard entry.document.responseType != nil else { return .failure(.noResponse) }
      reentry.material = .response
    }
    if target < way.failed { reentry.unset = way.written(from: target, graph) }
    return .success(.reentry(reentry))
  }
}

/// The processors that a FlowFile has passed, the one that failed last. An entry of an earlier version does not say: then those that lead
/// to it in the flow.
private struct Way: Sendable {
  let processors: [Int]
  /// Position of the last one that asked a provider, of the extraction that came after it and succeeded, and of the slicing.
  let request: Int?
  let extraction: Int?
  let slicing: Int?

  var failed: Int { processors.count - 1 }

  init(_ entry: StoredEntry, failed: Int, graph: FlowGraph, map: ServiceMap) {
    let passed = entry.document.way.map { names in names.compactMap { graph.index(of: $0) } } ?? map.upstream(of: failed).reversed()
    let processors = passed.filter { $0 != failed } + [failed]
    func last(_ type: String, before end: Int) -> Int? { processors[..<end].lastIndex { graph.processors[$0].descriptor.type == type } }
    self.processors = processors
    let request = last(InvokeEndpoint.descriptor.type, before: processors.count)
    let extraction = last(ExtractRecords.descriptor.type, before: processors.count - 1)
    self.request = request
    self.extraction = extraction.flatMap { position in request.map { $0 < position } ?? true ? position : nil }
    slicing = last(SliceTimeRange.descriptor.type, before: processors.count)
    names = processors.map { graph.processors[$0].name }
  }

  private let names: [String]

  func position(ofProcessor name: String) -> Int? { names.firstIndex(of: name) }

  /// Attributes that the processors from a position on write and none before it does.
  func written(from position: Int, _ graph: FlowGraph) -> Set<String> {
    func written(_ processors: ArraySlice<Int>) -> Set<String> {
      Set(processors.flatMap { graph.processors[$0].descriptor.writes.map(\.name) })
    }
    return written(processors[position...]).subtracting(written(processors[..<position]))
  }
}

extension Cause {
  /// What the provider answered cannot be used as it is.
  var isFaultOfAnswer: Bool { self == .badData || self == .notJSON || self == .truncated }
}
