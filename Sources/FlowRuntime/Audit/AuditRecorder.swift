import FlowCore
import StudyModel

/// Records an act in the trails of a flow's databases: an entry before it begins, and one with its result when it has ended. An act whose first
/// entry cannot be written does not begin; one that is interrupted has no second.
struct AuditRecorder: Sendable {
  let act: AuditAct
  let flow: String?
  let flowSHA256: String?
  let run: String?
  /// Those without a trail are left out.
  let stores: [any RecordStore]
  /// Whether the stores are open; otherwise each is opened for each entry.
  let areOpen: Bool
  let heads: AuditHeads
  let environment: RuntimeEnvironment

  /// The numbers of the first entries, one for each store.
  typealias Begun = [Int64]

  /// Throws as the stores do, and `StopRun` if the state folder cannot be written.
  func begin() async throws -> Begun {
    var begun: Begun = []
    for store in stores where store.audit != nil { begun.append(try await append(line(.begun), to: store).number) }
    return begun
  }

  /// The ends of the trails.
  func end(_ begun: Begun, _ outcome: AuditOutcome) async throws -> [AuditHead] {
    var ends: [AuditHead] = []
    for (store, number) in zip(stores.filter { $0.audit != nil }, begun) {
      var line = line(.ended)
      line.act = number
      line.result = outcome.result
      line.exit = outcome.exit
      ends.append(try await append(line, to: store))
    }
    return ends
  }

  private func line(_ phase: AuditLine.Phase) -> AuditLine {
    AuditLine(
      phase, at: environment.time.now, by: environment.author, command: act.command, parameters: act.parameters, reason: act.reason, flow: flow,
      flowSHA256: flowSHA256, run: run)
  }

  private func append(_ line: AuditLine, to store: any RecordStore) async throws -> AuditHead {
    guard let trail = store.audit else { preconditionFailure("only stores with a trail are asked") }
    let head = areOpen ? try await trail.append(line) : try await store.opened { _ in try await trail.append(line) }
    try await heads.note(head)
    return head
  }
}

/// A command's act on a flow's databases or batch.
package struct AuditedAct: Sendable {
  private let recorder: AuditRecorder
  private let warn: @Sendable (String) -> Void

  /// - Parameters:
  ///   - state: path of the state folder, which keeps the end of each trail.
  ///   - warn: told when the end of an act that was done cannot be recorded.
  package init(_ act: AuditAct, on graph: FlowGraph, state: String, machine: Machine, warn: @escaping @Sendable (String) -> Void) throws {
    let environment = machine.toolEnvironment
    try self.init(
      act, flow: graph, stores: ServiceCatalog.stores(of: Simulation.addressed(graph), environment).map(\.store), state: state, environment, warn: warn)
  }

  /// On a batch, and the databases of its flow.
  package init(_ act: AuditAct, on batch: ParticipantBatch, state: String, warn: @escaping @Sendable (String) -> Void) throws {
    try self.init(act, flow: batch.graph, stores: batch.services.stores, state: state, batch.environment, warn: warn)
  }

  private init(
    _ act: AuditAct, flow: FlowGraph, stores: [any RecordStore], state: String, _ environment: RuntimeEnvironment, warn: @escaping @Sendable (String) -> Void
  ) throws {
    // A database that this makes is still free to agree on its flow's facts.
    let free = try stores.map { try ServiceCatalog.store(at: $0.location, environment) }
    self.init(act, flow: flow.name, flowSHA256: flow.sha256, stores: free, state: state, environment, warn: warn)
  }

  init(
    _ act: AuditAct, flow: String?, flowSHA256: String?, stores: [any RecordStore], state: String, _ environment: RuntimeEnvironment,
    warn: @escaping @Sendable (String) -> Void
  ) {
    recorder = AuditRecorder(
      act: act, flow: flow, flowSHA256: flowSHA256, run: nil, stores: stores, areOpen: false, heads: AuditHeads(state: state, environment),
      environment: environment)
    self.warn = warn
  }

  /// Does the act between its two entries. Throws what `body` throws, and before it what keeps the first entry from being written.
  /// - Parameter outcome: what the result is in the trail.
  package func run<Value: Sendable>(_ body: () async throws -> Value, outcome: (Value) -> AuditOutcome) async throws -> Value {
    let begun = try await recorder.begin()
    let value: Value
    do {
      value = try await body()
    } catch {
      await end(begun, AuditOutcome(failed: error))
      throw error
    }
    await end(begun, outcome(value))
    return value
  }

  private func end(_ begun: AuditRecorder.Begun, _ outcome: AuditOutcome) async {
    do {
      _ = try await recorder.end(begun, outcome)
    } catch {
      warn("warning: the end of '\(recorder.act.command)' is not in the audit trail, which tells only that it began: \(error)")
    }
  }
}
