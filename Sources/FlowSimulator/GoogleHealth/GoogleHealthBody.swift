import FlowCore
import Foundation

/// The JSON body of a rollup request, with Google's strictness: unknown names are rejected.
struct GoogleHealthBody {
  private let members: [String: Any]
  /// The path within the request, for messages.
  private let path: String

  init(_ text: String, names: Set<String>) throws(WireRefusal) {
    guard let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else {
      throw .invalidArgument("Invalid JSON payload received.")
    }
    try self.init(object, path: "", names: names)
  }

  private init(_ members: [String: Any], path: String, names: Set<String>) throws(WireRefusal) {
    if let unknown = Set(members.keys).subtracting(names).min() {
      throw .invalidArgument("Invalid JSON payload received. Unknown name \"\(unknown)\" at '\(path)': Cannot find field.")
    }
    self.members = members
    self.path = path
  }

  func object(_ name: String, names: Set<String>) throws(WireRefusal) -> GoogleHealthBody {
    guard let members = members[name] as? [String: Any] else { throw missing(name, "an object") }
    return try GoogleHealthBody(members, path: path.isEmpty ? name : path + "." + name, names: names)
  }

  func has(_ name: String) -> Bool { members[name] != nil }

  func text(_ name: String) -> String? { members[name] as? String }

  /// A number, or a string that contains one.
  func integer(_ name: String) throws(WireRefusal) -> Int? {
    switch members[name] {
    case nil: return nil
    case let number as Int: return number
    case let text as String:
      if let number = Int(text) { return number }
    default: break
    }
    throw missing(name, "a whole number")
  }

  /// RFC 3339.
  func instant(_ name: String) throws(WireRefusal) -> Int {
    guard let instant = text(name).flatMap({ Instant(rfc3339: $0) }) else { throw missing(name, "a timestamp") }
    return Int(instant.milliseconds.flooredDivision(by: 1000))
  }

  /// A duration such as `60s`, in whole seconds.
  func seconds(_ name: String) throws(WireRefusal) -> Int {
    guard let text = text(name), text.last == "s", let seconds = Int(text.dropLast()), seconds > 0 else {
      throw missing(name, "a duration of at least 1s")
    }
    return seconds
  }

  /// A civil date and time, as a day number; only midnight is accepted.
  func day(_ name: String) throws(WireRefusal) -> Int {
    let moment = try object(name, names: ["date", "time"])
    let date = try moment.object("date", names: ["year", "month", "day"])
    if moment.has("time") {
      let time = try moment.object("time", names: ["hours", "minutes", "seconds", "nanos"])
      for part in ["hours", "minutes", "seconds", "nanos"] where try time.integer(part) ?? 0 != 0 {
        throw .invalidArgument("The start time must be aligned with the aggregation window.")
      }
    }
    let (year, month, day) = (try date.integer("year") ?? 0, try date.integer("month") ?? 0, try date.integer("day") ?? 0)
    guard (1...9999).contains(year), let civil = CivilDate(existing: year, month, day) else { throw missing(name, "a civil date") }
    return civil.dayNumber
  }

  private func missing(_ name: String, _ expected: String) -> WireRefusal {
    .invalidArgument("Invalid value at '\(path.isEmpty ? name : path + "." + name)': expected \(expected).")
  }
}
