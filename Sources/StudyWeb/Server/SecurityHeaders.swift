import HTTPTypes

/// The header fields that every answer has, also one to what is no request.
enum SecurityHeaders {
  /// Replaces those that no answer may change, and adds the others unless the answer says its own.
  static func add(to headers: inout HTTPFields) {
    for (name, value) in always { headers[name] = value }
    // What is shown is a person's data, so that no cache keeps it unless an answer says how.
    for (name, value) in unlessGiven where headers[name] == nil { headers[name] = value }
  }

  private static func field(_ name: String) -> HTTPField.Name { HTTPField.Name(name).unsafelyKnown }

  private static let always: [(HTTPField.Name, String)] = [
    (.xContentTypeOptions, "nosniff"), (field("X-Frame-Options"), "DENY"), (field("Cross-Origin-Opener-Policy"), "same-origin"),
    (field("Cross-Origin-Resource-Policy"), "same-origin"),
  ]
  private static let unlessGiven: [(HTTPField.Name, String)] = [
    (
      .contentSecurityPolicy,
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
        + "frame-ancestors 'none'; base-uri 'none'"
    ),
    (field("Referrer-Policy"), "same-origin"), (.cacheControl, "no-store"),
  ]
}
