import FlowCore
import FlowEngine
import FlowProcessors
import StudyModel
import StudyProcessors

/// What a run keeps of the ways of its FlowFiles. That it cannot be kept is a warning: the ledger has the rest.
extension Run {
  func openProvenance(_ graph: FlowGraph, _ services: ServiceDirectory) async {
    let folder = ProvenanceFolder(state: request.state, environment.fileSystem)
    let flows = FlowKeeping(state: request.state, environment.fileSystem)
    do {
      // The graph of the request: that of a rebuild or of the simulator is made from it.
      let known = try FlowKeeping.Known(request.graph, databases: services.stores.map(\.location)), run = environment.run
      try await environment.lane("provenance").run { try flows.keep(known, run: run) }
      let writer = try await ProvenanceWriter.open(run: run, in: folder, addresses: Self.addresses(graph, services), environment)
      provenance.withLock { $0 = writer }
      environment.commitBarrier.add(step: { [weak writer] in await writer?.flush() })
    } catch {
      warnOfProvenance("the ways of FlowFiles are not kept, so that flowrun trace will not know them", "\(error)")
    }
  }

  /// Makes the file durable, and keeps all files within their bounds.
  func closeProvenance() async {
    let writer = provenance.withLock { writer in
      defer { writer = nil }
      return writer
    }
    guard let writer else { return }
    if let problem = await writer.finish() { warnOfProvenance("not all ways of FlowFiles are kept", problem) }
    let folder = ProvenanceFolder(state: request.state, environment.fileSystem), now = environment.time.now
    do {
      try await environment.lane("provenance").run { try folder.prune(now: now) }
    } catch {
      warnOfProvenance("old ways of FlowFiles cannot be removed", "\(error)")
    }
  }

  private func warnOfProvenance(_ subject: String, _ detail: String) {
    events.post(.warning(RunReport.Warning(level: Bulletin.Level.warning.rawValue, processor: "", subject: subject, count: 1, detail: detail)))
  }

  /// How the processors that ask a provider turn a path into an address.
  private static func addresses(_ graph: FlowGraph, _ services: ServiceDirectory) -> [String: @Sendable (String) -> String] {
    let map = ServiceMap(graph)
    var addresses: [String: @Sendable (String) -> String] = [:]
    for (index, node) in graph.processors.enumerated() where node.descriptor.type == InvokeEndpoint.descriptor.type {
      guard let provider = services.provider(map.service(.provider, of: index)) else { continue }
      addresses[node.name] = { provider.address(ofPath: $0) }
    }
    return addresses
  }
}
