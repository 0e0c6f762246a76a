/// A secret key. Its bytes are overwritten when the last copy of the value ends, and never shown.
package struct SecretKey: Sendable, CustomStringConvertible {
  /// Sizes of AES-256-GCM (NIST SP 800-38D) in bytes.
  package static let count = 32
  package static let nonceCount = 12
  package static let tagCount = 16

  let memory: KeyMemory
  private let count: Int

  package init(_ bytes: [UInt8]) {
    precondition(!bytes.isEmpty, "a key has at least one byte")
    memory = KeyMemory(bytes)
    count = bytes.count
  }

  /// HMAC-SHA-256 (RFC 2104): 32 bytes, which prove knowledge of the key and reveal nothing about it.
  package func authenticationCode(for message: [UInt8]) -> [UInt8] { memory.authenticationCode(for: message) }

  /// Encrypts with AES-256-GCM; the tag follows the encrypted bytes.
  ///
  /// - Parameters:
  ///   - nonce: 12 bytes that never repeat under one key.
  ///   - data: authenticated with the text, and needed to open it.
  package func seal(_ text: [UInt8], nonce: [UInt8], authenticating data: [UInt8]) -> [UInt8] {
    check(nonce)
    return memory.seal(text, nonce: nonce, authenticating: data)
  }

  /// Decrypts what `seal` returned. nil if key, nonce, authenticated data or any bit differ.
  package func open(_ sealed: [UInt8], nonce: [UInt8], authenticating data: [UInt8]) -> [UInt8]? {
    check(nonce)
    guard sealed.count >= Self.tagCount else { return nil }
    return memory.open(sealed, nonce: nonce, authenticating: data)
  }

  private func check(_ nonce: [UInt8]) {
    precondition(count == Self.count, "AES-256 takes a key of 32 bytes, not \(count)")
    precondition(nonce.count == Self.nonceCount, "a nonce has 12 bytes, not \(nonce.count)")
  }

  package var description: String { "a key of \(count) bytes" }
}
