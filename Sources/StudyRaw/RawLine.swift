import FlowCore
import FlowCrypto
import Foundation
import StudyModel

/// One line of a raw object: a response, and what is needed to make its rows again.
///
/// A line is written and read as JSON. Its names are promised to other readers: `participant`, `data_type`, `slice_start`, `slice_end`, `url`,
/// `status`, `headers`, `fetched_at`, `sha256` (of the body), and `body`, or `body_base64` if the body is no UTF-8.
package struct RawLine: Sendable, Equatable, Decodable {
  package var participant: String
  package var provider: String
  /// nil for a response without a slice.
  package var dataType: String?
  /// RFC 3339.
  package var sliceStart: String?
  package var sliceEnd: String?
  package var url: String
  package var status: Int
  package var headers: [String: String]
  package var fetchedAt: String
  package var sha256: String
  package var body: String?
  package var bodyBase64: String?
  package var run: String
  /// The participant is made up by the bundled simulator; nil: real.
  package var simulated: Bool?
  package var flowFile: String
  package var processor: String
  package var part: String?
  package var span: Int?
  package var page: Int?
  package var element: Element?
  /// `text`: the answer stands in the content as a string. `absent`: the provider says that there is none.
  package var form: Form?
  package var attempt: String?
  package var members: [String]?
  /// The last line of a whole content has its FlowFile's attributes; the others have none.
  package var attributes: [String: String]?
  /// The key of the object that the line belongs to: a spool holds lines of several.
  package var object: String

  package enum Form: String, Sendable, Decodable { case text, absent }
  package struct Element: Sendable, Equatable, Decodable {
    package var index: Int
    package var attributes: [[String]]
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case participant, provider, url, status, headers, sha256, body, run, simulated, processor, part, span, page, element, form, attempt, members, attributes, object
    case dataType = "data_type"
    case sliceStart = "slice_start"
    case sliceEnd = "slice_end"
    case fetchedAt = "fetched_at"
    case bodyBase64 = "body_base64"
    case flowFile = "flowfile"
  }

  /// The response's bytes. Throws `RawDamage` if they are not those that were received.
  package func checkedBody() throws(RawDamage) -> [UInt8] {
    guard let bytes = body.map({ Array($0.utf8) }) ?? bodyBase64.flatMap({ Data(base64Encoded: $0) }).map({ Array($0) }) else {
      throw RawDamage("a line has neither 'body' nor a readable 'body_base64'")
    }
    let digest = Hexadecimal.text(SHA256.digest(of: bytes))
    guard digest == sha256 else { throw RawDamage("the body's SHA-256 is \(digest); expected \(sha256), which the line says") }
    return bytes
  }

  /// Throws `RawDamage` for a text that is no such line.
  package init(parsing text: [UInt8]) throws(RawDamage) {
    do {
      self = try JSONDecoder().decode(RawLine.self, from: Data(text))
    } catch let error as DecodingError {
      throw RawDamage("a line is not a response: \(Self.words(error))")
    } catch {
      throw RawDamage("a line is not a response: \(error)")
    }
  }

  private static func words(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, _): "it has no member '\(key.stringValue)'"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "its member '\(context.codingPath.map(\.stringValue).joined(separator: "."))' is of another kind"
    default: "it is not whole JSON"
    }
  }
}

/// Why an object, or a line of one, cannot be used.
package struct RawDamage: Error, Sendable, Equatable, CustomStringConvertible {
  package var description: String
  package init(_ description: String) { self.description = description }
}

