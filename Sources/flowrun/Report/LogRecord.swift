import FlowCore
import FlowRuntime
import StudyModel

/// A line of standard error as one JSON object, for `--log-format json`.
struct LogRecord: Sendable, Equatable {
  enum Level: String, Sendable { case info, warning, error }

  /// A further member.
  enum Value: Sendable, Equatable {
    case text(String)
    case number(Double)
    case count(Int)
  }

  var level: Level
  var message: String
  var members: [String: Value] = [:]

  private static let fixed: Set<String> = ["time", "level", "run", "message"]

  /// - Parameters:
  ///   - time: RFC 3339.
  ///   - run: nil outside of a run.
  func json(time: String, run: String?) -> String {
    var parts = ["\"time\":\(JSONText.quoted(time))", "\"level\":\"\(level.rawValue)\""]
    if let run { parts.append("\"run\":\(JSONText.quoted(run))") }
    parts.append("\"message\":\(JSONText.quoted(message))")
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      // A member of a message never hides one that every line has.
      parts.append("\(JSONText.quoted(Self.fixed.contains(name) ? "_\(name)" : name)):\(Self.text(value))")
    }
    return "{\(parts.joined(separator: ","))}"
  }

  /// A line for people: `FlowFile name=P1 path=./`. Names and values stay as they are: what LogAttribute shows are attributes.
  static func line(_ message: String, _ metadata: [String: String]) -> String {
    message + metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
  }

  private static func text(_ value: Value) -> String {
    switch value {
    case .text(let text): JSONText.quoted(text)
    case .count(let count): String(count)
    case .number(let number): "\((number * 1000).rounded() / 1000)"
    }
  }
}

extension LogRecord {
  /// A line that says its own level, as those for people do: `error: …`, `FILE:3:5: warning: …`.
  /// - Parameter level: of a line that says none.
  init(text: String, otherwise level: Level) {
    for (word, said) in [("error", Level.error), ("Error", .error), ("warning", .warning)] {
      if text.hasPrefix("\(word): ") {
        self.init(level: said, message: String(text.dropFirst(word.count + 2)))
        return
      }
      if text.prefix(while: { !$0.isNewline }).contains(": \(word): ") {
        self.init(level: said, message: text)
        return
      }
    }
    self.init(level: level, message: text)
  }

  init(_ warning: RunReport.Warning) {
    self.init(
      level: Level(rawValue: warning.level) ?? .info, message: warning.subject,
      members: ["count": .count(warning.count)])
    if !warning.processor.isEmpty { members["processor"] = .text(warning.processor) }
    if !warning.detail.isEmpty { members["detail"] = .text(warning.detail) }
  }

  /// What a run does, every 30 seconds.
  init(_ update: LiveUpdate) {
    let flowfiles = update.flowfiles
    self.init(
      level: .info, message: "progress",
      members: [
        "flow": .text(update.flow), "elapsed": .number(update.elapsed), "participants.done": .count(update.participants.done),
        "participants.total": .count(update.participants.total), "flowfiles.created": .count(flowfiles.created), "flowfiles.in_errors": .count(flowfiles.inErrors),
        "flowfiles.ended": .count(flowfiles.finished + flowfiles.removed + flowfiles.deferred + flowfiles.inErrors + flowfiles.abandoned),
      ])
    if let remaining = update.remaining { members["remaining"] = .number(remaining) }
    if let stopping = update.stopping { members["stopping"] = .text(stopping) }
    for processor in update.processors { if let waitsFor = processor.waitsFor { members["waits_for.\(processor.name)"] = .text(waitsFor) } }
  }
}
