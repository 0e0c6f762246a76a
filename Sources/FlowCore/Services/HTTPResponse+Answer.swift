extension HTTPResponse {
  /// What is there instead of an answer: nothing, markup, another media type. It comes from a gateway on the way, and the next answer may
  /// not. nil where the body may be JSON, whole or not.
  package var placeholder: String? {
    if let type = headers["Content-Type"]?.lowercased(), !type.contains("json") { return Self.shown(type) }
    switch AnswerText.decoded(body).first(where: { $0 > UInt8(ascii: " ") }) {
    case nil: return "empty"
    case UInt8(ascii: "<"): return "markup"
    default: return nil
    }
  }

  /// One of those that proxies and web servers give: the server's own words might hold a secret.
  private static func shown(_ type: String) -> String {
    ["text/html", "text/plain", "text/xml", "application/xml", "application/octet-stream"].first { type.hasPrefix($0) }
      ?? "of another media type"
  }
}
