import FlowBase
import FlowCrypto

extension Function {
  /// Digests and UUIDs derived from them.
  static let hashing: [Function] = [
    Function(
      "hash(algorithm)", .hashing,
      "The digest of its UTF-8 bytes in hexadecimal digits: MD5, SHA-1, SHA-256, SHA-384, SHA-512.",
      Example("${a:hash('MD5')}", ["a": "john"], gives: "527bd5b5d689e2c32ae974c6229ff785")
    ) { site in
      let text = site.text
      let algorithm = site.requiredText(0)
      return .text { e throws(EvaluationError) in
        guard let value = try text(e) else { return nil }
        return Hexadecimal.text(try HashAlgorithm(javaName: try algorithm(e)).digestOrError(of: value.utf8))
      }
    },
    uuid("UUID3", .md5, version: 3, namespace: "b9e81de3-7047-4b5e-a822-8fff5b49f808", gives: "7ab88cc4-7748-3214-812a-1bc4500a911a"),
    uuid("UUID5", .sha1, version: 5, namespace: "245b55a8-397d-4480-a41e-16603c8cf9ad", gives: "74f6dc12-6d84-500c-9583-e9fed79912ea"),
  ]

  private static func uuid(
    _ name: String, _ algorithm: HashAlgorithm, version: UInt8, namespace: String, gives result: String
  ) -> Function {
    Function(
      "\(name)(namespace)", .hashing, "The UUID of the text in a namespace (a UUID), made with \(algorithm.rawValue).",
      Example("${a:\(name)('\(namespace)')}", ["a": "u5IkOYFFvYioYBJSNI2XNjPaVoRjXYnr"], gives: result)
    ) { site in
      let text = site.text
      let namespace = site.text(0)
      return .text { e throws(EvaluationError) in
        guard let value = try text(e) else { return nil }
        // Without a namespace, NiFi uses the nil UUID.
        let prefix = try UUIDBytes.parse(try namespace(e) ?? "0-0-0-0-0")
        return UUIDBytes.text(try algorithm.digestOrError(of: prefix + Array(value.utf8)), version: version)
      }
    }
  }
}

/// UUIDs as sixteen bytes.
private enum UUIDBytes {
  /// Parses five groups of hexadecimal digits; like in Java, shorter groups are zero-padded.
  static func parse(_ text: String) throws(EvaluationError) -> [UInt8] {
    let groups = text.split(separator: "-", omittingEmptySubsequences: false)
    let widths = [8, 4, 4, 4, 12]
    guard groups.count == 5 else { throw EvaluationError("'\(text)' is not a UUID") }
    var bytes: [UInt8] = []
    for (group, width) in zip(groups, widths) {
      guard group.utf8.count <= width, let value = UInt64(group, radix: 16) else {
        throw EvaluationError("'\(text)' is not a UUID")
      }
      for shift in stride(from: (width - 2) * 4, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
      }
    }
    return bytes
  }

  /// The first sixteen bytes with version and variant set.
  static func text(_ digest: [UInt8], version: UInt8) -> String {
    var bytes = Array(digest.prefix(16))
    bytes[6] = bytes[6] & 0x0F | version << 4
    bytes[8] = bytes[8] & 0x3F | 0x80
    let digits = Hexadecimal.text(bytes)
    var result = ""
    for (index, character) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { result += "-" }
      result.append(character)
    }
    return result
  }
}

extension HashAlgorithm {
  /// An algorithm by its Java name, of which some are aliases.
  fileprivate init(javaName name: String) throws(EvaluationError) {
    let upper = name.uppercased()
    let known = ["SHA": Self.sha1, "SHA1": .sha1, "SHA256": .sha256, "SHA384": .sha384, "SHA512": .sha512]
    guard let algorithm = Self(rawValue: upper) ?? known[upper] else {
      let hint = NearestName.suggestion(for: name, among: Self.allCases.map(\.rawValue)).map { "; \($0)" } ?? ""
      throw EvaluationError("'hash' does not support the algorithm '\(name)'" + hint)
    }
    self = algorithm
  }

  fileprivate func digestOrError(of bytes: some Collection<UInt8>) throws(EvaluationError) -> [UInt8] {
    guard let digest = digest(of: bytes) else { throw EvaluationError("the system's cryptography refuses \(rawValue), as OpenSSL in FIPS mode does") }
    return digest
  }
}
