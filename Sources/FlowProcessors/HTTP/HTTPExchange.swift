import FlowCore

/// A complete answer.
struct HTTPAnswer: Sendable {
  var status: Int
  /// The reason phrase; empty if there is none.
  var reason: String
  var headers: HTTPHeaders
  var content: Content
  /// Where it came from, as it may be shown.
  var url: String
}

/// A request with the redirects that it leads to.
struct HTTPExchange: Sendable {
  let followsRedirects: Bool
  let connectTimeout: Duration
  let longestSilence: Duration
  let bodyLimitBytes: Int

  /// As many as OkHttp follows, with which NiFi asks.
  private static let mostRedirects = 20
  /// What drips is ended some time.
  private static let longest = Duration.seconds(86_400)
  /// Header fields that tell nothing but the form of a message: another server may see them.
  private static let harmless: Set<String> = ["accept", "accept-language", "content-type"]

  /// Asks, and follows redirects.
  /// - Parameter note: called before each request.
  /// - Throws: `ProcessorError` if there is no complete answer; `CancellationError`.
  func answer(to request: HTTPRequest, in environment: RuntimeEnvironment, _ note: () -> Void) async throws -> HTTPAnswer {
    var request = request
    request.connectTimeout = connectTimeout
    request.longestSilence = longestSilence
    request.timeout = Self.longest
    request.bodyLimitBytes = bodyLimitBytes
    guard let address = HTTPAddress(request.url) else {
      throw ProcessorError(.badRequest, "'\(Self.shown(request.url))' is no address; expected http://HOST… or https://HOST…")
    }
    request.url = address.text
    var redirects = 0
    while true {
      note()
      let response = try await send(&request, environment)
      guard redirects < Self.mostRedirects, let next = redirected(request, response) else {
        return answer(of: response, to: request, isRedirected: redirects > 0, environment)
      }
      request = next
      redirects += 1
    }
  }

  private func send(_ request: inout HTTPRequest, _ environment: RuntimeEnvironment) async throws -> HTTPResponse {
    let contents = environment.contents
    request.download = contents.newPath()
    request.downloadAfterBytes = contents.claimBytes
    do {
      return try await environment.transport.send(request)
    } catch let error as TransportError {
      // What was written of a broken answer goes; there may be nothing.
      if let path = request.download { contents.discard(path) }
      if error.kind == .cancelled || Task.isCancelled { throw CancellationError() }
      throw ProcessorError(error.cause, error.message)
    }
  }

  private func answer(of response: HTTPResponse, to request: HTTPRequest, isRedirected: Bool, _ environment: RuntimeEnvironment) -> HTTPAnswer {
    var content = Content.bytes(response.body)
    if let path = request.download, let size = response.fileBytes { content = .claim(environment.contents.claim(path, sizeBytes: size)) }
    if case .bytes(let bytes) = content, bytes.isEmpty { content = .empty }
    return HTTPAnswer(status: response.status, reason: response.reason, headers: response.headers, content: content, url: Self.shown(request.url, withoutQuery: isRedirected))
  }

  /// The request that a redirect asks for; nil: the response is the answer.
  private func redirected(_ request: HTTPRequest, _ response: HTTPResponse) -> HTTPRequest? {
    guard followsRedirects, [301, 302, 303, 307, 308].contains(response.status), let location = response.headers["Location"],
      let from = HTTPAddress(request.url), let to = from.resolved(location), !(from.isSecure && !to.isSecure)
    else { return nil }
    var next = request
    next.url = to.text
    if to.origin != from.origin {
      next.headers = HTTPHeaders(request.headers.fields.filter { Self.harmless.contains($0.name.lowercased()) })
    }
    if response.status < 307, request.method != "GET", request.method != "HEAD" {
      next.method = "GET"
      next.body = nil
      next.upload = nil
      next.headers["Content-Type"] = nil
    }
    return next
  }

  /// An address for attributes and messages: no user name and password.
  static func shown(_ url: String, withoutQuery: Bool = false) -> String {
    guard let address = HTTPAddress(url) else { return url.contains("@") ? "…" : String(url.prefix(200)) }
    let path = withoutQuery ? String(address.path.prefix { $0 != "?" && $0 != "#" }) : address.path
    return "\(address.origin)\(path)"
  }
}

