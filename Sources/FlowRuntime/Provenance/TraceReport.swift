import FlowCore
import StudyModel

/// Where a row or a FlowFile comes from.
package struct TraceReport: Encodable, Sendable, Equatable {
  package struct Response: Encodable, Sendable, Equatable {
    /// nil if the way is not known.
    package var url: String?
    package var status: Int?
    /// Of the response's bytes, hexadecimal; nil if there was no answer.
    package var sha256: String?
    package var fetchedAt: String?

    enum CodingKeys: String, CodingKey {
      case url, status, sha256
      case fetchedAt = "fetched_at"
    }
  }

  package struct Slice: Encodable, Sendable, Equatable {
    package var participant: String
    package var dataType: String
    /// RFC 3339, half-open.
    package var start: String
    package var end: String
    package var state: String
    package var rows: Int

    enum CodingKeys: String, CodingKey {
      case participant, start, end, state, rows
      case dataType = "data_type"
    }
  }

  package struct Step: Encodable, Sendable, Equatable {
    package var time: String
    package var uuid: String
    package var processor: String
    /// In words, such as `routed: success to extract heart`.
    package var event: String
  }

  package var table: String?
  package var key: [String: String]?
  package var database: String?
  package var response: Response?
  package var slice: Slice?
  /// The UUID.
  package var flowfile: String
  /// In order; empty if it is not known.
  package var way: [Step]
  /// nil if it is not known.
  package var run: String?
  package var flow: String?
  package var flowSHA256: String?
  /// The file with the text of that version of the flow; nil if it was not kept.
  package var flowText: String?
  /// The key of the object of the raw storage; nil if responses were not kept.
  package var raw: String?
  /// What is not known and why, in words; nil if nothing is missing.
  package var missing: String?

  enum CodingKeys: String, CodingKey {
    case table, key, database, response, slice, flowfile, way, run, flow, raw, missing
    case flowSHA256 = "flow_sha256"
    case flowText = "flow_text"
  }
}

extension TraceReport.Step {
  init(_ step: ProvenanceStep) {
    let words: String
    switch step.event {
    case "routed": words = "routed: \(step.relationship ?? "") to \(step.to ?? "")"
    case "retried": words = "retried: \(step.relationship ?? ""), waits \(step.wait ?? 0) s"
    case "requeued": words = "requeued: waits \(step.wait ?? 0) s"
    case "descended": words = "made from \(step.from ?? "")"
    // A file of an earlier version has the failure's description after `inErrors`.
    case "ended": words = "ended: \(step.ending.map { $0.hasPrefix("inErrors") ? "in errors" : $0.replacing("_", with: " ") } ?? "")"
    default: words = step.event
    }
    self.init(time: step.time, uuid: step.uuid, processor: step.processor, event: words + (step.cause.map { " (\($0))" } ?? ""))
  }
}
