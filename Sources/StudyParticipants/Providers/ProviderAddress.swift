import FlowCore

/// A provider's base URL; no path can change its scheme or host.
package struct ProviderAddress: Sendable, Equatable {
  /// Without a trailing slash.
  package let base: String

  package static let expected = "a URL such as https://api.fitbit.com, without query or user"

  /// nil unless it is an absolute http or https URL with a host and without user, query or fragment.
  package init?(_ text: String) {
    let scheme = ["https://", "http://"].first { text.lowercased().hasPrefix($0) }
    guard let scheme, Self.isPlain(text), !text.contains(where: { "@?#\\".contains($0) }) else { return nil }
    let host = text.dropFirst(scheme.count).prefix { $0 != "/" }
    guard !host.isEmpty, !host.hasPrefix(":") else { return nil }
    var base = text
    while base.hasSuffix("/") { base.removeLast() }
    self.base = base
  }

  /// The URL of a path. Throws for a path that could lead to another host: signed requests go to this host only.
  package func url(of path: String) throws -> String {
    guard path.hasPrefix("/"), !path.hasPrefix("//"), Self.isPlain(path), !path.contains(where: { "\\#".contains($0) }) else {
      throw ProcessorError(
        .badRequest,
        "\(ParticipantName.quoted(path)) is not a path under the provider's base URL; expected one that begins with '/', without "
          + "spaces, '\\' or '#', such as /1/user/-/devices.json")
    }
    return base + path
  }

  /// Path and query of a path or of an absolute link to this address. Throws for links to anywhere else.
  package func path(ofLink link: String) throws -> String {
    var path = link
    if !link.hasPrefix("/") {
      guard link.lowercased().hasPrefix(base.lowercased()), link.dropFirst(base.count).hasPrefix("/") else {
        let host = link.split(separator: "/", maxSplits: 2).dropFirst().first.map { ParticipantName.quoted(String($0)) } ?? "elsewhere"
        throw ProcessorError(.badData, "the next page is at \(host); expected a link that begins with \(base)/: it was not followed")
      }
      path = String(link.dropFirst(base.count))
    }
    do {
      _ = try url(of: path)
    } catch {
      throw ProcessorError(.badData, "the next page's link is not a URL under \(base); it was not followed")
    }
    return path
  }

  /// Visible ASCII: no spaces, no line breaks, nothing that URL parsers interpret differently.
  private static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { (33...126).contains($0) } }
}
