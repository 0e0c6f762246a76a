import FlowCore

/// Removes secrets from texts and bodies in the forms in which a response may echo them: literal, JSON-escaped (`\/`),
/// and percent-encoded (`%2F`).
package struct Redaction: Sendable {
  /// Shorter secrets would match harmless text too often.
  private static let shortestSecret = 4
  /// What is shown in place of a secret.
  package static let shown = "[redacted]"
  private static let replacement = Array(shown.utf8)

  private let needles: [[UInt8]]
  /// The length of the shortest one.
  private let shortest: Int

  package init(_ secrets: [String]) {
    var forms: Set<String> = []
    for secret in secrets where secret.utf8.count >= Redaction.shortestSecret {
      forms.insert(secret)
      forms.insert(secret.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "\\/"))
      forms.insert(PercentEncoding.encode(secret))
      forms.insert(PercentEncoding.encode(secret, uppercase: false))
    }
    // Longest first, so that a secret containing another is replaced as a whole.
    needles = forms.map { Array($0.utf8) }.sorted { $0.count > $1.count }
    shortest = needles.last?.count ?? .max
  }

  package func apply(_ text: String) -> String {
    // Most texts are shorter than a token.
    text.utf8.count < shortest ? text : String(decoding: apply(Array(text.utf8)), as: UTF8.self)
  }

  func apply(_ bytes: [UInt8]) -> [UInt8] {
    needles.reduce(bytes) { replace($1, in: $0) }
  }

  func apply(_ content: Content) -> Content {
    guard !needles.isEmpty else { return content }
    switch content {
    case .empty, .claim: return content
    case .bytes(let bytes): return .bytes(apply(bytes))
    case .records(var batch):
      for index in batch.columns.indices {
        guard case .text(let texts) = batch.columns[index].values else { continue }
        batch.columns[index].values = .text(texts.map(apply))
      }
      return .records(batch)
    }
  }

  private func replace(_ needle: [UInt8], in bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var copied = 0
    var position = 0
    while position + needle.count <= bytes.count {
      guard bytes[position] == needle[0], bytes[position..<(position + needle.count)].elementsEqual(needle) else {
        position += 1
        continue
      }
      result += bytes[copied..<position]
      result += Redaction.replacement
      position += needle.count
      copied = position
    }
    return copied == 0 ? bytes : result + bytes[copied...]
  }
}
