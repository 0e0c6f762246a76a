import FlowBase

/// The energy that the body burns at rest on one local day, hour by hour from midnight; the last part of a day of 24.5 hours is half an hour.
///
/// Known whether or not anybody wore the tracker: it follows from the person and not from the wrist. No sum from midnight on ends in exactly
/// half a kilocalorie, so that rounding is never in doubt.
struct BasalEnergy: Sendable {
  let instants: Range<Int>
  private let total: Int
  private let each: Int

  var count: Int { (instants.count + 3599) / 3600 }

  init(of participant: SimulatedParticipant, on date: CivilDate) {
    instants = participant.zone.instants(of: date)
    total = participant.basalCalories * 1000
    let parts = (instants.count + 3599) / 3600
    var each = total / parts
    while (1...parts).contains(where: { $0 * each % 1000 == 500 }) { each += 1 }
    self.each = each
  }

  func start(of index: Int) -> Int { instants.lowerBound + index * 3600 }
  func end(of index: Int) -> Int { min(instants.upperBound, start(of: index) + 3600) }

  /// Thousandths of a kilocalorie; the last part makes the day's sum whole.
  func thousandths(of index: Int) -> Int {
    index == count - 1 ? total - each * (count - 1) : each
  }

  /// Kilocalories of the parts that began before an instant, rounded; nil: none did.
  func calories(before instant: Int) -> Int? {
    let known = (0..<count).filter { start(of: $0) < instant }
    guard !known.isEmpty else { return nil }
    return (known.map(thousandths).reduce(0, +) + 500) / 1000
  }
}
