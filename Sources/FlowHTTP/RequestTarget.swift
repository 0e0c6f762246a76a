import CCurl
import FlowCore

/// The destination of a request, parsed by libcurl's own URL parser, so that the checks see what libcurl will use.
struct RequestTarget: Sendable, Equatable {
  var isSecure: Bool
  var host: String
  var port: String

  /// Host and port, for messages.
  var place: String { "\(host):\(port)" }
  /// Whether the host is this machine, which is never reached through a proxy.
  var isLoopback: Bool { LoopbackHost.contains(host) }

  /// Throws `TransportError` (`badURL`) if the text is not an absolute http or https URL.
  init(_ url: String) throws {
    guard !url.utf8.contains(0), let parsed = curl_url() else { throw RequestTarget.refusal(of: url, "not a URL") }
    defer { curl_url_cleanup(parsed) }
    guard url.contains("://") else { throw RequestTarget.refusal(of: url, "not an absolute URL") }
    let code = curl_url_set(parsed, CURLUPART_URL, url, 0)
    guard code == CURLUE_OK else { throw RequestTarget.refusal(of: url, RequestTarget.words(code)) }
    let scheme = RequestTarget.part(CURLUPART_SCHEME, of: parsed)
    guard scheme == "https" || scheme == "http" else { throw RequestTarget.refusal(of: url, "neither http nor https") }
    guard let host = RequestTarget.part(CURLUPART_HOST, of: parsed), !host.isEmpty,
      let port = RequestTarget.part(CURLUPART_PORT, of: parsed)
    else { throw RequestTarget.refusal(of: url, "it has no host") }
    isSecure = scheme == "https"
    self.host = host
    self.port = port
  }

  private static func part(_ part: CURLUPart, of url: OpaquePointer) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(url, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }

  private static func words(_ code: CURLUcode) -> String {
    switch code {
    case CURLUE_BAD_SCHEME, CURLUE_UNSUPPORTED_SCHEME: "neither http nor https"
    case CURLUE_BAD_PORT_NUMBER: "its port is not a number from 0 to 65535"
    case CURLUE_NO_HOST: "it has no host"
    default: "not an absolute URL"
    }
  }

  /// Omits the query, which may contain sensitive data.
  private static func refusal(of url: String, _ reason: String) -> TransportError {
    let shown = url.prefix { $0 != "?" && $0 != "#" }
    return TransportError(.badURL, "cannot request '\(shown.contains("@") ? "…" : String(shown.prefix(200)))': \(reason)")
  }
}

/// A target with the part of the URL from which it was parsed: scheme, host and port, up to the path.
struct KnownTarget: Sendable {
  let target: RequestTarget
  private let origin: String

  /// nil if the URL has no path.
  init?(_ url: String, _ target: RequestTarget) {
    guard let scheme = url.firstRange(of: "://"), let slash = url[scheme.upperBound...].firstIndex(of: "/") else { return nil }
    self.target = target
    origin = String(url[...slash])
  }

  /// Whether the URL leads to the same host. The rest of it must be plain characters, so that the parser could only agree.
  func serves(_ url: String) -> Bool {
    url.utf8.starts(with: origin.utf8) && url.utf8.dropFirst(origin.utf8.count).allSatisfy { (0x21...0x7E).contains($0) }
  }
}
