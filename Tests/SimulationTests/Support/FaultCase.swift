import FlowCore
import FlowTesting
import GRDB

/// One fault at one boundary in each of one to three runs, chosen by a seed, and the task order of that run.
struct FaultCase: CustomStringConvertible {
  struct Fault: CustomStringConvertible {
    let boundary: String
    let call: Int
    let frequency: FaultPlan.Frequency
    let error: any Error

    var plan: FaultPlan { FaultPlan().fail(boundary, call: call, frequency, with: error) }
    var description: String { "\(boundary), call \(call), \(frequency == .once ? "once" : "from then on"): \(error)" }
  }

  let seed: UInt64
  /// The shipped flow that runs.
  let flow: String
  /// One for each run.
  let faults: [Fault]
  /// By which the simulated clock moves on after each run: there is something new to collect.
  let hoursBetween: Int

  /// - Parameter calls: how many calls a run without faults makes at each boundary.
  init(seed: UInt64, flow: String, calls: [String: Int]) {
    let dice = SeededRandomSource(seed: seed)
    self.seed = seed
    self.flow = flow
    // Boundaries in turn: those that are seldom passed would otherwise hardly ever be met.
    let first = Self.fault(at: calls.keys.sorted()[Int(seed / 2 % UInt64(calls.count))], calls, dice)
    let runCount = [1, 1, 2, 3][Int(dice.next() % 4)]
    faults = [first] + (1..<runCount).map { _ in
      Self.fault(at: calls.keys.sorted()[Int(dice.next() % UInt64(calls.count))], calls, dice)
    }
    hoursBetween = dice.next() % 2 == 0 ? 0 : 9
  }

  private static func fault(at boundary: String, _ calls: [String: Int], _ dice: SeededRandomSource) -> Fault {
    let call = 1 + Int(dice.next() % UInt64(calls[boundary] ?? 1))
    let frequency: FaultPlan.Frequency = dice.next() % 2 == 0 ? .always : .once
    let errors = errors(at: boundary)
    return Fault(boundary: boundary, call: call, frequency: frequency, error: errors[Int(dice.next() % UInt64(errors.count))])
  }

  var description: String {
    "seed \(seed), \(flow): \(faults)\(hoursBetween > 0 ? ", \(hoursBetween) hours between runs" : ""); "
      + "again with: FLOWRUN_SEED=\(seed) swift test --filter SimulationTests.FaultTests"
  }

  /// The error that really occurs at this boundary.
  private static func errors(at boundary: String) -> [any Error] {
    switch boundary {
    case "http.send":
      [
        TransportError(.unreachable, "cannot connect"), TransportError(.connection, "connection reset"),
        TransportError(.tls, "no handshake"),
      ]
    case "http.receive":
      [
        TransportError(.connection, "connection reset"), TransportError(.timeout, "no answer"),
        TransportError(.truncated, "cut off"),
      ]
    case _ where boundary.hasPrefix("sql."):
      [
        DatabaseError(resultCode: .SQLITE_IOERR, message: "disk I/O error"),
        DatabaseError(resultCode: .SQLITE_FULL, message: "disk is full"),
        DatabaseError(resultCode: .SQLITE_BUSY, message: "database is locked"),
      ]
    default:
      [
        FileSystemError(operation: boundary, path: "a file", errno: 5, reason: "Input/output error"),
        FileSystemError(operation: boundary, path: "a file", errno: 28, reason: "No space left on device"),
        FileSystemError(operation: boundary, path: "a file", errno: 13, reason: "Permission denied"),
      ]
    }
  }
}
