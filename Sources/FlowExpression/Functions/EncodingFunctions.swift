import FlowBase
import Foundation

extension Function {
  /// Text encodings.
  static let encoding: [Function] = [
    mapping(
      "urlEncode()", .encoding, "The encoding of HTML forms.", Example("${a:urlEncode()}", ["a": "a b&c"], gives: "a+b%26c"),
      PercentEncoding.formEncoded),
    checked("urlDecode", "The reverse of `urlEncode`.", "${a:urlDecode()}", of: "a+b%26c", gives: "a b&c") { text throws(EvaluationError) in
      guard let bytes = PercentEncoding.formDecoded(text) else {
        throw EvaluationError("'\(text)' has a '%' without two hexadecimal digits")
      }
      return String(decoding: bytes, as: UTF8.self)
    },
    mapping(
      "base64Encode()", .encoding, "Base64 of its UTF-8 bytes.",
      Example("${a:base64Encode()}", ["a": "admin:admin"], gives: "YWRtaW46YWRtaW4=")
    ) { Data($0.utf8).base64EncodedString() },
    checked("base64Decode", "The reverse of `base64Encode`.", "${a:base64Decode()}", of: "YWRtaW46YWRtaW4=", gives: "admin:admin")
    {
      text throws(EvaluationError) in
      // Java accepts Base64 with and without padding.
      let missing = (4 - text.utf8.count % 4) % 4
      let padded = missing < 3 && !text.hasSuffix("=") ? text + String(repeating: "=", count: missing) : text
      guard let data = Data(base64Encoded: padded) else { throw EvaluationError("'\(text)' is not Base64") }
      return String(decoding: data, as: UTF8.self)
    },
  ]

  /// Escaping for formats, and its inverse.
  static let escaping: [Function] = [
    escape("Json", in: "a JSON text", "say \"hi\"", becomes: "say \\\"hi\\\"", by: Escape.json, back: Escape.unescapedJSON),
    escape("Xml", in: "XML", "M & M", becomes: "M &amp; M", by: Escape.xml, back: Escape.unescapedXML),
    escape("Csv", in: "CSV", "a,b", becomes: "\"a,b\"", by: Escape.csv, back: Escape.unescapedCSV),
    escape("Html3", in: "HTML 3", "¡Sí!", becomes: "&iexcl;S&iacute;!", by: Escape.html3, back: Escape.unescapedHTML3),
    escape("Html4", in: "HTML 4", "♣", becomes: "&clubs;", by: Escape.html4, back: Escape.unescapedHTML4),
  ].flatMap { $0 }

  private static func checked(
    _ name: String, _ meaning: String, _ example: String, of value: String, gives result: String,
    _ map: @escaping @Sendable (String) throws(EvaluationError) -> String
  ) -> Function {
    Function("\(name)()", .encoding, meaning, Example(example, ["a": value], gives: result)) { site in
      let text = site.text
      return .text { e throws(EvaluationError) in
        guard let value = try text(e) else { return nil }
        return try map(value)
      }
    }
  }

  /// A pair of functions; both return empty text for a missing value.
  private static func escape(
    _ name: String, in format: String, _ value: String, becomes result: String,
    by escape: @escaping @Sendable (String) -> String,
    back unescape: @escaping @Sendable (String) throws(EvaluationError) -> String
  ) -> [Function] {
    let escaping = Function(
      "escape\(name)()", .encoding, "With the characters escaped that are special in \(format).",
      Example("${a:escape\(name)()}", ["a": value], gives: result)
    ) { site in
      let text = site.text
      return .text { e throws(EvaluationError) in try text(e).map(escape) ?? "" }
    }
    let unescaping = Function(
      "unescape\(name)()", .encoding, "The reverse of `escape\(name)`.",
      Example("${a:unescape\(name)()}", ["a": result], gives: value)
    ) { site in
      let text = site.text
      return .text { e throws(EvaluationError) in
        guard let value = try text(e) else { return "" }
        return try unescape(value)
      }
    }
    return [escaping, unescaping]
  }
}
