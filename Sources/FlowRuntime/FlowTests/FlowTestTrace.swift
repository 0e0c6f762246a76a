import FlowCore
import FlowEngine

/// What a test has seen of its flow. May be used from any thread.
final class FlowTestTrace: ErrorSink {
  struct Step: Sendable {
    var processor: String
    var relationship: String
    var flowFile: FlowFile
  }
  private struct State {
    var steps: [Step] = []
    var entries: [ErrorEntry] = []
    var isCutOff = false
  }
  private let state = Locked(State())

  /// FlowFiles that left a processor, in order; one for each destination.
  var steps: [Step] { state.withLock { $0.steps } }
  var entries: [ErrorEntry] { state.withLock { $0.entries } }
  /// The flow did not come to an end by itself.
  var isCutOff: Bool { state.withLock { $0.isCutOff } }

  func cutOff() { state.withLock { $0.isCutOff = true } }
  func write(_ entry: ErrorEntry) async throws { state.withLock { $0.entries.append(entry) } }

  var listener: FlowListener {
    FlowListener(wantsFlowFiles: { _ in .all }) { [weak self] event in
      guard case .flowFiles(let events) = event else { return }
      self?.state.withLock { state in
        for case (.routed(let relationship, _), let event) in events.map({ ($0.kind, $0) }) {
          state.steps.append(Step(processor: event.processor, relationship: relationship, flowFile: event.flowFile))
        }
      }
    }
  }
}
