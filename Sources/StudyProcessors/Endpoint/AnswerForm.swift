import FlowCore
import FlowXML
import StudyModel

/// The form in which an endpoint answers: InvokeEndpoint's property `accept`.
package enum AnswerForm: String, Sendable, CaseIterable {
  case json, xml
  /// Garmin's Training Center XML: tracks of activities.
  case tcx

  /// The value of the header field `Accept`.
  var mediaType: String {
    switch self {
    case .json: "application/json"
    case .xml: "application/xml"
    case .tcx: "application/vnd.garmin.tcx+xml"
    }
  }

  /// Why a response with a success status is not a complete answer of this form; nil if it is. A JSON document is only looked at from
  /// outside, because it is parsed later; an XML document is read to its end.
  func defect(of response: HTTPResponse) -> FlowFileFailure? {
    switch self {
    case .json: InvokeEndpoint.defect(of: response)
    case .xml, .tcx: xmlDefect(of: response)
    }
  }

  /// The answer as a member of a JSON object: an XML document becomes a string.
  func member(_ body: [UInt8]) -> [UInt8] {
    self == .json ? body : Self.text(of: body)
  }

  /// The JSON string of a document.
  static func text(of body: [UInt8]) -> [UInt8] { JSONText.quotedBytes(String(decoding: AnswerText.decoded(body), as: UTF8.self)) }

  private var root: String? { self == .tcx ? "TrainingCenterDatabase" : nil }

  private func xmlDefect(of response: HTTPResponse) -> FlowFileFailure? {
    let body = AnswerText.decoded(response.body)
    let type = response.headers["Content-Type"]?.lowercased() ?? ""
    guard !type.hasPrefix("text/html"), body.first(where: { !$0.isJSONSpace }) == UInt8(ascii: "<") else {
      let found = body.allSatisfy(\.isJSONSpace) ? "empty" : type.hasPrefix("text/html") ? "text/html" : "no markup"
      return FlowFileFailure(cause: .notJSON, message: "the answer is \(found); expected an XML document (\(mediaType))", status: response.status)
    }
    do {
      try XMLDocument.check(body, root: root)
      return nil
    } catch {
      return InvokeEndpoint.unreadable("the answer is no complete XML document: \(error.description)", status: response.status)
    }
  }
}

/// A document whose content is of no interest yet.
private enum XMLDocument {
  /// Reads it to its end.
  static func check(_ bytes: [UInt8], root: String?) throws(XMLProblem) {
    var reader = try XMLReader(bytes)
    var isFirst = true
    while let token = try reader.next() {
      guard isFirst, case .start(let name, _) = token else { continue }
      isFirst = false
      let local = name.split(separator: ":").last.map(String.init) ?? name
      guard local.lowercased() != "html", root == nil || local == root else {
        throw XMLProblem(line: 1, found: "the root element '\(local)'", expected: root.map { "'\($0)'" } ?? "that of a document, not of a web page")
      }
    }
  }
}
