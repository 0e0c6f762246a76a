/// Why a FlowFile failed.
package struct FlowFileFailure: Sendable, Equatable {
  package var cause: Cause
  /// For people: what was found and what was expected. Never contains a secret.
  package var message: String
  /// HTTP status, if there was a response.
  package var status: Int?
  /// How many times the processor tried.
  package var attempts: Int = 1
  /// The delay before the next try, if the server asked for one.
  package var retryAfter: Duration?
  /// A repetition may succeed although the cause is not retryable in general: such a FlowFile takes the `retry`
  /// relationship.
  package var mayPass = false
  /// The FlowFile is somebody else's for now: it is not retried in this run and, instead of going to the error folder, ends
  /// as deferred.
  package var isLeftToOthers = false
  /// The part of the lineage that failed, in the processor's own words; nil if the failure concerns all of it.
  package var subject: String?

  package init(cause: Cause, message: String, status: Int? = nil, retryAfter: Duration? = nil) {
    self.cause = cause
    self.message = message
    self.status = status
    self.retryAfter = retryAfter
  }

  /// Whether this run should try again.
  package var isWorthRepeating: Bool { cause.isRetryable || mayPass }
}

/// Why a FlowFile failed, in the vocabulary of the error folder.
///
/// The framework's causes are below; modules with more domain knowledge add theirs in extensions.
package struct Cause: Hashable, Sendable {
  /// As written to the error folder and the ledger, in snake_case.
  package let rawValue: String
  /// A retry may succeed without intervention.
  package let isRetryable: Bool

  package init(_ rawValue: String, isRetryable: Bool) {
    self.rawValue = rawValue
    self.isRetryable = isRetryable
  }

  package static let rateLimited = Cause("rate_limited", isRetryable: true)
  package static let serverError = Cause("server_error", isRetryable: true)
  package static let timeout = Cause("timeout", isRetryable: true)
  package static let connection = Cause("connection", isRetryable: true)
  package static let truncated = Cause("truncated", isRetryable: true)
  package static let notJSON = Cause("not_json", isRetryable: true)
  package static let database = Cause("database", isRetryable: true)
  package static let disk = Cause("disk", isRetryable: true)
  package static let clientRefused = Cause("client_refused", isRetryable: false)
  package static let gone = Cause("gone", isRetryable: false)
  package static let badRequest = Cause("bad_request", isRetryable: false)
  package static let notFound = Cause("not_found", isRetryable: false)
  package static let badData = Cause("bad_data", isRetryable: false)
  package static let expression = Cause("expression", isRetryable: false)
  package static let `internal` = Cause("internal", isRetryable: false)
}