/// The parts of an http address that redirects and attributes need.
struct HTTPAddress: Equatable {
  /// `http` or `https`.
  let scheme: String
  /// User name and password with the `@`; mostly empty.
  private let account: String
  /// Host and port as written, in small letters.
  let authority: String
  /// Path, query and fragment; empty or from `/`, `?` or `#` on. What cannot stand in an address is percent-encoded.
  let path: String

  var isSecure: Bool { scheme == "https" }
  var origin: String { "\(scheme)://\(authority)" }
  var text: String { "\(scheme)://\(account)\(authority)\(path)" }

  /// nil: not an address of http or https. White space around it is left out, and what people write in a path or a query and cannot stand there, such
  /// as a space or a letter beyond ASCII, is percent-encoded, as by OkHttp, with which NiFi asks.
  init?(_ text: String) {
    let text = String(text.trimmingPrefix(while: Self.isSpace).reversed().trimmingPrefix(while: Self.isSpace).reversed())
    guard let colon = text.firstRange(of: "://") else { return nil }
    let scheme = text[..<colon.lowerBound].lowercased()
    let rest = text[colon.upperBound...]
    let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
    let host = rest[..<end].lastIndex(of: "@").map { rest.index(after: $0) } ?? rest.startIndex
    let account = rest[..<host], authority = rest[host..<end]
    guard scheme == "http" || scheme == "https", !authority.isEmpty,
      !rest[..<end].unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value == 0x7F })
    else { return nil }
    self.init(scheme: scheme, account: String(account), authority: authority.lowercased(), path: Self.encoded(rest[end...]))
  }

  private static func isSpace(_ character: Character) -> Bool { character.unicodeScalars.allSatisfy { $0.value <= 0x20 } }

  /// A `%` stays: what it begins is taken for encoded already.
  private static func encoded(_ path: Substring) -> String {
    var text: [UInt8] = []
    for byte in path.utf8 {
      if byte > 0x20 && byte < 0x7F && !#""<>^`{|}\"#.utf8.contains(byte) { text.append(byte) } else { text += PercentEncoding.encoded([byte]).utf8 }
    }
    return String(decoding: text, as: UTF8.self)
  }

  private init(scheme: String, account: String, authority: String, path: String) {
    self.scheme = scheme
    self.account = account
    self.authority = authority
    self.path = path
  }

  /// The address that a Location means here (RFC 3986 §5.2, as far as redirects use it); nil if it is none of http.
  func resolved(_ location: String) -> HTTPAddress? {
    if location.contains("://"), let absolute = HTTPAddress(location) { return absolute }
    if location.hasPrefix("//") { return HTTPAddress("\(scheme):\(location)") }
    guard !location.prefix(while: { !"/?#".contains($0) }).contains(":") else { return nil }
    let own = String(path.prefix { $0 != "?" && $0 != "#" })
    let target: String
    if location.hasPrefix("/") {
      target = Self.withoutDots(location)
    } else if location.hasPrefix("?") {
      target = own + location
    } else if location.isEmpty || location.hasPrefix("#") {
      target = String(path.prefix { $0 != "#" }) + location
    } else {
      target = Self.withoutDots((own.lastIndex(of: "/").map { String(own[...$0]) } ?? "/") + location)
    }
    return HTTPAddress("\(scheme)://\(account)\(authority)\(target)")
  }

  /// The path without `.` and `..`; what follows it stays.
  private static func withoutDots(_ path: String) -> String {
    let end = path.firstIndex { $0 == "?" || $0 == "#" } ?? path.endIndex
    var parts: [Substring] = []
    let all = path[..<end].split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    for (number, part) in all.enumerated() {
      let isLast = number == all.count - 1
      switch part {
      case ".": if isLast { parts.append("") }
      case "..":
        _ = parts.popLast()
        if isLast { parts.append("") }
      default: parts.append(part)
      }
    }
    return "/" + parts.joined(separator: "/") + path[end...]
  }
}
