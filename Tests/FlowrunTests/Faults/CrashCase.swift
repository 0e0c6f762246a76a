import FlowCore
import FlowSimulator
import Foundation
import StudyModel

/// Some kills in a row, chosen by a seed, and the trouble that the provider makes meanwhile.
struct CrashCase: CustomStringConvertible {
  struct Moment: CustomStringConvertible {
    /// For `FLOWRUN_INTERFERENCE`; nil: killed from outside.
    var rule: String?
    /// Killed from outside at this time, if not earlier from within.
    var latest: Duration
    /// There is something new for the next run.
    var movesClock: Bool

    var description: String { rule ?? "killed after \(latest)" }
  }

  let seed: UInt64
  let flow: ShippedFlow
  let faults: [Fault]
  let moments: [Moment]

  /// How many calls at a boundary a run of three participants makes, roughly.
  private static let calls: [(boundary: String, count: UInt64)] = [
    ("file.open", 50), ("file.write", 10), ("file.synchronize", 20), ("file.rename", 9), ("file.remove", 8), ("file.makeFolder", 3),
    ("http.send", 20), ("sql.begin", 20), ("sql.statement", 250), ("sql.commit", 20), ("sql.committed", 20), ("sql.checkpoint", 1),
    ("*", 450),
  ]

  init(seed: UInt64) {
    let dice = SeededRandomSource(seed: seed)
    self.seed = seed
    flow = ShippedFlow.allCases[Int(seed % UInt64(ShippedFlow.allCases.count))]
    let share = [0, 0.03, 0.08][Int(dice.next() % 3)]
    faults = share == 0 ? [] : [Fault.Kind.status(500), .truncate, .reset, .html].map { Fault($0, share: share) }
    moments = (0..<4).map { _ in
      let movesClock = dice.next() % 2 == 0
      guard dice.next() % 4 > 0 else {
        return Moment(rule: nil, latest: .milliseconds(Int64(40 + dice.next() % 500)), movesClock: movesClock)
      }
      let place = Self.calls[Int(dice.next() % UInt64(Self.calls.count))]
      let isSQL = place.boundary.hasPrefix("sql")
      let side = isSQL || dice.next() % 2 == 0 ? "before" : "after"
      return Moment(
        rule: "kill \(side) \(place.boundary) * \(1 + dice.next() % place.count)", latest: .seconds(4), movesClock: movesClock)
    }
  }

  var description: String {
    "seed \(seed), \(flow): \(moments.map(\.description)), provider: \(faults.map(\.description)); "
      + "again with: FLOWRUN_SEED=\(seed) swift test --filter FlowrunTests.CrashTests/random"
  }
}
