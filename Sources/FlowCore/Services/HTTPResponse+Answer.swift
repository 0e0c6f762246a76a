extension HTTPResponse {
  /// Describes a body that is not a JSON response: empty, markup, or another media type. It comes from an intermediary,
  /// so a retry may succeed. nil if the body may be JSON, complete or not.
  package var placeholder: String? {
    // The usual type first: searching a text is far slower than comparing its beginning.
    if let type = headers["Content-Type"]?.lowercased(), !type.hasPrefix("application/json"), !type.contains("json") { return Self.shown(type) }
    switch AnswerText.decoded(body).first(where: { $0 > UInt8(ascii: " ") }) {
    case nil: return "empty"
    case UInt8(ascii: "<"): return "markup"
    default: return nil
    }
  }

  /// A fixed name for common media types: an arbitrary server-supplied value might contain a secret.
  private static func shown(_ type: String) -> String {
    ["text/html", "text/plain", "text/xml", "application/xml", "application/octet-stream"].first { type.hasPrefix($0) }
      ?? "of another media type"
  }
}
