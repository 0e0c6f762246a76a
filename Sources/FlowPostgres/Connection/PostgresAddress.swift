import CPostgres
import FlowCore

/// Where a database is: a connection URI, as libpq reads it.
package struct PostgresAddress: Sendable, Equatable {
  /// The URI as it was given. It has no password: one that does is refused.
  package let uri: String
  /// What the URI says, by libpq's names.
  private let options: [String: String]

  /// Whether a database's location is a URI of PostgreSQL rather than the path of a file.
  package static func isAddress(_ location: String) -> Bool { location.hasPrefix("postgresql:") || location.hasPrefix("postgres:") }

  /// The problems of a URI, found without a connection.
  /// - Parameter variable: the environment, from which libpq takes what the URI does not say.
  package static func problems(of uri: String, variable: (String) -> String?) -> [Diagnostic] {
    switch parsed(uri) {
    case .failure(let problem): [problem]
    case .success(let options): encryptionProblems(uri, options, variable)
    }
  }

  /// What a URI alone says. Whether the connection is encrypted also depends on the environment.
  package static func problems(of uri: String) -> [Diagnostic] {
    switch parsed(uri) {
    case .failure(let problem): [problem]
    case .success: []
    }
  }

  /// Throws `Diagnostics` for a URI that libpq cannot read or that holds a password.
  package init(checking uri: String) throws {
    switch Self.parsed(uri) {
    case .failure(let problem): throw Diagnostics([problem])
    case .success(let options):
      self.uri = uri
      self.options = options
    }
  }

  /// nil if it is no URI of PostgreSQL, libpq cannot read it, or it holds a password.
  package init?(_ uri: String) {
    guard Self.isAddress(uri), case .success(let options) = Self.parsed(uri) else { return nil }
    self.uri = uri
    self.options = options
  }

  /// For `PQconnectStartParams`. No setting of the session is among them: a pooler in transaction mode would refuse or mix them up.
  var connectionOptions: [(name: String, value: String)] {
    var options: [(name: String, value: String)] = [("dbname", uri), ("client_encoding", "UTF8")]
    let defaults = [("fallback_application_name", "flowrun"), ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3")]
    for (name, value) in defaults where self.options[name] == nil { options.append((name, value)) }
    return options
  }

  // MARK: Problems

  private static func encryptionProblems(_ uri: String, _ options: [String: String], _ variable: (String) -> String?) -> [Diagnostic] {
    let mode = options["sslmode"] ?? variable("PGSSLMODE") ?? "prefer"
    let hosts = (options["hostaddr"] ?? options["host"] ?? variable("PGHOSTADDR") ?? variable("PGHOST") ?? "").split(separator: ",", omittingEmptySubsequences: false)
    guard !["require", "verify-ca", "verify-full"].contains(mode), let host = hosts.map(String.init).first(where: { !isLocal($0) }) else { return [] }
    return [
      Diagnostic(
        .databaseAddress, subject: "database '\(uri)'", found: "sslmode is '\(mode)' towards the host \(host)",
        expected: "require, verify-ca or verify-full: health data would cross the network in the clear",
        hint: "append \(uri.contains("?") ? "&" : "?")sslmode=verify-full (or require) to the URI")
    ]
  }

  private static func isLocal(_ host: String) -> Bool {
    host.isEmpty || host.hasPrefix("/") || host.hasPrefix("@") || host == "localhost" || host.hasPrefix("127.") || host == "::1"
  }

  /// What the URI says. A URI that may hold a password is not repeated, nor are libpq's words about it, which quote it.
  private static func parsed(_ uri: String) -> Result<[String: String], Diagnostic> {
    guard let list = PQconninfoParse(uri, nil) else {
      return .failure(problem(found: "libpq cannot read it", "postgresql://USER@HOST:PORT/NAME?OPTION=VALUE, with special characters percent-encoded"))
    }
    defer { PQconninfoFree(list) }
    var options: [String: String] = [:]
    var entry = list
    while let keyword = entry.pointee.keyword {
      if let value = entry.pointee.val { options[String(cString: keyword)] = String(cString: value) }
      entry += 1
    }
    guard options["password"] == nil, options["sslpassword"] == nil else {
      return .failure(
        problem(
          found: "its URI holds a password", "one without: anybody who lists processes could read it",
          hint: "put it into ~/.pgpass (PGPASSFILE), or into the environment as PGPASSWORD"))
    }
    // A slash in a password ends the host for libpq: the rest of the password would be a port and a database, and would be shown.
    let path = uri.prefix { $0 != "?" }.split(separator: "/", omittingEmptySubsequences: false).dropFirst(3)
    guard (options["port"] ?? "").allSatisfy({ $0.isNumber || $0 == "," }), !path.contains(where: { $0.contains("@") }) else {
      return .failure(
        problem(found: "its URI has an @ after the host, or a port that is not a number", "one without a password, with special characters percent-encoded"))
    }
    return .success(options)
  }

  private static func problem(found: String, _ expected: String, hint: String? = nil) -> Diagnostic {
    Diagnostic(.databaseAddress, subject: "database", found: found, expected: expected, hint: hint)
  }
}
