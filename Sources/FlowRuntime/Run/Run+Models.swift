import FlowCore
import FlowEngine
import FlowModels
import StudyModel

/// Closing work: the models that processors of the flow have built.
extension Run {
  /// Builds them if the engine has ended by itself. The reports so far are kept whatever fails.
  func buildModels(_ services: ServiceDirectory, _ result: FlowResult, _ steps: inout ClosingSteps) async -> [ModelReport]? {
    let uses = ModelUse.all(of: request.graph)
    guard !uses.isEmpty, result.stopped == nil, !result.wasStopped, !result.timedOut, firstSignal == nil else { return nil }
    let reports = Locked<[ModelReport]>([])
    for use in uses {
      await steps.take(orSay: "the models cannot be built") {
        guard let store = services.store(use.database) else { return }
        // What has been collected is durable before others are told of it.
        try await store.synchronize()
        let project = try await environment.readModels(use.folder)
        let built = try await store.buildModels(project, use.selection, of: request.graph, time: environment.time, goesOn: { self.firstSignal == nil }) { report in
          reports.withLock { $0.append(report) }
        }
        let failures = built.compactMap { report in report.failed.map { "model '\(report.name)': \($0)" } }
        guard failures.isEmpty else { throw ProcessorError(.internal, failures.joined(separator: "; ")) }
      }
    }
    return reports.withLock { $0 }
  }
}
