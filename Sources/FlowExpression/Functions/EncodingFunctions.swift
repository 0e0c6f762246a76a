import FlowBase
import Foundation

extension Function {
  /// Text in other codes.
  static let encoding: [Function] = [
    mapping(
      "urlEncode()", .encoding, "As HTML forms send it.", Example("${a:urlEncode()}", ["a": "a b&c"], gives: "a+b%26c"),
      PercentEncoding.formEncoded),
    checked("urlDecode", "The reverse of `urlEncode`.", "${a:urlDecode()}", "a+b%26c", "a b&c") { text throws(EvaluationError) in
      guard let bytes = PercentEncoding.formDecoded(text) else {
        throw EvaluationError("'\(text)' has a '%' without two hexadecimal digits")
      }
      return String(decoding: bytes, as: UTF8.self)
    },
    mapping(
      "base64Encode()", .encoding, "In Base64, of its UTF-8 bytes.",
      Example("${a:base64Encode()}", ["a": "admin:admin"], gives: "YWRtaW46YWRtaW4=")
    ) { Data($0.utf8).base64EncodedString() },
    checked("base64Decode", "The reverse of `base64Encode`.", "${a:base64Decode()}", "YWRtaW46YWRtaW4=", "admin:admin")
    {
      text throws(EvaluationError) in
      // Java takes Base64 with and without the padding at the end.
      let missing = (4 - text.utf8.count % 4) % 4
      let padded = missing < 3 && !text.hasSuffix("=") ? text + String(repeating: "=", count: missing) : text
      guard let data = Data(base64Encoded: padded) else { throw EvaluationError("'\(text)' is not Base64") }
      return String(decoding: data, as: UTF8.self)
    },
  ]

  /// Text made safe for a format, and back.
  static let escaping: [Function] = [
    escape("Json", "a JSON text", "say \"hi\"", "say \\\"hi\\\"", Escape.json, Escape.unescapedJSON),
    escape("Xml", "XML", "M & M", "M &amp; M", Escape.xml, Escape.unescapedXML),
    escape("Csv", "CSV", "a,b", "\"a,b\"", Escape.csv, Escape.unescapedCSV),
    escape("Html3", "HTML 3", "¡Sí!", "&iexcl;S&iacute;!", Escape.html3, Escape.unescapedHTML3),
    escape("Html4", "HTML 4", "♣", "&clubs;", Escape.html4, Escape.unescapedHTML4),
  ].flatMap { $0 }

  private static func checked(
    _ name: String, _ meaning: String, _ example: String, _ value: String, _ result: String,
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

  /// A pair of functions; both give an empty text for what is missing.
  private static func escape(
    _ name: String, _ format: String, _ value: String, _ result: String,
    _ escape: @escaping @Sendable (String) -> String,
    _ unescape: @escaping @Sendable (String) throws(EvaluationError) -> String
  ) -> [Function] {
    let escaping = Function(
      "escape\(name)()", .encoding, "With the characters escaped that mean something in \(format).",
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
