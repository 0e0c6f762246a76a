import FlowCore
import StudyModel

/// Reads and verifies the audit trails of a flow's databases.
package struct AuditRecords: Sendable {
  /// The trail of one database.
  package struct Verdict: Encodable, Sendable, Equatable {
    package var database: String
    package var entries: Int
    /// The last entry; nil for an empty trail.
    package var number: Int64?
    package var sha256: String?
    /// The number of heads that were kept elsewhere and compared.
    package var witnesses: Int
    package var faults: [AuditVerification.Fault]
  }

  private static let atOnce = 1000
  /// The newest head proves everything before it; older ones tell where a trail was changed.
  private static let comparedRuns = 200

  private let graph: FlowGraph
  private let state: String
  private let machine: Machine
  private let environment: RuntimeEnvironment

  /// - Parameter state: path of the state folder.
  package init(_ graph: FlowGraph, state: String, on machine: Machine) {
    self.graph = Simulation.addressed(graph)
    self.state = state
    self.machine = machine
    environment = machine.toolEnvironment
  }

  /// Calls `body` with the entries of each database in order. Throws `Diagnostics` if there is no database yet, and `StopRun`.
  /// - Parameter run: the command that makes a first database.
  package func entries(run: String, _ body: (_ database: String, [AuditEntry]) throws -> Void) async throws {
    try await eachStore(run: run) { store, reader in
      try await reader.eachAuditPart(Self.atOnce) { try body(store.location, $0) }
    }
  }

  /// Checks every trail by itself, and against the ends that run reports and the state folder know.
  /// - Parameter run: the command that makes a first database.
  package func verify(run: String) async throws -> [Verdict] {
    let reported = try await reportedHeads()
    var verdicts: [Verdict] = []
    try await eachStore(run: run) { store, reader in
      let id = try await reader.identity().id
      var witnesses = reported.filter { $0.head.id == id }
      if let id {
        let heads = try await AuditHeads(state: state, environment).heads(of: id)
        witnesses += heads.map { AuditVerification.Witness(place: "the state folder \(state)", head: $0) }
      }
      var verification = AuditVerification(witnesses)
      try await reader.eachAuditPart(Self.atOnce) { part in for entry in part { verification.take(entry) } }
      verification.finish()
      let end = verification.end
      verdicts.append(
        Verdict(
          database: store.location, entries: verification.count, number: end?.number, sha256: end?.sha256, witnesses: verification.witnessCount,
          faults: verification.faults))
    }
    return verdicts
  }

  private func eachStore(run: String, _ body: (any RecordStore, any RecordReader) async throws -> Void) async throws {
    let stores = try ServiceCatalog.stores(of: graph, environment).map(\.store)
    var found = false
    for store in stores {
      guard let reader = try await store.reader() else { continue }
      found = true
      try await withClosing { try await body(store, reader) } close: { try await reader.close() }
    }
    guard !found else { return }
    throw Diagnostics([
      Diagnostic(
        .unknownName, subject: "database '\(stores.map(\.location).joined(separator: "', '"))'", found: "no run has collected anything into it, so it has no audit trail",
        expected: "the database of an earlier run", hint: "run the flow first: \(run)")
    ])
  }

  private func reportedHeads() async throws -> [AuditVerification.Witness] {
    guard let history = try RunRecords.history(of: graph, folder: state, on: machine) else { return [] }
    var heads: [AuditVerification.Witness] = []
    for run in try await history.runs(limit: Self.comparedRuns) where run.finished != nil {
      let report = try await history.report(run: run.run)
      heads += (report?.audit ?? []).map { AuditVerification.Witness(place: "the report of run \(run.run)", head: $0) }
    }
    return heads
  }
}

extension RecordReader {
  /// Calls `body` with the entries of the audit trail in order, some at a time.
  func eachAuditPart(_ limit: Int, _ body: ([AuditEntry]) throws -> Void) async throws {
    var last: Int64 = .min
    while true {
      let part = try await auditEntries(after: last, limit: limit)
      guard let end = part.last else { return }
      try body(part)
      last = end.number
    }
  }
}
