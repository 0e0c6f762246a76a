import FlowCore

/// Determines which calls at a boundary fail. A test double calls `pass` at each of its boundaries. A test configures
/// the failures; it may first run without any to count the calls.
package final class FaultPlan: Sendable {
  package enum Frequency: Sendable {
    /// Only that call.
    case once
    /// That call and all later ones.
    case always
  }
  private struct Rule {
    /// nil for any boundary; calls are then counted together.
    var boundary: String?
    var call: Int
    var frequency: Frequency
    var error: any Error

    func applies(to call: Int) -> Bool { frequency == .once ? call == self.call : call >= self.call }
  }
  private struct State {
    var rules: [Rule] = []
    var calls: [String: Int] = [:]
    var callCount = 0
    var firedCount = 0
    var firstFired: @Sendable () throws -> Void = {}

    mutating func pass(_ boundary: String) -> (error: any Error, firstFired: (@Sendable () throws -> Void)?)? {
      calls[boundary, default: 0] += 1
      callCount += 1
      let place = calls[boundary] ?? 0
      guard let rule = rules.first(where: { rule in
        rule.boundary == nil ? rule.applies(to: callCount) : rule.boundary == boundary && rule.applies(to: place)
      }) else { return nil }
      firedCount += 1
      return (rule.error, firedCount == 1 ? firstFired : nil)
    }
  }
  private let state = Locked(State())

  package init() {}

  /// Makes a call fail. Calls count from 1; without a boundary, across all boundaries.
  @discardableResult package func fail(
    _ boundary: String? = nil, call: Int, _ frequency: Frequency = .once, with error: (any Error)? = nil
  ) -> FaultPlan {
    let error = error ?? InjectedFault(boundary: boundary ?? "any boundary", call: call)
    state.withLock {
      $0.rules.append(Rule(boundary: boundary, call: call, frequency: frequency, error: error))
    }
    return self
  }

  /// Called by a double at its boundary; throws if the call must fail.
  package func pass(_ boundary: String) throws {
    guard let fired = state.withLock({ $0.pass(boundary) }) else { return }
    try fired.firstFired?()
    throw fired.error
  }

  /// Sets what runs when the first call is made to fail, before it does.
  package func whenFirstFired(_ action: @escaping @Sendable () throws -> Void) {
    state.withLock { $0.firstFired = action }
  }

  /// Number of calls so far, by boundary.
  package var calls: [String: Int] { state.withLock { $0.calls } }
  package var callCount: Int { state.withLock { $0.callCount } }
  /// Number of calls that were made to fail.
  package var firedCount: Int { state.withLock { $0.firedCount } }
}

/// The error of a failing call if the test specifies none.
package struct InjectedFault: Error, Equatable, CustomStringConvertible, Sendable {
  package var boundary: String
  package var call: Int
  package var description: String { "injected fault at \(boundary), call \(call)" }
}

extension GuardedFileSystem {
  /// Makes every call pass through a fault plan.
  package init(_ base: any FileSystem, faults: FaultPlan) {
    self.init(base, before: { boundary, _ in try faults.pass(boundary) })
  }
}
