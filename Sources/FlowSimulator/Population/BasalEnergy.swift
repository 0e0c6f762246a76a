import FlowBase

/// The basal energy of one local day in hourly parts from midnight; the last part of a 24.5-hour day is half an hour.
///
/// Known whether or not the tracker was worn, because it depends on the person. No partial sum from midnight ends in
/// exactly half a kilocalorie, so that rounding is unambiguous.
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

  /// Thousandths of a kilocalorie; the last part completes the day's sum.
  func thousandths(of index: Int) -> Int {
    index == count - 1 ? total - each * (count - 1) : each
  }

  /// Rounded kilocalories of the parts that started before an instant; nil if there are none.
  func calories(before instant: Int) -> Int? {
    let known = (0..<count).filter { start(of: $0) < instant }
    guard !known.isEmpty else { return nil }
    return (known.map(thousandths).reduce(0, +) + 500) / 1000
  }
}
