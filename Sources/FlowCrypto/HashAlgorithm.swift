/// The hash functions of NiFi's `hash`: FIPS 180-4, and MD5 (RFC 1321). Computed by the system's cryptography: OpenSSL's libcrypto, or
/// CryptoKit on macOS.
package enum HashAlgorithm: String, Sendable, CaseIterable {
  case md5 = "MD5"
  case sha1 = "SHA-1"
  case sha256 = "SHA-256"
  case sha384 = "SHA-384"
  case sha512 = "SHA-512"

  /// nil if the system refuses the algorithm: OpenSSL in FIPS mode has no MD5.
  package func digest(of bytes: some Collection<UInt8>) -> [UInt8]? {
    bytes.withContiguousStorageIfAvailable { computed(over: UnsafeRawBufferPointer($0)) }
      ?? Array(bytes).withUnsafeBytes { computed(over: $0) }
  }
}

/// SHA-256, which no system refuses.
package enum SHA256 {
  /// 32 bytes.
  package static func digest(of bytes: some Collection<UInt8>) -> [UInt8] {
    guard let digest = HashAlgorithm.sha256.digest(of: bytes) else { refused(HashAlgorithm.sha256.rawValue) }
    return digest
  }
}

/// SHA-256 over bytes that come in pieces, for files that do not fit into memory. Used by one thread at a time.
package final class RunningSHA256 {
  private let context = DigestContext(.sha256)

  package init() {}

  package func update(_ bytes: some Collection<UInt8>) {
    let isDone: Void? = bytes.withContiguousStorageIfAvailable { context.update(UnsafeRawBufferPointer($0)) }
    if isDone == nil { Array(bytes).withUnsafeBytes { context.update($0) } }
  }

  /// 32 bytes. Call it once, at the end.
  package func finish() -> [UInt8] { context.finish() }
}
