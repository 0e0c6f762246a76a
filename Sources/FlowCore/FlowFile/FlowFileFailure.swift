/// What stopped a FlowFile.
package struct FlowFileFailure: Sendable, Equatable {
  package var cause: Cause
  /// For people: what was found, what was expected. Holds no secret.
  package var message: String
  /// HTTP status, where there was a response.
  package var status: Int?
  /// How often the processor tried.
  package var attempts: Int = 1
  /// How long to wait before the next try, where the other side said so.
  package var retryAfter: Duration?
  /// The next answer to the same request may be good: a relationship `retry` takes it although the cause is nothing that time mends.
  package var mayPass = false

  package init(cause: Cause, message: String, status: Int? = nil, retryAfter: Duration? = nil) {
    self.cause = cause
    self.message = message
    self.status = status
    self.retryAfter = retryAfter
  }

  /// Within the run.
  package var isWorthRepeating: Bool { cause.isRetryable || mayPass }
}

/// Why a FlowFile failed: the error folder's vocabulary.
package enum Cause: String, Sendable, CaseIterable {
  case rateLimited = "rate_limited"
  case serverError = "server_error"
  case timeout
  case connection
  case truncated
  case notJSON = "not_json"
  case tokenInDoubt = "token_in_doubt"
  case database
  case disk
  case needsConsent = "needs_consent"
  case scope
  case clientRefused = "client_refused"
  case gone
  case badRequest = "bad_request"
  case notFound = "not_found"
  case badData = "bad_data"
  case badParticipantFile = "bad_participant_file"
  case expression
  case `internal`

  /// Trying again without anybody's help may succeed.
  package var isRetryable: Bool {
    switch self {
    case .rateLimited, .serverError, .timeout, .connection, .truncated, .notJSON, .tokenInDoubt, .database, .disk: true
    case .needsConsent, .scope, .clientRefused, .gone, .badRequest, .notFound, .badData, .badParticipantFile, .expression,
      .internal:
      false
    }
  }
}
