import Foundation

/// Finds secrets in bytes: literal, base64-encoded at any offset, percent-encoded, and truncated.
package struct SecretSearch: Sendable {
  private let needles: [(secret: Int, bytes: Data)]

  /// Parts of long secrets are searched too, because a message may be truncated.
  package init(_ secrets: [String]) throws {
    needles = secrets.enumerated().flatMap { index, secret in
      Self.forms(of: secret).map { (secret: index, bytes: Data($0.utf8)) }
    }
  }

  private static func forms(of secret: String) -> Set<String> {
    let bytes = Array(secret.utf8)
    var forms: Set<String> = [secret]
    // The first and the last part: 24 characters of a random token are unique.
    if bytes.count >= 48 {
      forms.insert(String(secret.suffix(24)))
      forms.insert(String(secret.dropLast(secret.count - 48).suffix(24)))
    }
    for offset in 0..<3 {
      // The first and last few digits depend on the surrounding bytes.
      let encoded = Data([UInt8](repeating: 0, count: offset) + bytes).base64EncodedString()
      forms.insert(String(encoded.dropFirst(4).dropLast(4)))
    }
    forms.insert(bytes.map { "%" + String($0, radix: 16, uppercase: true) }.joined())
    if let escaped = secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics) { forms.insert(escaped) }
    return forms
  }

  /// The secrets found, such as `secret 3`.
  package func places(in data: Data) -> [String] {
    needles.filter { data.range(of: $0.bytes) != nil }.map { "secret \($0.secret): \(String(decoding: $0.bytes.prefix(6), as: UTF8.self))…" }
  }

  /// Files below a folder that contain a secret; `isAllowed` exempts files by their relative path.
  package func files(below folder: String, except isAllowed: (String) -> Bool) throws -> [String] {
    guard let enumerator = FileManager.default.enumerator(atPath: folder) else { return [] }
    return enumerator.compactMap { $0 as? String }.filter { !isAllowed($0) }.flatMap { name -> [String] in
      guard let data = FileManager.default.contents(atPath: folder + "/" + name) else { return [] }
      return places(in: data).map { "\(name): \($0)" }
    }
  }
}
