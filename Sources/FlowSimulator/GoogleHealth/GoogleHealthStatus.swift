/// An error of the Google Health API: `google.rpc.Status` in JSON.
struct GoogleHealthStatus {
  var status: Int
  /// The canonical code, such as `INVALID_ARGUMENT`.
  var code: String
  var message: String
  /// The reason in `google.rpc.ErrorInfo`; nil: no details.
  var reason: String?
  var domain = "health.googleapis.com"
  var metadata: [String: String] = [:]

  static let unauthenticated = GoogleHealthStatus(
    status: 401, code: "UNAUTHENTICATED", message: "Request had invalid authentication credentials.")

  static let quota = GoogleHealthStatus(
    status: 429, code: "RESOURCE_EXHAUSTED", message: "Quota exceeded.", reason: "RATE_LIMIT_EXCEEDED",
    domain: "googleapis.com", metadata: ["quota_limit": "per user per minute"])

  /// An error with any status, for injected faults.
  init(status: Int, echo: String) {
    let words = Self.words[status] ?? (status < 500 ? ("INVALID_ARGUMENT", "Request contains an invalid argument") : ("INTERNAL", "Internal error encountered"))
    self.init(status: status, code: words.0, message: "\(words.1) (\(echo)).")
    if status == 403 { reason = "RESOURCE_PERMISSION_DENIED" }
  }

  init(
    status: Int, code: String, message: String, reason: String? = nil, domain: String = "health.googleapis.com",
    metadata: [String: String] = [:]
  ) {
    self.status = status
    self.code = code
    self.message = message
    self.reason = reason
    self.domain = domain
    self.metadata = metadata
  }

  private static let words: [Int: (String, String)] = [
    401: ("UNAUTHENTICATED", "Request had invalid authentication credentials"),
    403: ("PERMISSION_DENIED", "The caller does not have permission"),
    404: ("NOT_FOUND", "Requested entity was not found"),
    409: ("ABORTED", "The operation was aborted"),
    412: ("FAILED_PRECONDITION", "Precondition check failed"),
    503: ("UNAVAILABLE", "The service is currently unavailable"),
    504: ("DEADLINE_EXCEEDED", "Deadline expired before operation could complete"),
  ]

  var reply: WireReply {
    var details = ""
    if let reason {
      let pairs = metadata.sorted { $0.key < $1.key }.map { #""\#($0.key)":"\#(jsonEscaped($0.value))""# }
      let metadata = pairs.isEmpty ? "" : #","metadata":{\#(pairs.joined(separator: ","))}"#
      details = #","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"\#(reason)","domain":"\#(domain)"\#(metadata)}]"#
    }
    var reply = WireReply(
      status: status,
      json: #"{"error":{"code":\#(status),"message":"\#(jsonEscaped(message))","status":"\#(code)"\#(details)}}"#)
    reply.contentType = "application/json; charset=UTF-8"
    if status == 401 {
      reply.headers = [("WWW-Authenticate", #"Bearer realm="https://accounts.google.com/", error="invalid_token""#)]
    }
    return reply
  }
}

extension WireRefusal {
  private init(_ status: GoogleHealthStatus) { self.init(reply: status.reply) }

  /// - Parameter message: includes the location in the request.
  static func invalidArgument(_ message: String, reason: String? = nil, metadata: [String: String] = [:]) -> WireRefusal {
    WireRefusal(GoogleHealthStatus(status: 400, code: "INVALID_ARGUMENT", message: message, reason: reason, metadata: metadata))
  }

  static func filter(_ detail: String, _ message: String) -> WireRefusal {
    .invalidArgument(
      message, reason: "INVALID_DATA_POINT_FILTER", metadata: ["detailedReasons": "INVALID_DATA_POINT_FILTER_\(detail)"])
  }

  static let timeRange = WireRefusal.invalidArgument(
    "Query end time must be strictly larger than start time.", reason: "INVALID_TIME_RANGE")

  static func rollupDuration(_ days: Int) -> WireRefusal {
    .invalidArgument(
      "The duration of the query is too long.", reason: "INVALID_ROLLUP_QUERY_DURATION",
      metadata: ["maxDurationDays": String(days)])
  }

  static let scope = WireRefusal(
    GoogleHealthStatus(
      status: 403, code: "PERMISSION_DENIED", message: "Request had insufficient authentication scopes.",
      reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT", domain: "googleapis.com", metadata: ["service": "health.googleapis.com"]))
}
