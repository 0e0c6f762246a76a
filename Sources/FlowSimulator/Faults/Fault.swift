/// One kind of trouble that the simulator makes, and how often: `status=429:0.05`, `reset:0.01`, `slow=2s:0.01`, `scope=heartrate:0.02`.
package struct Fault: Sendable, Equatable, CustomStringConvertible {
  package enum Kind: Sendable, Equatable {
    /// Answers with this status and a body as the provider would send it.
    case status(Int)
    /// Closes the connection without an answer.
    case reset
    /// Cuts the answer off, in the middle of the connection or of the JSON.
    case truncate
    /// Answers 200 with an HTML page.
    case html
    /// Answers after this many milliseconds.
    case slow(milliseconds: Int)
    /// Rotates the refresh token and then closes the connection without an answer.
    case lostTokenResponse
    /// The participant has withdrawn consent: every refresh is refused.
    case invalidGrant
    /// The participant shares everything but this scope.
    case scope(Scope)
  }

  package let kind: Kind
  /// 0 to 1: of the requests it can happen to; for `invalid-grant` and `scope`, of the participants (at least one when above 0).
  package let share: Double

  package init(_ kind: Kind, share: Double) {
    self.kind = kind
    self.share = share
  }

  /// Reads the form of the command line.
  /// - Throws: `SimulatorError.badFault` with what was expected.
  package init(parsing text: String) throws {
    guard let colon = text.lastIndex(of: ":"), let share = Double(text[text.index(after: colon)...]), 0...1 ~= share else {
      throw SimulatorError.badFault(text, expected: "KIND:SHARE with a share from 0 to 1, such as reset:0.01")
    }
    let parts = text[..<colon].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let kind = try Self.kind(parts[0], argument: parts.count > 1 ? parts[1] : nil, of: text) else {
      throw SimulatorError.badFault(text, expected: "one of \(Self.forms)")
    }
    self.init(kind, share: share)
  }

  package var description: String {
    let name =
      switch kind {
      case .status(let code): "status=\(code)"
      case .reset: "reset"
      case .truncate: "truncate"
      case .html: "html"
      case .slow(let milliseconds): "slow=\(milliseconds)ms"
      case .lostTokenResponse: "lost-token-response"
      case .invalidGrant: "invalid-grant"
      case .scope(let scope): "scope=\(scope.rawValue)"
      }
    return "\(name):\(share)"
  }

  private static let forms = "status=CODE, reset, truncate, html, slow=DURATION, lost-token-response, invalid-grant, scope=SCOPE"

  private static func kind(_ name: String, argument: String?, of text: String) throws -> Kind? {
    switch (name, argument) {
    case ("reset", nil): return .reset
    case ("truncate", nil): return .truncate
    case ("html", nil): return .html
    case ("lost-token-response", nil): return .lostTokenResponse
    case ("invalid-grant", nil): return .invalidGrant
    case ("status", let argument?):
      guard let code = Int(argument), 400...599 ~= code else {
        throw SimulatorError.badFault(text, expected: "a status from 400 to 599")
      }
      return .status(code)
    case ("slow", let argument?):
      guard let milliseconds = milliseconds(argument) else {
        throw SimulatorError.badFault(text, expected: "a duration such as 2s or 500ms")
      }
      return .slow(milliseconds: milliseconds)
    case ("scope", let argument?):
      guard let scope = Scope(named: argument) else {
        let names = Scope.allCases.map(\.rawValue).joined(separator: ", ")
        throw SimulatorError.badFault(text, expected: "one of the scopes \(names)")
      }
      return .scope(scope)
    default: return nil
    }
  }

  private static func milliseconds(_ text: String) -> Int? {
    let digits = text.prefix { $0.isNumber }
    guard let number = Int(digits), number < 1_000_000 else { return nil }
    switch text.dropFirst(digits.count) {
    case "ms": return number
    case "s": return number * 1000
    case "m": return number * 60_000
    default: return nil
    }
  }
}

/// What a participant consents to share; the names of the Fitbit Web API.
package enum Scope: String, Sendable, CaseIterable {
  case activity, heartrate
  case oxygenSaturation = "oxygen_saturation"
  case profile
  case respiratoryRate = "respiratory_rate"
  case settings, sleep, temperature

  /// Reads Fitbit's name, or Google's of the scope that covers it.
  init?(named name: String) {
    guard let scope = Scope(rawValue: name) ?? GoogleHealthScope(rawValue: name)?.parts.first else { return nil }
    self = scope
  }
}
