import FlowCore
import FlowSimulator
import FlowTesting

/// The provider without sockets: every request is answered by the simulator in this process.
///
/// Boundaries of its fault plan: `http.send` (the request does not arrive) and `http.receive` (it did, its answer is
/// lost).
struct SimulatedTransport: HTTPTransport {
  let simulator: Simulator
  let faults: FaultPlan
  var trouble: ProviderTrouble?
  var time = ManualTime()
  /// How long the next answer takes; nil: no time.
  let latency: (@Sendable () async -> Void)?

  func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    try faults.pass("http.send")
    trouble?.witness(request, time: time)
    await latency?()
    let response = try await answer(request)
    try faults.pass("http.receive")
    return response
  }

  private func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
    guard let trouble else { return try await simulator.answer(request) }
    return try await trouble.answer(request, time: time) { try await simulator.answer(request) }
  }
}
