import FlowCore
import FlowEngine
import StudyModel

/// A run's own entries of the audit trail.
extension Run {
  /// Before anything is asked or written. The stores are open.
  func beginAudit(_ services: ServiceDirectory) async throws {
    let recorder = AuditRecorder(
      act: request.act ?? request.actByDefault, flow: request.graph.name, flowSHA256: request.graph.sha256, run: environment.run, stores: services.stores,
      areOpen: true, heads: AuditHeads(state: request.state, environment), environment: environment)
    let begun = try await recorder.begin()
    audit.withLock { $0 = (recorder, begun) }
  }

  /// The ends of the trails; nil if the run's beginning is in none. The stores are still open.
  func endAudit(_ outcome: AuditOutcome) async throws -> [AuditHead]? {
    guard let (recorder, begun) = audit.withLock({ $0 }), !begun.isEmpty else { return nil }
    return try await recorder.end(begun, outcome)
  }
}

extension AuditOutcome {
  /// The result of a run, as far as it is known before its databases are closed.
  init(_ report: RunReport) {
    let people = report.participants, rows = report.rows.values
    let inserted = rows.reduce(0) { $0 + $1.inserted }, updated = rows.reduce(0) { $0 + $1.updated }
    var result = "\(report.status.rawValue): \(people.complete) of \(people.total) \(people.total == 1 ? "participant" : "participants") complete, \(inserted) rows inserted, \(updated) updated"
    if let stopped = report.stopped { result += "; stopped: \(stopped)" }
    self.init(result, exit: report.exit)
  }
}
