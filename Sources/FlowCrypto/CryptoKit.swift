#if canImport(CryptoKit)
  import CryptoKit
  import Foundation

  extension HashAlgorithm {
    func computed(over bytes: UnsafeRawBufferPointer) -> [UInt8]? {
      switch self {
      case .md5: Array(Insecure.MD5.hash(data: bytes))
      case .sha1: Array(Insecure.SHA1.hash(data: bytes))
      case .sha256: Array(CryptoKit.SHA256.hash(data: bytes))
      case .sha384: Array(SHA384.hash(data: bytes))
      case .sha512: Array(SHA512.hash(data: bytes))
      }
    }
  }

  /// CryptoKit's hash function of a digest.
  final class DigestContext {
    private var function: any HashFunction

    init(_ algorithm: HashAlgorithm) {
      function =
        switch algorithm {
        case .md5: Insecure.MD5()
        case .sha1: Insecure.SHA1()
        case .sha256: CryptoKit.SHA256()
        case .sha384: SHA384()
        case .sha512: SHA512()
        }
    }

    func update(_ bytes: UnsafeRawBufferPointer) { function.update(bufferPointer: bytes) }
    func finish() -> [UInt8] { Array(function.finalize()) }
  }

  /// `SymmetricKey` overwrites its bytes itself.
  struct KeyMemory: Sendable {
    private let key: SymmetricKey

    init(_ bytes: [UInt8]) { key = SymmetricKey(data: bytes) }

    func authenticationCode(for message: [UInt8]) -> [UInt8] { Array(HMAC<CryptoKit.SHA256>.authenticationCode(for: message, using: key)) }

    func seal(_ text: [UInt8], nonce: [UInt8], authenticating data: [UInt8]) -> [UInt8] {
      do {
        let box = try AES.GCM.seal(text, using: key, nonce: AES.GCM.Nonce(data: nonce), authenticating: data)
        return Array(box.ciphertext + box.tag)
      } catch {
        refused("AES-256-GCM")
      }
    }

    func open(_ sealed: [UInt8], nonce: [UInt8], authenticating data: [UInt8]) -> [UInt8]? {
      do {
        return Array(try AES.GCM.open(AES.GCM.SealedBox(combined: nonce + sealed), using: key, authenticating: data))
      } catch {
        return nil
      }
    }
  }

  func refused(_ algorithm: String) -> Never { fatalError("CryptoKit offers no \(algorithm)") }
#endif
