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

  @Test(
    "JSON in every part, or the first byte that is not",
    arguments: [
      (#"{"a":[1,-0.5e+3,"x\u00e9\n",true,false,null,{},[]]}"#, nil), (" [ ] ", nil), (#""\ud83d""#, nil), ("0", nil), ("\"\u{7F}é\"", nil),
      ("01", 0), ("[01]", 1), ("[+1]", 1), ("[1.]", 1), ("[.5]", 1), ("[1e]", 1), ("[NaN]", 1), ("[nul]", 1), ("[1 2]", 3), ("[1,]", 3), ("[,1]", 1), (#"["\q"]"#, 1),
      (#"["\u12g4"]"#, 1), (#"["\u+123"]"#, 1), ("[\"\u{1}\"]", 1), (#"{"a" 1}"#, 5), (#"{"a":}"#, 5), (#"{"a":1,}"#, 7), (#"{"\q":1}"#, 1), (#"{1:2}"#, 1), (#"{"a":1 "b":2}"#, 7),
      (#"{"a":1]"#, 6), ("[1", 2), ("[1}", 2), ("[{\"b\":}]", 6), ("[1]x", 3),
    ] as [(String, Int?)])
  func strict(_ json: String, _ fault: Int?) {
    let scanner = JSONScanner(Array(json.utf8))
    #expect(scanner.fault(in: 0..<scanner.bytes.count) == fault)
    #expect(scanner.isStrict(0..<scanner.bytes.count) == (fault == nil))
  }

  @Test("objects and lists inside each other have a limit")
  func depth() {
    let scanner = JSONScanner(Array((String(repeating: "[", count: 5) + String(repeating: "]", count: 5)).utf8))
    #expect(scanner.fault(in: 0..<10, depth: 5) == nil && scanner.fault(in: 0..<10, depth: 4) == 4)
  }

  @Test("an unknown escape or a control character is no text", arguments: [#""\x""#, #""\u12""#, #""\u+123""#, "\"\t\"", "1", "null"])
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
