import FlowCore

/// The decisions of ControlRate: the rates of all groups, and which FlowFiles of each wait. Times are monotonic. A decision costs the same however
/// many wait.
struct RateControl: Sendable {
  struct Request: Sendable {
    var id: FlowFileID
    var group: String
    /// FlowFiles, or the attribute's value.
    var amount: Int
    var bytes: Int
  }
  enum Decision: Sendable, Equatable {
    case pass
    /// Its turn is not expected before.
    case wait(until: Duration)
  }
  /// One rate of a group, and how much has begun to wait for it and waits no more.
  private struct Rate: Sendable {
    var limit: RateLimit
    var begun = 0.0
    var ended = 0.0
  }
  /// A FlowFile that has been sent back.
  private struct Place: Sendable {
    /// In its group, from 0.
    var number: Int
    /// What had begun to wait for each rate before it.
    var begun: [Double]
  }
  private struct Group: Sendable {
    var rates: [Rate]
    /// Of the next one to begin to wait, and of the first that waits: none passes before that one.
    var nextNumber = 0
    var firstNumber = 0

    var isWaiting: Bool { firstNumber < nextNumber }

    mutating func opening(at now: Duration) -> Duration? {
      var latest: Duration?
      for index in rates.indices {
        if let opening = rates[index].limit.opening(at: now) { latest = max(latest ?? opening, opening) }
      }
      return latest
    }
  }

  private enum Measure { case bytes, amount }

  private let maximums: [(measure: Measure, maximum: Int)]
  private let time: Duration
  private var groups: [String: Group] = [:]
  private var places: [FlowFileID: Place] = [:]
  private var nextTidying = Duration.zero

  /// - Parameters:
  ///   - data: bytes that may pass in the time; nil: any.
  ///   - count: the sum of amounts that may pass in the time; nil: any.
  init(data: Int?, count: Int?, time: Duration) {
    maximums = [data.map { (.bytes, $0) }, count.map { (.amount, $0) }].compactMap { $0 }
    self.time = time
  }

  /// Without groups: until when no FlowFile needs to be looked at; nil: one may pass.
  mutating func opening(at now: Duration) -> Duration? { groups[""]?.opening(at: now) }

  /// Whether a FlowFile may pass; what passes counts.
  /// - Parameter holds: whether one that may not pass takes its place behind the others of its group, to ask again.
  mutating func decide(_ request: Request, at now: Duration, holds: Bool) -> Decision {
    tidy(at: now)
    var group = groups.removeValue(forKey: request.group) ?? Group(rates: maximums.map { Rate(limit: RateLimit(maximum: $0.maximum, time: time)) })
    defer { groups[request.group] = group }
    let opening = group.opening(at: now)
    guard holds else {
      if opening == nil { pass(request, &group, at: now) }
      return opening.map { .wait(until: $0) } ?? .pass
    }
    let place = places[request.id]
    if opening == nil, place.map({ $0.number == group.firstNumber }) ?? !group.isWaiting {
      if place != nil { leave(request, &group) }
      pass(request, &group, at: now)
      return .pass
    }
    return .wait(until: turn(of: place ?? enter(request, &group), in: group, opening: opening, at: now))
  }

  /// When what waits before a FlowFile will have passed at the rates.
  private func turn(of place: Place, in group: Group, opening: Duration?, at now: Duration) -> Duration {
    let delays = zip(group.rates, place.begun).map { rate, begun in
      let before = max(0, begun - rate.ended - (opening == nil ? rate.limit.spare(at: now) : 0))
      return min(time.inSeconds * before / Double(rate.limit.maximum), RateLimit.longestWait)
    }
    // One that could pass but for those before it looks again a little later.
    return max((opening ?? now) + .seconds(delays.max() ?? 0), now + .milliseconds(1))
  }

  private mutating func enter(_ request: Request, _ group: inout Group) -> Place {
    let place = Place(number: group.nextNumber, begun: group.rates.map(\.begun))
    group.nextNumber += 1
    for (index, one) in maximums.enumerated() { group.rates[index].begun += Double(amount(request, one.measure)) }
    places[request.id] = place
    return place
  }

  private mutating func leave(_ request: Request, _ group: inout Group) {
    places[request.id] = nil
    group.firstNumber += 1
    for (index, one) in maximums.enumerated() { group.rates[index].ended += Double(amount(request, one.measure)) }
    guard !group.isWaiting else { return }
    // Sums of numbers that grow for ever would lose their small ones.
    for index in group.rates.indices { (group.rates[index].begun, group.rates[index].ended) = (0, 0) }
  }

  private func pass(_ request: Request, _ group: inout Group, at now: Duration) {
    for (index, one) in maximums.enumerated() { group.rates[index].limit.pass(amount(request, one.measure), at: now) }
  }

  private func amount(_ request: Request, _ measure: Measure) -> Int { measure == .bytes ? request.bytes : request.amount }

  /// Forgets groups of which nothing counts or waits any more, once in a while.
  private mutating func tidy(at now: Duration) {
    guard now >= nextTidying else { return }
    nextTidying = now + time
    for name in groups.keys {
      _ = groups[name]?.opening(at: now)
      if let group = groups[name], !group.isWaiting, group.rates.allSatisfy({ $0.limit.isIdle(at: now) }) { groups[name] = nil }
    }
  }
}
