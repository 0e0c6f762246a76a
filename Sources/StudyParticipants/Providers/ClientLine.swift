import FlowCore
import StudyModel

/// The client's budget at the provider, and whoever shares it out among hosts.
final class ClientLine: Sendable {
  private struct State {
    var budget: ClientBudget
    var grants: (any RequestGrants)?
  }

  private let client: String
  private let time: any TimeSource
  private let state: Locked<State>
  private let asking: SingleFlight<RequestGrant>
  /// `120000 a minute`: the limit of the shortest time.
  let words: String

  init(_ client: TokenAsker, limits: [RequestLimit], _ environment: RuntimeEnvironment) {
    self.client = "\(client.endpoint) \(client.client)"
    time = environment.time
    state = Locked(State(budget: ClientBudget(limits)))
    asking = SingleFlight(time: environment.time, executor: environment.executor)
    let shortest = limits.min { $0.window < $1.window }
    words = shortest.map { "\($0.count) in \(Units.text(of: $0.window))" } ?? ""
  }

  var grants: (any RequestGrants)? {
    get { state.withLock { $0.grants } }
    set { state.withLock { $0.grants = newValue } }
  }

  /// How long nothing may be sent for anybody; nil if that is not known.
  var wait: Duration? {
    let now = time.monotonic
    return state.withLock { $0.budget.wait(now: now) }
  }

  /// Takes one request, to be given back if it is not sent; or returns how long to wait. Throws errors of the store
  /// that grants, and `CancellationError`.
  func take() async throws -> Duration? {
    while true {
      let now = time.monotonic
      let (turn, grants) = state.withLock { state in
        var turn = state.budget.take(now: now)
        if case .ask(let count) = turn, state.grants == nil {
          state.budget.grantHere(count, now: now)
          turn = state.budget.take(now: now)
        }
        return (turn, state.grants)
      }
      switch turn {
      case .send: return nil
      case .wait(let wait): return wait
      case .ask(let count): if let grants { try await ask(grants, count) }
      }
    }
  }

  func giveBack() { state.withLock { $0.budget.giveBack() } }

  private func ask(_ grants: any RequestGrants, _ count: Int) async throws {
    let (client, limits) = (client, state.withLock { $0.budget.limits })
    _ = try await asking.run(client) { [time, state] _ in
      let asked = time.monotonic
      let grant = try await grants.grant(count, to: client, within: limits)
      let now = time.monotonic
      // Before those who joined go on.
      state.withLock { $0.budget.note(grant, asked: asked, now: now) }
      return grant
    }
  }
}
