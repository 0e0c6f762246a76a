import FlowBase

/// Where the server listens: `127.0.0.1:8080`, `[::1]:8080`, `0.0.0.0:80`.
package struct ListenAddress: Sendable, Equatable {
  /// A name or an address; an IPv6 address without brackets.
  package var host: String
  /// 0: any free port.
  package var port: Int

  package static let standard = ListenAddress(host: "127.0.0.1", port: 8080)
  package static let expected = "ADDRESS:PORT with a port up to 65535, such as 127.0.0.1:8080 or [::1]:8080"

  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// nil if the text is not of the form `ADDRESS:PORT`.
  package init?(_ text: String) {
    guard let authority = Authority(text), let port = authority.port, !authority.host.isEmpty else { return nil }
    host = authority.host.hasPrefix("[") ? String(authority.host.dropFirst().dropLast()) : authority.host
    self.port = port
  }

  /// Whether only this machine reaches it.
  package var isLoopback: Bool { LoopbackHost.contains(urlHost) }
  /// Whether it stands for every address of the machine.
  var isWildcard: Bool { ["0.0.0.0", "::", "0:0:0:0:0:0:0:0"].contains(host) }
  /// As URLs have it, an IPv6 address in brackets.
  package var urlHost: String { host.contains(":") ? "[\(host)]" : host }
}

/// The host and port of a URL or of the header `Host` (RFC 9110 §7.2).
struct Authority: Sendable, Equatable {
  /// Lower case; an IPv6 address in brackets.
  var host: String
  /// nil if not said.
  var port: Int?

  /// nil for what is not `HOST` or `HOST:PORT`.
  init?(_ text: String) {
    let end: String.Index
    if text.hasPrefix("[") {
      guard let bracket = text.firstIndex(of: "]") else { return nil }
      end = text.index(after: bracket)
      guard text[text.index(after: text.startIndex)..<bracket].utf8.allSatisfy({ Hexadecimal.digit($0) != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") })
      else { return nil }
    } else {
      end = text.firstIndex(of: ":") ?? text.endIndex
      guard text[..<end].utf8.allSatisfy(Self.isNameCharacter) else { return nil }
    }
    host = text[..<end].lowercased()
    guard end < text.endIndex else { return }
    let digits = text[text.index(after: end)...]
    guard text[end] == ":", !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let port = Int(digits), port <= 65_535
    else { return nil }
    self.port = port
  }

  /// Whether the host is an address and not a name. A page from elsewhere reaches this server under a name of its own, never under an address.
  var isAddress: Bool {
    if host.hasPrefix("[") { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
  }

  private static func isNameCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "-._".utf8.contains(byte)
    }
  }
}

/// The address under which people reach the server: `https://study.example.org`, without a path.
package struct PublicURL: Sendable, Equatable {
  /// `https://study.example.org`, as browsers send it in `Origin`.
  package let origin: String
  package let isTLS: Bool
  let authority: Authority

  /// Whether only this machine reaches it.
  package var isLoopback: Bool { LoopbackHost.contains(authority.host) }

  package static let expected = "an address without a path, such as https://study.example.org"

  /// nil if the text is no `http` or `https` address of a host.
  package init?(_ text: String) {
    guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { return nil }
    let scheme = text[..<colon].lowercased()
    let rest = text[colon...].dropFirst(3)
    guard ["http", "https"].contains(scheme), let authority = Authority(String(rest.hasSuffix("/") ? rest.dropLast() : rest)), !authority.host.isEmpty
    else { return nil }
    isTLS = scheme == "https"
    self.authority = authority
    let standardPort = Self.standardPort(isTLS: isTLS)
    origin = "\(scheme)://\(authority.host)" + (authority.port.flatMap { $0 == standardPort ? nil : ":\($0)" } ?? "")
  }

  private static func standardPort(isTLS: Bool) -> Int { isTLS ? 443 : 80 }

  /// Whether `Host` means this address. A proxy may leave out the port.
  func isReached(as host: Authority) -> Bool {
    host.host == authority.host && (host.port.map { $0 == authority.port ?? Self.standardPort(isTLS: isTLS) } ?? true)
  }

  /// The address of a path that begins with `/`.
  package func url(_ path: String) -> String { origin + path }
}