extension RawAnswer {
  /// Its lines as JSON, each ended by a line feed.
  /// - Parameters:
  ///   - object: the key of the object that will hold them.
  ///   - run: the run that fetched the responses.
  ///   - kind: whose they are.
  package func lines(of object: String, run: String, kind: RunKind = .real) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(responses.reduce(0) { $0 + $1.body.count + $1.body.count / 8 } + 2048 * responses.count)
    for (number, response) in responses.enumerated() {
      let isLast = number == responses.count - 1
      append(response, isLast && isComplete ? attributes : nil, object, run, kind, to: &bytes)
    }
    return bytes
  }

  private func append(_ response: RawResponse, _ attributes: [String: String]?, _ object: String, _ run: String, _ kind: RunKind, to bytes: inout [UInt8]) {
    var line = begun(response, attributes, object, run, kind, taking: &bytes)
    line.add(RawLine.CodingKeys.sha256.rawValue, Hexadecimal.text(response.sha256 ?? SHA256.digest(of: response.body)))
    if response.body.isUTF8 {
      line.add(RawLine.CodingKeys.body.rawValue, utf8: response.body)
    } else {
      line.add(RawLine.CodingKeys.bodyBase64.rawValue, Data(response.body).base64EncodedString())
    }
    bytes = line.end()
    bytes.append(UInt8(ascii: "\n"))
  }

  /// The same lines piece by piece, for bodies in files.
  func write(of object: String, run: String, kind: RunKind, _ fileSystem: any FileSystem, to sink: ([UInt8]) throws -> Void) throws {
    for (number, response) in responses.enumerated() {
      let attributes = number == responses.count - 1 && isComplete ? attributes : nil
      var bytes: [UInt8] = []
      guard let claim = response.claim else {
        append(response, attributes, object, run, kind, to: &bytes)
        try sink(bytes)
        continue
      }
      let body = try ClaimedBody(claim, fileSystem)
      var line = begun(response, attributes, object, run, kind, taking: &bytes)
      line.add(RawLine.CodingKeys.sha256.rawValue, Hexadecimal.text(body.sha256))
      let name = body.isText ? RawLine.CodingKeys.body : .bodyBase64
      try sink(line.interrupted(beforeTextOf: name.rawValue))
      try body.write(to: sink)
      try sink(Array("\"}\n".utf8))
    }
  }

  private func begun(
    _ response: RawResponse, _ attributes: [String: String]?, _ object: String, _ run: String, _ kind: RunKind, taking bytes: inout [UInt8]
  ) -> JSONObjectWriter {
    typealias Key = RawLine.CodingKeys
    var line = JSONObjectWriter(taking: &bytes)
    line.add(Key.participant.rawValue, participant)
    line.add(Key.provider.rawValue, provider)
    line.add(Key.dataType.rawValue, self.attributes[AttributeName.dataType])
    line.add(Key.sliceStart.rawValue, self.attributes[AttributeName.sliceStart])
    line.add(Key.sliceEnd.rawValue, self.attributes[AttributeName.sliceEnd])
    line.add(Key.url.rawValue, response.url)
    line.add(Key.status.rawValue, response.status)
    line.add(Key.headers.rawValue, response.headers.map { ($0.name, $0.value) })
    line.add(Key.fetchedAt.rawValue, response.fetchedAt.text)
    line.add(Key.run.rawValue, run)
    if kind == .simulated { line.add(Key.simulated.rawValue, json: Array("true".utf8)) }
    line.add(Key.flowFile.rawValue, flowFile)
    line.add(Key.processor.rawValue, processor)
    line.add(Key.part.rawValue, response.place.part)
    line.add(Key.span.rawValue, response.place.span)
    line.add(Key.page.rawValue, response.place.page)
    if let element = response.place.element { line.add(Key.element.rawValue, json: element.json) }
    line.add(Key.form.rawValue, response.place.isAbsent ? RawLine.Form.absent.rawValue : response.place.isText ? RawLine.Form.text.rawValue : nil)
    line.add(Key.attempt.rawValue, attempt.isEmpty ? nil : attempt)
    if attributes != nil, let members { line.add(Key.members.rawValue, json: JSONText.list(members)) }
    if let attributes { line.add(Key.attributes.rawValue, attributes.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }) }
    line.add(Key.object.rawValue, object)
    return line
  }
}

/// Appends one JSON object to bytes, member by member; a member without a value is left out.
private struct JSONObjectWriter {
  private var bytes: [UInt8]
  private var isEmpty = true

  /// Takes the bytes over without copying them; `end` gives them back.
  init(taking taken: inout [UInt8]) {
    bytes = []
    swap(&bytes, &taken)
    bytes.append(UInt8(ascii: "{"))
  }

  mutating func add(_ name: String, _ value: String?) {
    guard let value else { return }
    begin(name)
    JSONText.write(value, to: &bytes)
  }

  mutating func add(_ name: String, utf8 value: [UInt8]) {
    begin(name)
    value.withUnsafeBufferPointer { JSONText.write(utf8: $0, to: &bytes) }
  }

  mutating func add(_ name: String, _ value: Int?) {
    guard let value else { return }
    begin(name)
    bytes += String(value).utf8
  }

  mutating func add(_ name: String, _ members: [(String, String)]) {
    begin(name)
    var object = JSONObjectWriter(taking: &bytes)
    for (name, value) in members { object.add(name, value) }
    bytes = object.end()
  }

  /// - Parameter json: a JSON value.
  mutating func add(_ name: String, json: [UInt8]) {
    begin(name)
    bytes += json
  }

  private mutating func begin(_ name: String) {
    if !isEmpty { bytes.append(UInt8(ascii: ",")) }
    isEmpty = false
    JSONText.write(name, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
  }

  /// What was written, and the beginning of a last member whose text and end somebody else writes.
  consuming func interrupted(beforeTextOf name: String) -> [UInt8] {
    var open = self
    open.begin(name)
    return open.bytes + [UInt8(ascii: "\"")]
  }

  consuming func end() -> [UInt8] {
    var bytes = bytes
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }
}

extension [UInt8] {
  fileprivate var isUTF8: Bool {
    // Most bodies are ASCII, which is told without making a text of them.
    reduce(0) { $0 | $1 } < 0x80 || String(validating: self, as: UTF8.self) != nil
  }
}

extension RawResponse.Element {
  fileprivate var json: [UInt8] {
    Array("{\"index\":\(index),\"attributes\":[".utf8) + attributes.map(JSONText.list).joined(separator: [UInt8(ascii: ",")]) + Array("]}".utf8)
  }
}

extension JSONText {
  /// A list of strings.
  fileprivate static func list(_ texts: [String]) -> [UInt8] {
    var bytes = [UInt8(ascii: "[")]
    for text in texts {
      if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
      write(text, to: &bytes)
    }
    return bytes + [UInt8(ascii: "]")]
  }
}
