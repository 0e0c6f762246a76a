import FlowCore
import FlowTesting
import GRDB

/// One fault at one boundary, chosen by a seed, and the order of the run that meets it.
struct FaultCase: CustomStringConvertible {
  let seed: UInt64
  let boundary: String
  let call: Int
  let frequency: FaultPlan.Frequency
  private let error: any Error

  /// - Parameter calls: how many calls a run without faults makes at each boundary.
  init(seed: UInt64, calls: [String: Int]) {
    let dice = SeededRandomSource(seed: seed)
    // Boundaries in turn: those that are seldom passed would otherwise hardly ever be met.
    let boundaries = calls.keys.sorted()
    let boundary = boundaries[Int(seed % UInt64(boundaries.count))]
    self.seed = seed
    self.boundary = boundary
    call = 1 + Int(dice.next() % UInt64(calls[boundary] ?? 1))
    frequency = dice.next() % 2 == 0 ? .always : .once
    let errors = Self.errors(at: boundary)
    error = errors[Int(dice.next() % UInt64(errors.count))]
  }

  var plan: FaultPlan { FaultPlan().fail(boundary, call: call, frequency, with: error) }

  var description: String {
    "seed \(seed): \(boundary), call \(call), \(frequency == .once ? "once" : "from then on"): \(error); "
      + "again with: FLOWRUN_SEED=\(seed) swift test --filter SimulationTests.FaultTests"
  }

  /// What the world really answers there.
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
