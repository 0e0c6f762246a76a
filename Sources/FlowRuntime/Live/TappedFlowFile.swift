import FlowCore
import FlowErrors
import StudyModel

/// A FlowFile as a tap shows it: one that a processor has sent on.
package struct TappedFlowFile: Sendable, Equatable, Codable {
  /// RFC 3339.
  package var time: String
  package var processor: String
  package var relationship: String
  /// A processor, `errors`, `defer` or `drop`.
  package var to: String
  package var uuid: String
  /// Without secrets.
  package var attributes: [String: String]
  /// `empty`, `bytes`, `records` or `file`; never the content itself.
  package var content: String
  package var size: Int

  package init(
    time: String, processor: String, relationship: String, to: String, uuid: String, attributes: [String: String], content: String, size: Int
  ) {
    self.time = time
    self.processor = processor
    self.relationship = relationship
    self.to = to
    self.uuid = uuid
    self.attributes = attributes
    self.content = content
    self.size = size
  }
}

extension TappedFlowFile {
  /// - Parameter secrets: what must not be shown of a participant's FlowFiles.
  init(_ passed: PassedFlowFile, secrets: (_ participant: String?) -> [String]) {
    let attributes = passed.attributes.dictionary
    let redaction = Redaction(secrets(attributes[AttributeName.participant]))
    let shown = attributes.map { name, value in (name, SecretNames.contain(name) ? Redaction.shown : redaction.apply(value)) }
    self.init(
      time: passed.time.text, processor: passed.processor, relationship: passed.relationship, to: passed.destination, uuid: passed.id.text,
      attributes: Dictionary(uniqueKeysWithValues: shown), content: passed.content, size: passed.sizeBytes)
  }
}

/// Names of attributes that may hold a secret which no service knows of.
enum SecretNames {
  private static let words = ["token", "secret", "password", "passphrase", "authorization", "credential", "cookie", "apikey", "api_key", "api-key"]

  static func contain(_ name: String) -> Bool {
    let name = name.lowercased()
    return words.contains { name.contains($0) }
  }
}

/// A line from a run to a tap.
package enum TapLine: Sendable, Equatable, Codable {
  case flowFile(TappedFlowFile)
  /// How many FlowFiles have passed unseen since the tap began.
  case dropped(Int)

  private enum CodingKeys: String, CodingKey {
    case flowFile = "flowfile"
    case dropped
  }

  package init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    self =
      if let dropped = try members.decodeIfPresent(Int.self, forKey: .dropped) { .dropped(dropped) } else {
        .flowFile(try members.decode(TappedFlowFile.self, forKey: .flowFile))
      }
  }

  package func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .flowFile(let flowFile): try members.encode(flowFile, forKey: .flowFile)
    case .dropped(let count): try members.encode(count, forKey: .dropped)
    }
  }
}

/// The first line from a reader that wants FlowFiles instead of updates.
struct TapRequest: Sendable, Codable {
  /// A longer line is none.
  static let longestBytes = 64 << 10

  var tap: TapTarget
}
