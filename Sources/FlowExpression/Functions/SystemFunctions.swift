import FlowBase

extension Function {
  /// Functions without a subject.
  static let system: [Function] = [
    Function(
      "literal(value)", .system, subject: .none, "The value as text, to call functions on it.",
      Example("${literal(2):plus(1)}", gives: "3")
    ) { site in
      var operand = Operand.text(site.text(0))
      operand.literal = site.literal(0)
      return operand
    },
    Function(
      "now()", .system, subject: .none, "The current date.",
      Example("${now():toNumber():gt(0)}", gives: "true")
    ) { _ in .date { $0.environment.now() } },
    Function(
      "UUID()", .system, subject: .none, "A random UUID.", Example("${UUID():length()}", gives: "36")
    ) { _ in .text { $0.environment.uuid() } },
    Function(
      "random()", .system, subject: .none, "A random whole number, not negative.",
      Example("${random():ge(0)}", gives: "true")
    ) { _ in .whole { Int64($0.environment.random() >> 1) } },
    Function(
      "nextInt()", .system, subject: .none, "A number that counts up with every use.",
      Example("${nextInt():ge(0)}", gives: "true")
    ) { _ in .whole { $0.environment.nextInteger() } },
    Function(
      "hostname(qualified?)", .system, subject: .none, "The name of this host; with true, its full name.",
      Example("${hostname():isEmpty():not()}", gives: "true")
    ) { site throws(ExpressionProblem) in
      guard let argument = site.arguments.first else { return .text { $0.environment.hostName(false) } }
      guard case .boolean(let isQualified) = argument.operand.form else {
        throw ExpressionProblem(
          .argument, offset: argument.offset, found: "a value of type \(argument.operand.type.rawValue)", expected: "true or false"
        )
      }
      return .text { e throws(EvaluationError) in e.environment.hostName(try isQualified(e) ?? false) }
    },
    Function(
      "ip()", .system, subject: .none, "An address of this host.", Example("${ip():isEmpty()}", gives: "false")
    ) { _ in .text { $0.environment.address() } },
    Function(
      "thread()", .system, subject: .none, "The name of the thread, which may be empty.",
      Example("${thread():isNull()}", gives: "false")
    ) { _ in .text { $0.environment.threadName() } },
    Function(
      "getStateValue(key)", .system, subject: .none, "A value of the component's state.",
      Example("${getStateValue('none'):isNull()}", gives: "true")
    ) { site in
      let key = site.text(0)
      return .text { e throws(EvaluationError) in try key(e).flatMap { e.environment.state($0) } }
    },
    Function(
      "getUri(scheme, userInfo, host, port, path, query, fragment)", .system, subject: .none,
      "A URI built from encoded parts; null omits a part, and so does the port -1.",
      Example(
        "${getUri('https', null, 'example.org', 8443, '/a b', 'q=1', null)}",
        gives: "https://example.org:8443/a%20b?q=1")
    ) { site in
      let parts = site.arguments.map(\.operand.text)
      return .text { e throws(EvaluationError) in
        var values: [String?] = []
        for part in parts { values.append(try part(e)) }
        return try URIText.text(values)
      }
    },
  ]
}

/// Builds URIs like Java's `URI` constructor with seven parts.
private enum URIText {
  static func text(_ parts: [String?]) throws(EvaluationError) -> String {
    guard let port = parts[3].flatMap({ Int32($0) }) else {
      throw EvaluationError("'getUri' needs a number as port, found '\(parts[3] ?? "")'")
    }
    var result = ""
    if let scheme = parts[0] {
      try checkScheme(scheme)
      result += scheme + ":"
    }
    let path = parts[4]
    if parts[2] != nil || parts[1] != nil || port != -1 {
      guard let host = parts[2], !host.isEmpty else { throw EvaluationError("'getUri' has no host") }
      result += "//"
      if let user = parts[1] { result += quoted(user, allowing: ";:&=+$,") + "@" }
      let isAddress = host.contains(":") && !host.hasPrefix("[")
      result += isAddress ? "[\(host)]" : host
      guard host.utf8.allSatisfy({ isUnreserved($0) || "[]:%".utf8.contains($0) }) else {
        throw EvaluationError("'getUri' has '\(host)' as host, which is not valid")
      }
      if port != -1 { result += ":\(port)" }
    }
    if let path, !path.isEmpty {
      guard path.hasPrefix("/") || parts[0] == nil else {
        throw EvaluationError("'getUri' needs a path that begins with '/'")
      }
      result += quoted(path, allowing: "/@;:&=+$,")
    }
    if let query = parts[5] { result += "?" + quoted(query, allowing: "/@;:&=+$,?[]") }
    if let fragment = parts[6] { result += "#" + quoted(fragment, allowing: "/@;:&=+$,?[]") }
    return result
  }

  private static func checkScheme(_ scheme: String) throws(EvaluationError) {
    let isValid =
      scheme.utf8.first.map(isLetter) == true
      && scheme.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0) }
    guard isValid else { throw EvaluationError("'getUri' has '\(scheme)' as scheme, which is not valid") }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    isLetter(byte) || (0x30...0x39).contains(byte) || "_-!.~'()*".utf8.contains(byte)
  }

  /// Percent-encodes characters that are not allowed; letters beyond ASCII are kept, as in Java.
  private static func quoted(_ text: String, allowing others: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      let isKept =
        scalar.isASCII
        ? isUnreserved(UInt8(scalar.value)) || others.unicodeScalars.contains(scalar)
        : !scalar.properties.isWhitespace && scalar.properties.generalCategory != .control
      if isKept {
        result.unicodeScalars.append(scalar)
      } else {
        result += PercentEncoding.encoded(String(scalar).utf8)
      }
    }
    return result
  }
}
