#if !canImport(CryptoKit)
  import COpenSSL
  import FlowBase

  extension HashAlgorithm {
    func computed(over bytes: UnsafeRawBufferPointer) -> [UInt8]? {
      let digest = [UInt8](unsafeUninitializedCapacity: Int(copenssl_digest_limit)) { digest, count in
        guard let room = digest.baseAddress else { return }
        count = copenssl_digest(hash, bytes.baseAddress, bytes.count, room)
      }
      return digest.isEmpty ? nil : digest
    }

    fileprivate var hash: COpenSSLHash {
      switch self {
      case .md5: COpenSSLMD5
      case .sha1: COpenSSLSHA1
      case .sha256: COpenSSLSHA256
      case .sha384: COpenSSLSHA384
      case .sha512: COpenSSLSHA512
      }
    }
  }

  /// OpenSSL's context of a digest.
  final class DigestContext {
    private let context: UnsafeMutableRawPointer

    init(_ algorithm: HashAlgorithm) {
      guard let context = copenssl_running_make(algorithm.hash) else { refused(algorithm.rawValue) }
      self.context = context
    }

    deinit { copenssl_running_free(context) }

    func update(_ bytes: UnsafeRawBufferPointer) {
      guard copenssl_running_update(context, bytes.baseAddress, bytes.count) else { refused("digest of further bytes") }
    }

    func finish() -> [UInt8] {
      [UInt8](unsafeUninitializedCapacity: Int(copenssl_digest_limit)) { digest, count in
        guard let room = digest.baseAddress else { return }
        count = copenssl_running_finish(context, room)
        if count == 0 { refused("end of a digest") }
      }
    }
  }

  /// A key's bytes. Not an array, because its copies would leave the bytes behind.
  final class KeyMemory: Sendable {
    private let storage: Locked<UnsafeMutableRawBufferPointer>

    init(_ bytes: [UInt8]) {
      let room = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
      room.copyBytes(from: bytes)
      storage = Locked(room)
    }

    deinit {
      storage.withLock { room in
        if let start = room.baseAddress { copenssl_cleanse(start, room.count) }
        room.deallocate()
      }
    }

    func authenticationCode(for message: [UInt8]) -> [UInt8] {
      withKey { key, keyCount in
        [UInt8](unsafeUninitializedCapacity: 32) { code, count in
          guard let room = code.baseAddress, copenssl_hmac(key, keyCount, message, message.count, room) else { refused("HMAC-SHA-256") }
          count = 32
        }
      }
    }

    func seal(_ text: [UInt8], nonce: [UInt8], authenticating data: [UInt8]) -> [UInt8] {
      withSeal(nonce, data) { seal in
        [UInt8](unsafeUninitializedCapacity: text.count + SecretKey.tagCount) { sealed, count in
          guard let room = sealed.baseAddress, copenssl_seal(seal, text, text.count, room, room + text.count) == COpenSSLDone
          else { refused("AES-256-GCM") }
          count = text.count + SecretKey.tagCount
        }
      }
    }

    func open(_ sealed: [UInt8], nonce: [UInt8], authenticating data: [UInt8]) -> [UInt8]? {
      let textCount = sealed.count - SecretKey.tagCount
      return withSeal(nonce, data) { seal in
        var outcome = COpenSSLRefused
        // One byte more, so that there is an address even for an empty text.
        let text = [UInt8](unsafeUninitializedCapacity: textCount + 1) { text, count in
          sealed.withUnsafeBufferPointer { sealed in
            guard let start = sealed.baseAddress, let room = text.baseAddress else { return }
            outcome = copenssl_open(seal, start, textCount, start + textCount, room)
          }
          count = outcome == COpenSSLDone ? textCount : 0
        }
        if outcome == COpenSSLRefused { refused("AES-256-GCM") }
        return outcome == COpenSSLDone ? text : nil
      }
    }

    private func withKey<Result: Sendable>(_ body: (UnsafeMutableRawPointer, Int) -> Result) -> Result {
      storage.withLock { room in
        guard let start = room.baseAddress else { preconditionFailure("a key has at least one byte") }
        return body(start, room.count)
      }
    }

    private func withSeal<Result: Sendable>(
      _ nonce: [UInt8], _ data: [UInt8], _ body: (UnsafePointer<COpenSSLSeal>) -> Result
    ) -> Result {
      withKey { key, _ in
        nonce.withUnsafeBufferPointer { nonce in
          data.withUnsafeBufferPointer { data in
            guard let nonceStart = nonce.baseAddress else { preconditionFailure("a nonce has 12 bytes") }
            var seal = COpenSSLSeal(key: key, nonce: nonceStart, data: data.baseAddress, dataCount: data.count)
            return body(&seal)
          }
        }
      }
    }
  }

  /// OpenSSL refuses what nobody can do without only if its configuration leaves it out.
  func refused(_ algorithm: String) -> Never {
    fatalError("OpenSSL offers no \(algorithm); check openssl.cnf and the environment variable OPENSSL_CONF")
  }
#endif
