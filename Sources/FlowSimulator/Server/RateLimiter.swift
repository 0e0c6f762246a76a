import FlowCore

/// Counts each participant's requests as the providers do: by the hour of the clock, or in the time before each request.
final class RateLimiter: Sendable {
  enum Window: Sendable {
    /// Windows that begin at multiples of their length.
    case fixed(seconds: Int)
    /// The time before each request.
    case sliding(seconds: Int)
  }
  private let window: Window
  private let limit: Int
  private let requests = Locked<[Int: Requests]>([:])

  /// A participant's granted requests that still count, by second, in ascending order.
  private struct Requests {
    private(set) var counts: [(second: Int, count: Int)] = []
    var used: Int { counts.reduce(0) { $0 + $1.count } }

    mutating func forget(before second: Int) { counts.removeAll { $0.second < second } }

    mutating func add(at second: Int) {
      if let last = counts.popLast() {
        if last.second == second { return counts.append((second, last.count + 1)) }
        counts.append(last)
      }
      counts.append((second, 1))
    }
  }

  /// The values of a response's rate limit headers.
  struct Budget: Sendable, Equatable {
    let limit: Int
    let remaining: Int
    /// Seconds until requests are renewed.
    let resetSeconds: Int
    /// False: the request exceeded the limit.
    let isGranted: Bool
  }

  init(limit: Int, _ window: Window) {
    self.limit = limit
    self.window = window
  }

  /// Takes one request from a participant's budget. A refused request does not count.
  /// - Parameter now: the limiter's clock in seconds, which may differ from simulated time.
  func take(participant number: Int, now: Int) -> Budget {
    requests.withLock { requests in
      var own = requests.removeValue(forKey: number) ?? Requests()
      defer { requests[number] = own }
      own.forget(before: firstCounted(at: now))
      let isGranted = own.used < limit
      if isGranted { own.add(at: countedFrom(now)) }
      return Budget(
        limit: limit, remaining: max(0, limit - own.used), resetSeconds: resetSeconds(own, at: now), isGranted: isGranted)
    }
  }

  private func firstCounted(at now: Int) -> Int {
    switch window {
    case .fixed(let seconds): now.flooredDivision(by: seconds) * seconds
    case .sliding(let seconds): now - seconds + 1
    }
  }

  /// Of a fixed window its beginning, so that there is one count.
  private func countedFrom(_ now: Int) -> Int {
    switch window {
    case .fixed: firstCounted(at: now)
    case .sliding: now
    }
  }

  private func resetSeconds(_ requests: Requests, at now: Int) -> Int {
    switch window {
    case .fixed(let seconds): (now.flooredDivision(by: seconds) + 1) * seconds - now
    case .sliding(let seconds): (requests.counts.first?.second ?? now) + seconds - now
    }
  }
}
