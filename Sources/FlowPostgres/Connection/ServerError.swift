import CPostgres

/// A statement or a connection that failed.
enum ServerError: Error, Sendable, Equatable {
  /// The server refused a statement, or a connection with a reason of its own.
  /// - Parameter state: the SQLSTATE (PostgreSQL's documentation, appendix A).
  case refused(state: String, message: String)
  /// The connection is gone: cut, ended by the server, or silent for too long.
  case lost(String)
  /// No connection came about; the message is libpq's.
  case unreachable(String)

  /// Reads the error of a result. The detail is left out: it has values of rows.
  init(_ result: OpaquePointer) {
    func field(_ code: UnicodeScalar) -> String? { PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) } }
    self = .refused(state: field("C") ?? "", message: field("M") ?? String(cString: PQresultErrorMessage(result)).firstLine)
  }

  var state: String? {
    if case .refused(let state, _) = self { state } else { nil }
  }
}

extension String {
  /// libpq's messages end with a line break, and may go on with a hint.
  var firstLine: String { split(whereSeparator: \.isNewline).first.map(String.init) ?? self }
}
