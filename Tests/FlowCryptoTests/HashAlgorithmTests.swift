import FlowBase
import FlowCrypto
import Testing

@Suite("Digests are those of the standards")
struct HashAlgorithmTests {
  struct Vector: Sendable, CustomTestStringConvertible {
    let algorithm: HashAlgorithm
    let message: [UInt8]
    let digest: String
    var testDescription: String { "\(algorithm.rawValue) of \(message.count) bytes" }

    init(_ algorithm: HashAlgorithm, _ message: String, times: Int = 1, _ digest: String) {
      self.algorithm = algorithm
      self.message = Array(String(repeating: message, count: times).utf8)
      self.digest = digest
    }
  }

  private static let twoBlocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
  private static let longTwoBlocks =
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"

  /// RFC 1321 appendix A.5, RFC 6234 §8.5 and the examples of FIPS 180-4.
  static let vectors = [
    Vector(.md5, "", "d41d8cd98f00b204e9800998ecf8427e"),
    Vector(.md5, "abc", "900150983cd24fb0d6963f7d28e17f72"),
    Vector(.md5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
    Vector(.md5, "1234567890", times: 8, "57edf4a22be3c955ac49da2e2107b67a"),
    Vector(.sha1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    Vector(.sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    Vector(.sha1, twoBlocks, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
    Vector(.sha1, "a", times: 1_000_000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
    Vector(.sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    Vector(.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    Vector(.sha256, twoBlocks, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
    Vector(.sha256, "a", times: 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    Vector(.sha384, "", "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b"),
    Vector(.sha384, "abc", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"),
    Vector(.sha384, longTwoBlocks, "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039"),
    Vector(
      .sha512, "",
      "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"),
    Vector(
      .sha512, "abc",
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"),
    Vector(
      .sha512, longTwoBlocks,
      "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"),
    Vector(
      .sha512, "a", times: 1_000_000,
      "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"),
  ]

  @Test("a message has the digest of the standard", arguments: vectors)
  func standard(_ vector: Vector) {
    #expect(vector.algorithm.digest(of: vector.message).map { Hexadecimal.text($0) } == vector.digest)
  }

  @Test("the digest of text, of a part of an array and of a collection without storage is that of their bytes")
  func collections() {
    let bytes = Array("abc".utf8)
    let digest = SHA256.digest(of: bytes)
    #expect(SHA256.digest(of: "abc".utf8) == digest)
    #expect(SHA256.digest(of: Array("xabcx".utf8)[1..<4]) == digest)
    #expect(SHA256.digest(of: bytes.lazy.map { $0 }) == digest)
    #expect(SHA256.digest(of: EmptyCollection<UInt8>()) == SHA256.digest(of: [] as [UInt8]))
    #expect(SHA256.digest(of: bytes) == HashAlgorithm.sha256.digest(of: bytes))
  }

  @Test("a digest over pieces is that of the whole, however it is divided")
  func pieces() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    for size in [1, 63, 64, 65, 999, 1000] {
      let running = RunningSHA256()
      for start in stride(from: 0, to: bytes.count, by: size) { running.update(bytes[start..<min(start + size, bytes.count)]) }
      running.update([])
      running.update(EmptyCollection<UInt8>())
      #expect(running.finish() == SHA256.digest(of: bytes), "\(size)")
    }
    #expect(RunningSHA256().finish() == SHA256.digest(of: [] as [UInt8]))
  }

  @Test("many tasks compute digests at once, the first of the process among them")
  func atOnce() async {
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<200 {
        group.addTask { Self.vectors.filter { $0.message.count < 1000 }.allSatisfy { Hexadecimal.text($0.algorithm.digest(of: $0.message) ?? []) == $0.digest } }
      }
      for await isRight in group { #expect(isRight) }
    }
  }
}
