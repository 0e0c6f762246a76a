import FlowCore
import FlowErrors
import StudyModel

/// A FlowFile as a tap shows it: one that a processor has sent on.
package struct TappedFlowFile: Sendable, Equatable, Decodable {
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
  /// - Parameter redaction: removes what must not be shown of the participant's FlowFiles.
  init(_ passed: PassedFlowFile, redaction: Redaction) {
    let shown = passed.attributes.dictionary.map { name, value in (name, SecretNames.contain(name) ? Redaction.shown : redaction.apply(value)) }
    self.init(
      time: passed.time.text, processor: passed.processor, relationship: passed.relationship, to: passed.destination, uuid: passed.id.text,
      attributes: Dictionary(uniqueKeysWithValues: shown), content: passed.content, size: passed.sizeBytes)
  }
}

/// Names of attributes that may hold a secret which no service knows of.
enum SecretNames {
  private static let words = ["token", "secret", "password", "passphrase", "authorization", "credential", "cookie", "apikey", "api_key", "api-key"]
    .map { Array($0.utf8) }

  /// Whether one of the words is in the name, in whatever case. Compared as bytes: a search in a string took most of what a tap cost its run.
  static func contain(_ name: String) -> Bool {
    let bytes = Array(name.lowercased().utf8)
    return bytes.indices.contains { start in words.contains { bytes[start...].starts(with: $0) } }
  }
}

/// A line from a run to a tap.
package enum TapLine: Sendable, Equatable, Decodable {
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

  /// Its JSON, with the end of the line. Written by hand, because the run pays for it.
  var bytes: [UInt8] {
    switch self {
    case .dropped(let count): Array("{\"dropped\":\(count)}\n".utf8)
    case .flowFile(let flowFile): Array("{\"flowfile\":".utf8) + flowFile.json + Array("}\n".utf8)
    }
  }
}

extension TappedFlowFile {
  /// The members in the order of their names.
  package var json: [UInt8] {
    var bytes = Array("{\"attributes\":{".utf8)
    for (index, attribute) in attributes.sorted(by: { $0.key < $1.key }).enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      JSONText.write(attribute.key, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      JSONText.write(attribute.value, to: &bytes)
    }
    bytes += Array("}".utf8)
    for (name, value) in [("content", content), ("processor", processor), ("relationship", relationship)] { Self.write(name, value, to: &bytes) }
    bytes += Array(",\"size\":\(size)".utf8)
    for (name, value) in [("time", time), ("to", to), ("uuid", uuid)] { Self.write(name, value, to: &bytes) }
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }

  private static func write(_ name: String, _ value: String, to bytes: inout [UInt8]) {
    bytes += Array(",\"\(name)\":".utf8)
    JSONText.write(value, to: &bytes)
  }
}

/// The first line from a reader that wants FlowFiles instead of updates.
struct TapRequest: Sendable, Codable {
  /// A longer line is none.
  static let longestBytes = 64 << 10

  var tap: TapTarget
}
