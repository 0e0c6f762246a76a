import FlowCore

/// Slows down who tries links, by the address that requests come from and in all.
///
/// - Each address has an allowance of requests that refills with time; a link that does not exist costs much of it.
/// - All addresses together have an allowance of links that do not exist. While it is spent, an address that has guessed within the last hour is not
///   answered, unless it has shown a valid link within that hour. Any other address is: whoever guesses from many addresses must not lock out a
///   participant, whose link is looked up and found. A wrong link of such an address is answered as if it had not been looked up, and counts as a guess.
///
/// Nobody can guess 128 bits; this keeps the attempt from costing the server more than one look for each address, and people behind a shared address
/// from noticing. What is said of a link that does not exist depends only on guesses, never on the study: it tells of no participant.
package struct ConsentThrottle: Sendable {
  private struct Record {
    var allowance: Double
    /// When `allowance` was computed, on the time source's running clock.
    var at: Duration
    /// When the address last showed a valid link.
    var lastValid: Duration?
    /// When it last showed one that does not exist.
    var lastGuess: Duration?
  }

  /// Requests of one address at once, and per second after that.
  static let burst = 120.0
  static let rate = 1.0
  /// What a link that does not exist costs: twelve at once, then one in ten seconds.
  static let failureCost = 10.0
  /// Links that do not exist, from all addresses.
  static let totalBurst = 300.0
  static let totalRate = 2.0
  /// How long a valid link speaks for its address, and a guess against it.
  static let memory = Duration.seconds(3600)
  /// Beyond it, addresses that were quiet for longest are forgotten.
  static let addressLimit = 10_000

  private var records: [String: Record] = [:]
  private var total = (allowance: totalBurst, at: Duration.zero)

  package init() {}

  /// Whole seconds until the address may ask again; nil if it may now, which counts as a request.
  package mutating func wait(of address: String, now: Duration) -> Int64? {
    let key = Self.key(of: address)
    var record = refilled(records[key], now)
    guard record.allowance >= 1 else { return Self.seconds(for: 1 - record.allowance, at: Self.rate) }
    refillTotal(now)
    if isRecent(record.lastGuess, now), !isRecent(record.lastValid, now), let seconds = totalWait { return seconds }
    record.allowance -= 1
    store(record, key, now)
    return nil
  }

  /// The address has shown a link that does not exist. Returns whole seconds after which it may ask again if that must not be said, since the
  /// allowance of all is spent; else nil.
  package mutating func failed(_ address: String, now: Duration) -> Int64? {
    let key = Self.key(of: address)
    var record = refilled(records[key], now)
    record.allowance -= Self.failureCost - 1
    record.lastGuess = now
    store(record, key, now)
    refillTotal(now)
    if let seconds = totalWait { return seconds }
    total.allowance -= 1
    return nil
  }

  /// The address has shown a valid link.
  package mutating func succeeded(_ address: String, now: Duration) {
    let key = Self.key(of: address)
    var record = refilled(records[key], now)
    record.lastValid = now
    store(record, key, now)
  }

  /// The number of addresses that are remembered.
  package var addressCount: Int { records.count }

  private func refilled(_ record: Record?, _ now: Duration) -> Record {
    guard var record else { return Record(allowance: Self.burst, at: now) }
    record.allowance = min(Self.burst, record.allowance + Self.units(now - record.at) * Self.rate)
    record.at = now
    return record
  }

  private func isRecent(_ time: Duration?, _ now: Duration) -> Bool { time.map { now - $0 < Self.memory } ?? false }

  /// Whole seconds until the allowance of all has one more; nil if it has one.
  private var totalWait: Int64? { total.allowance >= 1 ? nil : Self.seconds(for: 1 - total.allowance, at: Self.totalRate) }

  private mutating func refillTotal(_ now: Duration) {
    total = (min(Self.totalBurst, total.allowance + Self.units(now - total.at) * Self.totalRate), now)
  }

  private mutating func store(_ record: Record, _ key: String, _ now: Duration) {
    if records[key] == nil, records.count >= Self.addressLimit { forget(now) }
    records[key] = record
  }

  /// Forgets half at once, so that the search is paid for by many requests.
  private mutating func forget(_ now: Duration) {
    records = records.filter { refilled($0.value, now).allowance < Self.burst || isRecent($0.value.lastValid, now) || isRecent($0.value.lastGuess, now) }
    guard records.count > Self.addressLimit / 2 else { return }
    let quiet = records.sorted { ($0.value.at, $0.key) < ($1.value.at, $1.key) }.prefix(records.count - Self.addressLimit / 2)
    for (key, _) in quiet { records[key] = nil }
  }

  private static func seconds(for missing: Double, at rate: Double) -> Int64 { Int64((missing / rate).rounded(.up)) }
  private static func units(_ duration: Duration) -> Double { duration / .seconds(1) }

  /// One network is one address: of IPv6 the first 64 bits, which are what a subscriber gets.
  static func key(of address: String) -> String {
    guard address.contains(":") else { return address }
    // IPv4 in IPv6, `::ffff:192.0.2.1`.
    if let last = address.split(separator: ":").last, last.contains(".") { return String(last) }
    let halves = address.prefix { $0 != "%" }.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
    let head = halves[0].split(separator: ":").map(String.init)
    let tail = halves.count > 1 ? halves[1].split(separator: ":").map(String.init) : []
    let groups = head + Array(repeating: "0", count: max(0, halves.count > 1 ? 8 - head.count - tail.count : 0)) + tail
    return groups.prefix(4).map { group in String(group.lowercased().drop { $0 == "0" }) }.joined(separator: ":") + "::"
  }
}
