import FlowCore
import FlowEngine
import Foundation
import StudyModel

/// One step of a FlowFile as a line of JSON Lines keeps it.
///
/// `{"time":"…","uuid":"…","processor":"…","event":"routed","relationship":"success","to":"…"}`; `event` is `created`, `descended` (with `from`, the
/// parent's uuid), `routed`, `retried` and `requeued` (with `wait` in seconds), or `ended` (with `ending`: `finished`,
/// `removed`, `deferred`, `in_errors` or `abandoned`). What leaves a processor that has asked
/// a provider also has `participant`, `data_type`, `url` and `status`.
struct ProvenanceStep: Codable, Sendable, Equatable {
  var time: String
  var uuid: String
  var processor: String
  var event: String
  var relationship: String?
  var to: String?
  var from: String?
  var wait: Double?
  var ending: String?
  var cause: String?
  var participant: String?
  var dataType: String?
  var url: String?
  var status: Int?

  enum CodingKeys: String, CodingKey {
    case time, uuid, processor, event, relationship, to, from, wait, ending, cause, participant, url, status
    case dataType = "data_type"
  }
}

/// Writes steps without an encoder: it stands in the way of every commit.
struct ProvenanceLine {
  /// Turns the path of a request into an address, by the name of the processor that asks.
  let addresses: [String: @Sendable (String) -> String]

  func write(_ step: FlowFileEvent, to bytes: inout [UInt8]) {
    var line = Members(&bytes)
    line.add("time", step.time.text)
    line.add("uuid", step.flowFile.id.text)
    line.add("processor", step.processor)
    switch step.kind {
    case .created: line.add("event", "created")
    case .descended(let parent):
      line.add("event", "descended")
      line.add("from", parent.text)
    case .routed(let relationship, let destination):
      line.add("event", "routed")
      line.add("relationship", relationship)
      line.add("to", destination)
    case .retried(let relationship, let penalty):
      line.add("event", "retried")
      line.add("relationship", relationship)
      line.add(number: "wait", "\(penalty.inSeconds)")
    case .requeued(let penalty):
      line.add("event", "requeued")
      line.add(number: "wait", "\(penalty.inSeconds)")
    case .ended(let ending):
      line.add("event", "ended")
      line.add("ending", Self.name(ending))
    }
    if let cause = step.flowFile.failure?.cause { line.add("cause", cause.rawValue) }
    if let address = addresses[step.processor] { addAnswer(step.flowFile, address, &line) }
    line.end()
    bytes = line.bytes
  }

  /// As files and reports have it; the cause stands beside it.
  static func name(_ ending: Ending) -> String {
    switch ending {
    case .finished: "finished"
    case .removed: "removed"
    case .deferred: "deferred"
    case .inErrors: "in_errors"
    case .abandoned: "abandoned"
    }
  }

  private func addAnswer(_ flowFile: FlowFile, _ address: @Sendable (String) -> String, _ line: inout Members) {
    guard let path = flowFile["invokeendpoint.path"] else { return }
    if let participant = flowFile[AttributeName.participant] { line.add("participant", participant) }
    if let dataType = flowFile[AttributeName.dataType] { line.add("data_type", dataType) }
    line.add("url", address(path))
    if let status = flowFile["invokeendpoint.status"].flatMap({ Int($0) }) { line.add(number: "status", "\(status)") }
  }

  /// The members of an object, one after the other.
  private struct Members {
    var bytes: [UInt8]
    private var isFirst = true

    /// Takes the bytes over, so that they are not copied.
    init(_ bytes: inout [UInt8]) {
      self.bytes = bytes
      bytes = []
      self.bytes.append(UInt8(ascii: "{"))
    }

    mutating func add(_ name: String, _ text: String) {
      begin(name)
      JSONText.write(text, to: &bytes)
    }

    mutating func add(number name: String, _ text: String) {
      begin(name)
      bytes += text.utf8
    }

    private mutating func begin(_ name: String) {
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      JSONText.write(name, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
    }

    mutating func end() { bytes += [UInt8(ascii: "}"), UInt8(ascii: "\n")] }
  }
}
