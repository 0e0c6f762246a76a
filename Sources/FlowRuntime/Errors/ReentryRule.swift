import FlowCore
import FlowErrors
import StudyModel
import StudyParticipants
import StudyProcessors

/// Decides where an entry's FlowFile re-enters the flow, and with what content.
///
/// Without `--from` it re-enters at the processor that failed, unless the answer itself was at fault. With the flow
/// unchanged the same answer would fail again, so the provider is asked again; with an edited flow the mapping is
/// retried on the stored response.
struct ReentryRule: Sendable {
  enum Place: Sendable {
    case source
    case reentry(ReplayPlan.Reentry)
    case refused(ReplayRefusal)
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

  func place(_ entry: StoredEntry) -> Place {
    guard let failed = graph.index(of: entry.document.processor) else { return .refused(.processorGone(entry.document.processor)) }
    guard entry.document.flowSHA256 == graph.sha256 || allowsFlowChange else { return .refused(.flowChanged) }
    let way = Way(entry, failed: failed, graph: graph, map: map)
    let target: Int
    if let from {
      guard let position = way.position(ofProcessor: from) else { return .refused(.notOnWay(from)) }
      target = position
    } else {
      target = usual(entry, way)
    }
    return place(entry, way, at: target)
  }

  /// Positions are computed from the path; no index is ever read from the entry.
  private func usual(_ entry: StoredEntry, _ way: Way) -> Int {
    guard entry.cause.isFaultOfAnswer, let request = way.request, request < way.failed else { return way.failed }
    if entry.document.flowSHA256 == graph.sha256 { return request }
    guard let extraction = way.extraction else { return way.failed }
    return entry.document.responseType == nil ? request : extraction
  }

  private func place(_ entry: StoredEntry, _ way: Way, at target: Int) -> Place {
    let processor = way.processors[target]
    let node = graph.processors[processor]
    // Slices are planned from the current ledger, so these participants start again from the source, once each.
    let isPlannedAnew = node.descriptor.type == SliceTimeRange.descriptor.type || entry.slice != nil && way.slicing.map { target <= $0 } == true
    if node.descriptor.input == .forbidden || isPlannedAnew { return .source }
    var reentry = ReplayPlan.Reentry(entry: entry, processor: processor, way: Array(way.processors[..<target]), material: .content)
    if target < way.failed, way.request.map({ target <= $0 }) == true {
      reentry.material = .nothing
    } else if target < way.failed, let extraction = way.extraction, target <= extraction {
      guard entry.document.responseType != nil else { return .refused(.noResponse) }
      reentry.material = .response
    }
    if target < way.failed { reentry.unset = way.written(from: target, graph) }
    // The response still answers more than the slice.
    if reentry.material == .response { reentry.unset.remove(AttributeName.sliceAnswer) }
    return .reentry(reentry)
  }
}

/// The processors that a FlowFile has passed, ending with the one that failed. Entries of earlier versions lack this;
/// the upstream processors are used instead.
private struct Way: Sendable {
  let processors: [Int]
  /// Positions of the last request, of the successful extraction after it, and of the slicing.
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

  /// Attributes written by the processors from a position on, but not by any before.
  func written(from position: Int, _ graph: FlowGraph) -> Set<String> {
    func written(_ processors: ArraySlice<Int>) -> Set<String> {
      Set(processors.flatMap { graph.processors[$0].descriptor.writes.map(\.name) })
    }
    return written(processors[position...]).subtracting(written(processors[..<position]))
  }
}

extension Cause {
  /// The provider's answer is unusable.
  var isFaultOfAnswer: Bool { self == .badData || self == .notJSON || self == .truncated }
}
