import FlowCore

/// Where objects are on S3: the bucket, the prefix of their keys, and the server.
struct S3Bucket: Sendable, Equatable {
  enum Server: Sendable, Equatable {
    /// The endpoint of the bucket's region at AWS.
    case amazon
    /// A server named by `AWS_ENDPOINT_URL`.
    /// - Parameters:
    ///   - authority: host and port, the latter unless it is the scheme's own.
    ///   - path: before the bucket, without a slash at its end; usually empty.
    case endpoint(scheme: String, authority: String, path: String)
  }

  let name: String
  /// Without a slash at its end; may be empty.
  let prefix: String
  let server: Server

  var location: String { "s3://" + ObjectKey.joined(name, prefix) }

  /// The address of a request.
  struct Address: Sendable, Equatable {
    var scheme: String
    /// The field `Host`.
    var host: String
    /// Percent-encoded.
    var path: String
    var url: String { "\(scheme)://\(host)\(path)" }
  }

  /// - Parameter key: the whole key, with the prefix; empty for the bucket itself.
  func address(_ key: String, region: String) -> Address {
    let path = "/" + AWSSignature.pathText(key)
    switch server {
    case .endpoint(let scheme, let authority, let base):
      return Address(scheme: scheme, host: authority, path: "\(base)/\(name)\(path)")
    case .amazon:
      let host = "s3.\(region).amazonaws.com" + (region.hasPrefix("cn-") ? ".cn" : "")
      // The certificate of the endpoint covers one label before it.
      return name.contains(".")
        ? Address(scheme: "https", host: host, path: "/\(name)\(path)") : Address(scheme: "https", host: "\(name).\(host)", path: path)
    }
  }

  /// What is wrong with a bucket's name (AWS, "General purpose bucket naming rules"); nil if nothing is.
  static func nameProblem(_ name: String) -> String? {
    guard (3...63).contains(name.utf8.count) else { return "a bucket's name has 3 to 63 characters, not \(name.utf8.count)" }
    guard name.utf8.allSatisfy({ isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }) else {
      return "a bucket's name consists of lower-case letters, digits, hyphens and dots"
    }
    guard let first = name.utf8.first, let last = name.utf8.last, isLetterOrDigit(first), isLetterOrDigit(last), !name.contains("..") else {
      return "a bucket's name begins and ends with a letter or digit and has no two dots in a row"
    }
    let numbers = name.split(separator: ".", omittingEmptySubsequences: false)
    return numbers.count == 4 && numbers.allSatisfy({ UInt8($0) != nil }) ? "a bucket's name is not an IP address" : nil
  }

  /// Regions are part of a host's name, so nothing else is accepted, least of all from a server.
  static func isRegion(_ text: String) -> Bool {
    (1...40).contains(text.utf8.count) && text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

extension S3Bucket.Server {
  enum Parsed: Sendable, Equatable {
    case server(S3Bucket.Server)
    case problem(found: String, hint: String?)
  }

  /// Reads an endpoint's URL.
  static func parse(_ url: String) -> Parsed {
    guard let separator = url.firstRange(of: "://") else { return .problem(found: "'\(shown(url))' is no URL", hint: nil) }
    let scheme = url[..<separator.lowerBound].lowercased(), rest = url[separator.upperBound...]
    guard scheme == "https" || scheme == "http" else { return .problem(found: "its scheme is '\(ObjectKey.shown(scheme))'", hint: nil) }
    guard !rest.contains(where: { "?#@\\ ".contains($0) }), rest.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      return .problem(found: "it has a user, a query, a fragment or a character that must be encoded", hint: nil)
    }
    let authority = rest.prefix { $0 != "/" }.lowercased()
    let path = String(rest.dropFirst(authority.count)).trimmingSlashes
    guard let (host, port) = hostAndPort(authority) else { return .problem(found: "'\(authority)' is no host with an optional port", hint: nil) }
    guard scheme == "https" || LoopbackHost.contains(host) else {
      return .problem(found: "requests to \(host) would cross the network in the clear", hint: "use https://, or a tunnel that ends on this machine (http://127.0.0.1:PORT)")
    }
    let usual = scheme == "https" ? 443 : 80
    return .server(.endpoint(scheme: scheme, authority: port == nil || port == usual ? host : authority, path: path))
  }

  private static func hostAndPort(_ authority: String) -> (host: String, port: Int?)? {
    let end = authority.hasPrefix("[") ? authority.firstIndex(of: "]").map { authority.index(after: $0) } : authority.firstIndex(of: ":") ?? authority.endIndex
    guard let end, end > authority.startIndex else { return nil }
    let host = String(authority[..<end]), rest = authority[end...]
    if rest.isEmpty { return (host, nil) }
    guard rest.first == ":", let port = Int(rest.dropFirst()), (1...65_535).contains(port), rest.dropFirst().allSatisfy(\.isNumber) else { return nil }
    return (host, port)
  }

  /// A URL without what might be a password in it.
  private static func shown(_ url: String) -> String { url.contains("@") ? "…" : ObjectKey.shown(url) }
}

extension String {
  /// Without slashes at its end.
  fileprivate var trimmingSlashes: String { lastIndex { $0 != "/" }.map { String(self[...$0]) } ?? "" }
}
