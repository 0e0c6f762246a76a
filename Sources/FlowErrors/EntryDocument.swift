import FlowCore
import Foundation
import StudyModel

/// The content of `flowfile.json`, with the members documented in the guide under "Errors and replay".
package struct EntryDocument: Codable, Sendable, Equatable {
  package var uuid: String
  package var attributes: [String: String]
  /// The uuids of the FlowFile and its ancestors, the source first.
  package var lineage: [String]
  /// The processors on its path, ending with the one where it failed; null in entries of earlier versions.
  package var way: [String]?
  package var flow: String
  package var run: String
  package var processor: String
  package var processorType: String
  package var relationship: String
  package var cause: String
  package var message: String
  /// HTTP status; null if there was no response.
  package var status: Int?
  package var attempts: Int
  package var flowSHA256: String
  /// RFC 3339, UTC.
  package var time: String
  package var retryable: Bool
  /// Format of `content`; null if there is none.
  package var contentType: String?
  /// Format of `response`, the response that the content was made from; null if it is not kept.
  package var responseType: String?
  /// The database that its rows would have been written to; null if the flow has none, and in entries of earlier
  /// versions.
  package var database: EntryDatabase?
  /// The provider that its requests go to; null as for `database`.
  package var provider: EntryProvider?
  /// Path of the flow file as given; null in entries of earlier versions.
  package var flowFile: String?

  enum CodingKeys: String, CodingKey {
    case uuid, attributes, lineage, way, flow, run, database, provider, processor, relationship, cause, message, status, attempts, time, retryable
    case processorType = "processor_type"
    case flowSHA256 = "flow_sha256"
    case contentType = "content_type"
    case responseType = "response_type"
    case flowFile = "flow_file"
  }

  /// Encodes every member, including nulls, so that scripts need not check whether it exists.
  package func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(uuid, forKey: .uuid)
    try members.encode(attributes, forKey: .attributes)
    try members.encode(lineage, forKey: .lineage)
    try members.encode(way, forKey: .way)
    try members.encode(flow, forKey: .flow)
    try members.encode(run, forKey: .run)
    try members.encode(processor, forKey: .processor)
    try members.encode(processorType, forKey: .processorType)
    try members.encode(relationship, forKey: .relationship)
    try members.encode(cause, forKey: .cause)
    try members.encode(message, forKey: .message)
    try members.encode(status, forKey: .status)
    try members.encode(attempts, forKey: .attempts)
    try members.encode(flowSHA256, forKey: .flowSHA256)
    try members.encode(time, forKey: .time)
    try members.encode(retryable, forKey: .retryable)
    try members.encode(contentType, forKey: .contentType)
    try members.encode(responseType, forKey: .responseType)
    try members.encode(database, forKey: .database)
    try members.encode(provider, forKey: .provider)
    try members.encode(flowFile, forKey: .flowFile)
  }
}

extension EntryDocument {
  /// Describes an entry; `redaction` removes secrets from every text.
  init(_ entry: ErrorEntry, contentType: String?, responseType: String?, belonging: EntryBelonging, redaction: Redaction) {
    let failure = entry.failure
    uuid = entry.flowFile.id.text
    attributes = entry.flowFile.attributes.dictionary.mapValues(redaction.apply)
    lineage = entry.lineage
    way = entry.way
    flow = entry.flow
    run = entry.run
    processor = entry.processor
    processorType = entry.processorType
    relationship = entry.relationship
    cause = failure.cause.rawValue
    message = redaction.apply(failure.message)
    status = failure.status
    attempts = failure.attempts
    flowSHA256 = entry.flowSHA256
    time = entry.time.text
    retryable = failure.cause.isRetryable
    self.contentType = contentType
    self.responseType = responseType
    database = belonging.database
    provider = belonging.provider
    flowFile = belonging.flowFile
  }

  /// The file's content: members sorted, one per line.
  package func bytes() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
  }

  /// Parses the file's content. Throws `Diagnostic`.
  package init(bytes: [UInt8]) throws {
    do {
      self = try JSONDecoder().decode(EntryDocument.self, from: Data(bytes))
    } catch {
      throw Diagnostic.damagedEntry("flowfile.json is not as flowrun writes it: \(EntryDocument.words(for: error))")
    }
    guard FlowFileID(text: uuid) != nil else { throw Diagnostic.damagedEntry("flowfile.json: 'uuid' is not a UUID") }
    guard Cause(rawValue: cause) != nil else {
      throw Diagnostic.damagedEntry(
        "flowfile.json: cause '\(cause)' is not one of this version's (\(Cause.allCases.map(\.rawValue).joined(separator: ", ")))")
    }
    guard Instant(rfc3339: time) != nil else { throw Diagnostic.damagedEntry("flowfile.json: 'time' is not RFC 3339") }
  }

  private static func words(for error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): "member '\(key.stringValue)' is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "member '\(context.codingPath.map(\.stringValue).joined(separator: "."))' is of the wrong kind"
    default: "not JSON"
    }
  }
}
