import Testing

@testable import FlowObjects

@Suite("The reader of answers in XML")
struct AnswerElementTests {
  private static func parsed(_ text: String) -> AnswerElement? { AnswerElement(parsing: Array(text.utf8)) }

  @Test("elements, texts and references are read; attributes, prefixes, comments and instructions are passed over")
  func reads() throws {
    let text = """
      \u{FEFF} <?xml version="1.0" encoding="UTF-8"?>
      <!-- a < comment -->
      <s3:List xmlns:s3="http://s3" a = 'b>c'><Key>a&amp;b&lt;&gt;&quot;&apos;&#65;&#x1F600;ä</Key><Empty/><Empty a="1" />
        <Code><![CDATA[<raw> & ]] text]]></Code><?go on?></s3:List>

      """
    let element = try #require(Self.parsed(text))
    #expect(element.name == "List" && element.children.map(\.name) == ["Key", "Empty", "Empty", "Code"])
    #expect(element.text("Key") == "a&b<>\"'A😀ä")
    #expect(element.text("Code") == "<raw> & ]] text")
    #expect(element.text("Nothing") == nil && element.text("Empty") == "")
  }

  @Test(
    "what is not well formed is refused",
    arguments: [
      "", " ", "text", "<a>", "<a></b>", "<a></a", "<a/><b/>", "<a/>text", "<a><b></a></b>", "<a b></a>", "<a b=c/>", "<a b=\"c/>", "<a b=\"1\"c=\"2\"/>", "< a/>", "<a>&</a>",
      "<a>&unknown;</a>", "<a>&#xD800;</a>", "<a>&#99999999999;</a>", "<a>&#;</a>", "<a><!-- </a>", "<a><![CDATA[</a>", "<?xml", "<a>\u{0}<", "</a>",
      "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "<!DOCTYPE a><a/>", "<a><!ELEMENT a></a>",
    ])
  func refuses(_ text: String) { #expect(Self.parsed(text) == nil) }

  @Test("bytes that are no UTF-8 are refused")
  func otherEncodings() {
    #expect(AnswerElement(parsing: Array("<a>".utf8) + [0xFF] + Array("</a>".utf8)) == nil)
    #expect(AnswerElement(parsing: [0xFF, 0xFE, 0x3C, 0x00]) == nil)
  }

  @Test("depth and number of elements are limited")
  func limits() {
    func nested(_ depth: Int) -> String { String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth) }
    #expect(Self.parsed(nested(AnswerElement.depthLimit)) != nil)
    #expect(Self.parsed(nested(AnswerElement.depthLimit + 1)) == nil && Self.parsed(nested(100_000)) == nil)
    func many(_ count: Int) -> String { "<a>" + String(repeating: "<b/>", count: count) + "</a>" }
    #expect(Self.parsed(many(AnswerElement.elementLimit - 1))?.children.count == AnswerElement.elementLimit - 1)
    #expect(Self.parsed(many(AnswerElement.elementLimit)) == nil)
  }

  @Test("every truncation of a document is refused, and no change of a byte makes the reader fail")
  func damaged() {
    let document = Array("<?xml version=\"1.0\"?><E a=\"b\"><Code>Slow&amp;Down</Code><![CDATA[x]]><!--c--><F/></E>".utf8)
    for count in document.indices { #expect(AnswerElement(parsing: Array(document.prefix(count))) == nil) }
    for place in document.indices {
      for byte in [0, 0x3C, 0x3E, 0x26, 0x2F, 0x22, 0x80, 0xFF] as [UInt8] {
        var damaged = document
        damaged[place] = byte
        _ = AnswerElement(parsing: damaged)
      }
    }
  }

  @Test("an escaped text comes back")
  func escapes() { #expect(Self.parsed("<a>\(AnswerElement.escaped("\"a&b\" <c> ]]>"))</a>")?.text == "\"a&b\" <c> ]]>") }
}
