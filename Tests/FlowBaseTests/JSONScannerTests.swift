import FlowBase
import Testing

@Suite("Places of values in JSON")
struct JSONScannerTests {
  private static func texts(_ json: String) -> [String]? {
    let scanner = JSONScanner(Array(json.utf8))
    guard let root = scanner.root else { return nil }
    if let members = scanner.members(of: root) {
      return members.map { "\($0.name)=\(String(decoding: scanner.bytes[$0.value], as: UTF8.self))" }
    }
    return scanner.elements(of: root).map { $0.map { String(decoding: scanner.bytes[$0], as: UTF8.self) } }
  }

  @Test(
    "members and elements are found byte for byte",
    arguments: [
      ("{}", []), ("[]", []), (" [ ] ", []), ("[1, \"a,]\" ,{\"b\":[2]},null]", ["1", "\"a,]\"", "{\"b\":[2]}", "null"]),
      ("{\"a\":1,\"b\" : { \"c\" : \"}\" } }", ["a=1", "b={ \"c\" : \"}\" }"]), ("{\"a\\\"b\\u0041\":\"\\\\\"}", ["a\"bA=\"\\\\\""]),
      ("[-1.50e+3]", ["-1.50e+3"]),
    ] as [(String, [String])])
  func parts(_ json: String, _ expected: [String]) {
    #expect(Self.texts(json) == expected)
  }

  @Test(
    "what is not well formed has no parts",
    arguments: ["", " ", "{", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{a:1}", "[1 2]", "{\"a\":1,}", "[\"a]", "[}", "1 2", "{\"a\":1}x", "[1],"])
  func malformed(_ json: String) {
    #expect(Self.texts(json) == nil)
  }

  @Test(
    "escapes are resolved",
    arguments: [
      (#""a\n\t\"\\\/""#, "a\n\t\"\\/"), (#""é\u00e9""#, "éé"), (#""\ud83d\ude00""#, "😀"), (#""\ud83d""#, "\u{FFFD}"), (#""""#, ""),
    ])
  func escapes(_ json: String, _ text: String) {
    let scanner = JSONScanner(Array(json.utf8))
    #expect(scanner.root.flatMap { scanner.text(of: $0) } == text)
  }

  @Test("an unknown escape is no text", arguments: [#""\x""#, #""\u12""#, "1", "null"])
  func noText(_ json: String) {
    let scanner = JSONScanner(Array(json.utf8))
    #expect(scanner.root.flatMap { scanner.text(of: $0) } == nil)
  }

  @Test(
    "Base64",
    arguments: [
      ("", []), ("QQ==", [65]), ("QUI=", [65, 66]), ("QUJD", [65, 66, 67]), ("QQ", [65]), ("QU JD\n", [65, 66, 67]), ("+/8=", [0xFB, 0xFF]), ("Q", nil), ("QQ=A", nil),
      ("Q*", nil),
    ] as [(String, [UInt8]?)])
  func base64(_ text: String, _ bytes: [UInt8]?) {
    #expect(Base64.decoded(text.utf8) == bytes)
  }
}
