import FlowCore
import FlowCrypto

/// The sessions of signed-in people, in memory: they end with the server. A cookie's value is kept only as a hash.
struct SessionTable {
  struct Session: Equatable {
    /// Forms of this session carry it.
    var csrfToken: String
    /// On the time source's running clock.
    var ends: Duration
  }

  static let lifetime = Duration.seconds(12 * 3600)
  /// Beyond it the session that ends first gives way.
  static let limit = 1_000

  private var sessions: [[UInt8]: Session] = [:]

  var count: Int { sessions.count }

  mutating func begin(_ secret: String, csrfToken: String, now: Duration) {
    sessions = sessions.filter { $0.value.ends > now }
    if sessions.count >= Self.limit, let oldest = sessions.min(by: { $0.value.ends < $1.value.ends })?.key { sessions[oldest] = nil }
    sessions[Self.key(secret)] = Session(csrfToken: csrfToken, ends: now + Self.lifetime)
  }

  func session(_ secret: String, now: Duration) -> Session? {
    guard let session = sessions[Self.key(secret)], session.ends > now else { return nil }
    return session
  }

  mutating func end(_ secret: String) { sessions[Self.key(secret)] = nil }

  /// Looking up a hash tells nothing about the cookies that exist, however long it takes.
  private static func key(_ secret: String) -> [UInt8] { SHA256.digest(of: Array(secret.utf8)) }
}
