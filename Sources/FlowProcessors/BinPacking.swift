/// Puts items into bins: the decisions of MergeContent, without FlowFiles. Times are monotonic.
///
/// The bins are made anew from all items that wait, in their order, so that nothing has to be remembered beside the items themselves.
struct BinPacking: Sendable {
  struct Item: Sendable, Equatable {
    /// Its place among those that wait.
    var index: Int
    var bytes: Int
    /// Only items with the same group share a bin.
    var group: String
    var since: Duration
    /// Number and count of a fragment.
    var fragment: Fragment?
  }
  struct Fragment: Sendable, Equatable {
    var number: Int
    /// nil: others of its group tell.
    var count: Int?
  }
  struct Bin: Sendable, Equatable {
    var items: [Item]
    var bytes: Int
    var since: Duration { items.map(\.since).min() ?? .zero }
  }
  /// Why a bin is complete, in NiFi's words, or why it cannot be.
  enum Reason: String, Sendable {
    case maximumEntries = "MAX_ENTRIES_THRESHOLD_REACHED"
    case maximumBytes = "MAX_BYTES_THRESHOLD_REACHED"
    case minimums = "MIN_THRESHOLDS_REACHED"
    case timeout = "TIMEOUT"
    case tooManyBins = "BIN_MANAGER_FULL"
    /// Not in NiFi, where a bin waits then.
    case inputEnded = "INPUT_ENDED"
    case allFragments = "ALL_FRAGMENTS_PRESENT"
  }
  struct Plan: Sendable {
    var complete: [(bin: Bin, reason: Reason)] = []
    var waiting: [Bin] = []
    /// Items that fit no bin, with what is wrong.
    var rejected: [(item: Item, problem: String)] = []
    /// When the next bin is too old.
    var deadline: Duration?
    /// At least so many further items are needed for any bin.
    var missing = 1
  }

  var isDefragmenting = false
  var minimumEntries = 1
  var maximumEntries = Int.max
  var minimumBytes = 0
  var maximumBytes = Int.max
  var maximumAge: Duration?
  var maximumBins = Int.max

  /// - Parameters:
  ///   - isInputEnded: no further item can come.
  ///   - isMoreThere: further items are there already, so that a bin is filled as far as it can be.
  func plan(_ items: [Item], at now: Duration, isInputEnded: Bool, isMoreThere: Bool = false) -> Plan {
    var plan = Plan()
    let bins = isDefragmenting ? fragmentBins(items, &plan) : packedBins(items)
    for bin in bins {
      if let reason = reason(bin, at: now, isMoreThere) ?? (isInputEnded ? .inputEnded : nil) {
        plan.complete.append((bin, reason))
      } else {
        plan.waiting.append(bin)
      }
    }
    while plan.waiting.count > maximumBins, let oldest = plan.waiting.indices.min(by: { plan.waiting[$0].since < plan.waiting[$1].since }) {
      plan.complete.append((plan.waiting.remove(at: oldest), .tooManyBins))
    }
    if let maximumAge { plan.deadline = plan.waiting.map { $0.since + maximumAge }.min() }
    plan.missing = missing(plan.waiting)
    return plan
  }

  /// How many fragments a bin has to have; nil if nobody says, or they disagree.
  static func fragmentCount(_ bin: Bin) -> Int? {
    let counts = Set(bin.items.compactMap { $0.fragment?.count })
    return counts.count == 1 ? counts.first : nil
  }

  // MARK: Bins

  /// First fit, in the order of the items.
  private func packedBins(_ items: [Item]) -> [Bin] {
    var bins: [Bin] = []
    /// Bins of a group that may have room.
    var open: [String: [Int]] = [:]
    for item in items {
      let candidates = open[item.group] ?? []
      if let place = candidates.first(where: { fits(item, bins[$0]) }) {
        bins[place].items.append(item)
        bins[place].bytes += item.bytes
        if isFull(bins[place]) { open[item.group]?.removeAll { $0 == place } }
      } else {
        let bin = Bin(items: [item], bytes: item.bytes)
        if !isFull(bin) { open[item.group, default: []].append(bins.count) }
        bins.append(bin)
      }
    }
    return bins
  }

  private func fits(_ item: Item, _ bin: Bin) -> Bool { bin.items.count < maximumEntries && bin.bytes <= maximumBytes - item.bytes }
  private func isFull(_ bin: Bin) -> Bool { bin.items.count >= maximumEntries || bin.bytes >= maximumBytes }

  private func fragmentBins(_ items: [Item], _ plan: inout Plan) -> [Bin] {
    var bins: [Bin] = []
    var places: [String: Int] = [:]
    var numbers: [String: Set<Int>] = [:]
    for item in items {
      guard let fragment = item.fragment else {
        plan.rejected.append((item, "it has no fragment.identifier, or no whole number as fragment.index; expected both, as the processor that split it sets them"))
        continue
      }
      guard numbers[item.group, default: []].insert(fragment.number).inserted else {
        plan.rejected.append((item, "there is another fragment \(fragment.number) of '\(item.group)'; expected each number once: give every whole an identifier of its own"))
        continue
      }
      if let place = places[item.group] {
        bins[place].items.append(item)
        bins[place].bytes += item.bytes
      } else {
        places[item.group] = bins.count
        bins.append(Bin(items: [item], bytes: item.bytes))
      }
    }
    for index in bins.indices { bins[index].items.sort { ($0.fragment?.number ?? 0) < ($1.fragment?.number ?? 0) } }
    // More than there are to be: which of them belong together nobody can say.
    return bins.filter { bin in
      guard let count = Self.fragmentCount(bin), bin.items.count > count else { return true }
      for item in bin.items {
        plan.rejected.append((item, "there are \(bin.items.count) fragments of '\(item.group)'; expected \(count), as fragment.count says"))
      }
      return false
    }
  }

  private func reason(_ bin: Bin, at now: Duration, _ isMoreThere: Bool) -> Reason? {
    let isOld = maximumAge.map { bin.since + $0 <= now } ?? false
    if isDefragmenting {
      if let count = Self.fragmentCount(bin), bin.items.count == count { return .allFragments }
      return isOld ? .timeout : nil
    }
    if bin.items.count >= maximumEntries { return .maximumEntries }
    if bin.bytes >= maximumBytes { return .maximumBytes }
    if bin.items.count >= minimumEntries && bin.bytes >= minimumBytes && !isMoreThere { return .minimums }
    return isOld ? .timeout : nil
  }

  private func missing(_ bins: [Bin]) -> Int {
    let each = bins.map { bin in
      isDefragmenting ? (Self.fragmentCount(bin) ?? 0) - bin.items.count : minimumEntries - bin.items.count
    }
    return max(1, each.min() ?? 1)
  }
}
