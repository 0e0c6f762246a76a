import FlowBase
import FlowCrypto
import Testing

@Suite("AES-256-GCM and HMAC-SHA-256 are those of the standards")
struct SecretKeyTests {
  struct Sealed: Sendable, CustomTestStringConvertible {
    let number: Int
    let key, nonce, text, data, sealed, tag: String
    var testDescription: String { "test case \(number)" }
  }

  private static let zeroKey = String(repeating: "00", count: 32)
  private static let zeroNonce = String(repeating: "00", count: 12)
  private static let key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
  private static let nonce = "cafebabefacedbaddecaf888"
  private static let text =
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
  private static let sealed =
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"

  /// The test cases for 256 bits and a nonce of 96 bits in "The Galois/Counter Mode of Operation" (McGrew, Viega), appendix B, on which
  /// NIST SP 800-38D rests.
  static let cases = [
    Sealed(number: 13, key: zeroKey, nonce: zeroNonce, text: "", data: "", sealed: "", tag: "530f8afbc74536b9a963b4f1c4cb738b"),
    Sealed(
      number: 14, key: zeroKey, nonce: zeroNonce, text: String(repeating: "00", count: 16), data: "",
      sealed: "cea7403d4d606b6e074ec5d3baf39d18", tag: "d0d1c8a799996bf0265b98b5d48ab919"),
    Sealed(number: 15, key: key, nonce: nonce, text: text, data: "", sealed: sealed, tag: "b094dac5d93471bdec1a502270e3cc6c"),
    Sealed(
      number: 16, key: key, nonce: nonce, text: String(text.dropLast(8)), data: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      sealed: String(sealed.dropLast(8)), tag: "76fc6ece0f4e1768cddf8853bb2d551b"),
  ]

  private func bytes(_ digits: String) throws -> [UInt8] { try #require(Hexadecimal.bytes(digits)) }

  @Test("text, nonce and authenticated data give the bytes of the standard, which open to the text", arguments: cases)
  func standard(_ example: Sealed) throws {
    let key = SecretKey(try bytes(example.key)), nonce = try bytes(example.nonce), data = try bytes(example.data)
    let sealed = key.seal(try bytes(example.text), nonce: nonce, authenticating: data)
    #expect(Hexadecimal.text(sealed) == example.sealed + example.tag)
    #expect(key.open(sealed, nonce: nonce, authenticating: data) == (try bytes(example.text)))
  }

  @Test("with any bit of key, nonce, authenticated data, text or tag changed, and cut off anywhere, it does not open", arguments: cases)
  func changed(_ example: Sealed) throws {
    let key = try bytes(example.key), nonce = try bytes(example.nonce), data = try bytes(example.data)
    let sealed = try bytes(example.sealed + example.tag)
    func isOpened(_ key: [UInt8], _ nonce: [UInt8], _ data: [UInt8], _ sealed: [UInt8]) -> Bool {
      SecretKey(key).open(sealed, nonce: nonce, authenticating: data) != nil
    }
    #expect(isOpened(key, nonce, data, sealed))
    for other in changes(of: key) { #expect(!isOpened(other, nonce, data, sealed)) }
    for other in changes(of: nonce) { #expect(!isOpened(key, other, data, sealed)) }
    for other in changes(of: data) + [data + [0]] { #expect(!isOpened(key, nonce, other, sealed)) }
    for other in changes(of: sealed) + [sealed + [0]] { #expect(!isOpened(key, nonce, data, other)) }
    for count in 0..<sealed.count { #expect(!isOpened(key, nonce, data, Array(sealed.prefix(count)))) }
  }

  /// The bytes with one bit changed, for every bit.
  private func changes(of bytes: [UInt8]) -> [[UInt8]] {
    bytes.indices.flatMap { index in
      (0..<8).map { bit in
        var changed = bytes
        changed[index] ^= 1 << UInt8(bit)
        return changed
      }
    }
  }

  @Test("texts of every length up to three blocks, and one of a megabyte, open to themselves")
  func lengths() throws {
    let key = SecretKey(try bytes(Self.key)), nonce = try bytes(Self.nonce)
    for count in Array(0...48) + [1 << 20] {
      let text = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      let sealed = key.seal(text, nonce: nonce, authenticating: [1])
      #expect(sealed.count == count + SecretKey.tagCount)
      #expect(key.open(sealed, nonce: nonce, authenticating: [1]) == text)
    }
  }

  struct Code: Sendable {
    let key, message: [UInt8]
    let code: String
  }
  /// RFC 4231 §4, without the truncated one.
  static let codes = [
    Code(
      key: Array(repeating: 0x0B, count: 20), message: Array("Hi There".utf8), code: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    Code(
      key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
      code: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    Code(
      key: Array(repeating: 0xAA, count: 20), message: Array(repeating: 0xDD, count: 50),
      code: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    Code(key: Array(1...25), message: Array(repeating: 0xCD, count: 50), code: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
    Code(
      key: Array(repeating: 0xAA, count: 131), message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
      code: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
    Code(
      key: Array(repeating: 0xAA, count: 131),
      message: Array(
        "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm."
          .utf8), code: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
  ]

  @Test("key and message give the code of the standard", arguments: codes)
  func code(_ example: Code) {
    #expect(Hexadecimal.text(SecretKey(example.key).authenticationCode(for: example.message)) == example.code)
  }

  @Test("a key does not show its bytes")
  func hidden() {
    let key = SecretKey(Array(repeating: 0x41, count: 32))
    #expect("\(key)" == "a key of 32 bytes")
    #expect(!String(reflecting: key).contains("65"))
  }

  @Test("many tasks use one key at once")
  func atOnce() async {
    let key = SecretKey(Array(repeating: 7, count: 32))
    await withTaskGroup(of: Bool.self) { group in
      for number in 0..<200 {
        group.addTask {
          let nonce = Array(repeating: UInt8(number), count: SecretKey.nonceCount), text = [UInt8(number)]
          return key.open(key.seal(text, nonce: nonce, authenticating: text), nonce: nonce, authenticating: text) == text
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }
}
