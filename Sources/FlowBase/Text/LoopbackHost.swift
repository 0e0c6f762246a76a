/// Hosts that are this machine (RFC 6761 §6.3, RFC 1122 §3.2.1.3).
package enum LoopbackHost {
  /// - Parameter host: a name or an address as URLs have it, `[::1]` in brackets.
  package static func contains(_ host: String) -> Bool {
    let name = host.lowercased()
    return name == "localhost" || name.hasSuffix(".localhost") || name == "[::1]" || isLoopbackAddress(name)
  }

  private static func isLoopbackAddress(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return parts.count == 4 && parts.first == 127 && !parts.contains(nil)
  }
}
