import Foundation
import Synchronization

/// The external inputs of expressions, injected so that evaluation is repeatable in tests.
///
/// All closures must be safe to call concurrently.
package struct ExpressionEnvironment: Sendable {
  /// `now()`: milliseconds since 1970.
  package var now: @Sendable () -> Int64 { values.now }
  /// `random()` and `repeat()`: 64 random bits.
  package var random: @Sendable () -> UInt64 { values.random }
  /// `UUID()`: a UUID as text.
  package var uuid: @Sendable () -> String { values.uuid }
  /// `nextInt()`: counts up from 0.
  package var nextInteger: @Sendable () -> Int64 { values.nextInteger }
  /// `hostname()`; if `isQualified`, the fully qualified name.
  package var hostName: @Sendable (_ isQualified: Bool) -> String { values.hostName }
  /// `ip()`.
  package var address: @Sendable () -> String { values.address }
  /// `thread()`.
  package var threadName: @Sendable () -> String { values.threadName }
  /// `getStateValue()`: the component's state.
  package var state: @Sendable (_ key: String) -> String? { values.state }
  /// The zone for dates without one.
  package var timeZone: TimeZone { values.zone.timeZone }

  /// The same zone, prepared for use.
  var zone: Zone { values.zone }

  /// One reference instead of nine closures, which makes starting an evaluation cheap.
  private let values: Values

  private final class Values: Sendable {
    let now: @Sendable () -> Int64
    let random: @Sendable () -> UInt64
    let uuid: @Sendable () -> String
    let nextInteger: @Sendable () -> Int64
    let hostName: @Sendable (Bool) -> String
    let address: @Sendable () -> String
    let threadName: @Sendable () -> String
    let state: @Sendable (String) -> String?
    let zone: Zone

    init(
      now: @escaping @Sendable () -> Int64, random: @escaping @Sendable () -> UInt64,
      uuid: @escaping @Sendable () -> String, nextInteger: @escaping @Sendable () -> Int64,
      hostName: @escaping @Sendable (Bool) -> String, address: @escaping @Sendable () -> String,
      threadName: @escaping @Sendable () -> String, state: @escaping @Sendable (String) -> String?, zone: Zone
    ) {
      self.now = now
      self.random = random
      self.uuid = uuid
      self.nextInteger = nextInteger
      self.hostName = hostName
      self.address = address
      self.threadName = threadName
      self.state = state
      self.zone = zone
    }
  }

  /// Uses the caller's clock and generators. Omitted arguments default to the host's facts, and `nextInteger` to a
  /// counter from 0 for this environment.
  package init(
    now: @escaping @Sendable () -> Int64, random: @escaping @Sendable () -> UInt64, uuid: @escaping @Sendable () -> String,
    nextInteger: (@Sendable () -> Int64)? = nil,
    hostName: @escaping @Sendable (_ isQualified: Bool) -> String = SystemFacts.hostName,
    address: @escaping @Sendable () -> String = SystemFacts.address,
    threadName: @escaping @Sendable () -> String = SystemFacts.threadName,
    state: @escaping @Sendable (_ key: String) -> String? = { _ in nil },
    timeZone: TimeZone = .current
  ) {
    let sequence = OneUpSequence()
    values = Values(
      now: now, random: random, uuid: uuid, nextInteger: nextInteger ?? { sequence.next() }, hostName: hostName,
      address: address,
      threadName: threadName, state: state, zone: Zone(timeZone))
  }
}

/// A thread-safe counter from 0.
private final class OneUpSequence: Sendable {
  private let counter = Atomic<Int64>(0)

  func next() -> Int64 { counter.wrappingAdd(1, ordering: .relaxed).oldValue }
}

/// Facts about the host and the thread, from the operating system.
package enum SystemFacts {
  /// The host's name, cut at the first dot unless it must be qualified.
  package static let hostName: @Sendable (Bool) -> String = { isQualified in
    let name = ProcessInfo.processInfo.hostName
    return isQualified ? name : String(name.prefix { $0 != "." })
  }

  /// The name of the process's user.
  package static let user: @Sendable () -> String = {
    let number = geteuid()
    return getpwuid(number).map { String(cString: $0.pointee.pw_name) } ?? "uid \(number)"
  }

  /// The kernel's random id of this start of the system; empty where it has none (macOS).
  package static let startID: @Sendable () -> String = {
    guard let bytes = FileManager.default.contents(atPath: "/proc/sys/kernel/random/boot_id") else { return "" }
    return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// An IPv4 address of the host; the loopback address if there is no other.
  package static let address: @Sendable () -> String = {
    let candidates = Host.current().addresses.filter { !$0.contains(":") }
    return candidates.first { !$0.hasPrefix("127.") } ?? "127.0.0.1"
  }

  /// The thread's name; may be empty.
  package static let threadName: @Sendable () -> String = { Thread.current.name ?? "" }
}
