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
    case .success(let options): problems(uri, options, variable)
    }
  }

  /// nil if it is no URI of PostgreSQL, libpq cannot read it, or it holds a password.
  package init?(_ uri: String) {
    guard Self.isAddress(uri), case .success(let options) = Self.parsed(uri), Self.secrets(in: options).isEmpty else { return nil }
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

  private static func problems(_ uri: String, _ options: [String: String], _ variable: (String) -> String?) -> [Diagnostic] {
    let secrets = secrets(in: options)
    guard secrets.isEmpty else {
      return [
        Diagnostic(
          .databaseAddress, subject: "database '\(hidden(uri))'", found: "it holds a password",
          expected: "a URI without one: anybody who lists processes could read it",
          hint: "put it into ~/.pgpass (PGPASSFILE), or into the environment as PGPASSWORD")
      ]
    }
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

  private static func secrets(in options: [String: String]) -> [String] {
    ["password", "sslpassword"].filter { options[$0] != nil }
  }

  /// The URI without what may be a password.
  private static func hidden(_ uri: String) -> String {
    let scheme = uri.prefix { $0 != ":" }
    guard let at = uri.lastIndex(of: "@") else { return "\(scheme)://…" }
    let rest = uri[uri.index(after: at)...].prefix { $0 != "?" }
    return "\(scheme)://…@\(rest)"
  }

  private static func parsed(_ uri: String) -> Result<[String: String], Diagnostic> {
    var message: UnsafeMutablePointer<CChar>?
    guard let list = PQconninfoParse(uri, &message) else {
      let reason = message.map { String(cString: $0).firstLine } ?? "libpq cannot read it"
      PQfreemem(message)
      return .failure(
        Diagnostic(
          .databaseAddress, subject: "database '\(hidden(uri))'", found: reason,
          expected: "postgresql://USER@HOST:PORT/NAME?OPTION=VALUE, as libpq reads it"))
    }
    defer { PQconninfoFree(list) }
    var options: [String: String] = [:]
    var entry = list
    while let keyword = entry.pointee.keyword {
      if let value = entry.pointee.val { options[String(cString: keyword)] = String(cString: value) }
      entry += 1
    }
    return .success(options)
  }
}
