import FlowBase
import Testing

@testable import FlowXML

@Suite("XML becomes JSON by a declared rule")
struct XMLConversionTests {
  private static func json(_ xml: String, _ rule: XMLRule = XMLRule()) throws(XMLProblem) -> String {
    String(decoding: try XMLConversion(rule).json(Array(xml.utf8)), as: UTF8.self)
  }

  @Test(
    "elements, attributes and texts",
    arguments: [
      ("<a>1</a>", #""1""#),
      ("<a/>", "null"),
      ("<a>\n  </a>", "null"),
      ("<a><b>1</b><c/></a>", #"{"b":"1","c":null}"#),
      (#"<a id="1"/>"#, #"{"@id":"1"}"#),
      (#"<a id='x"y'>t</a>"#, ##"{"@id":"x\"y","#text":"t"}"##),
      ("<a>left<b>1</b>right</a>", ##"{"b":"1","#text":"leftright"}"##),
      ("<a>&lt;&amp;&gt;&#65;&#x42;&apos;&quot;</a>", #""<&>AB'\"""#),
      ("<a><![CDATA[<b>&amp;]]></a>", #""<b>&amp;""#),
      (#"<?xml version="1.0"?><!-- c --><a xmlns="u" xmlns:p="v"><p:b>1</p:b><?x y?></a><!-- end -->"#, #"{"b":"1"}"#),
      ("\u{FEFF}<a>é</a>", #""é""#),
    ])
  func forms(_ xml: String, _ json: String) throws {
    #expect(try Self.json(xml) == json)
  }

  @Test("a name in `lists` is a list, even once; a list stands where its first element is")
  func lists() throws {
    let rule = XMLRule(root: "a", lists: ["b"])
    #expect(try Self.json("<a><b>1</b></a>", rule) == #"{"b":["1"]}"#)
    #expect(try Self.json("<a><b>1</b><c/><b/><b><d>2</d></b></a>", rule) == #"{"b":["1",null,{"d":"2"}],"c":null}"#)
    #expect(try Self.json("<a/>", rule) == "null")
  }

  @Test(
    "what is no document is refused with its line",
    arguments: [
      ("", "its end", true), ("  ", "its end", true), ("<a>", "its end", true), ("<a><b></a>", "the end of 'a'", false), ("<a", "its end", true),
      ("<a></a", "its end", true), ("<a></a><b/>", "a second root element", false), ("<a/>x", "text outside", false),
      ("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "a document type declaration", false), ("<a>&x;</a>", "a reference that XML does not define", false),
      ("<a>&#0;</a>", "a reference", false), ("<a>&amp</a>", "'&' without ';'", false), ("<a b=1/>", "without quotes", false), ("<a b/>", "without a value", false),
      (#"<a b="1" b="2"/>"#, "twice", false), (#"<a b="1"c="2"/>"#, "no space", false), ("<1/>", "no name", false), ("</a>", "without its start", false),
      ("<a><b/><b/></a>", "'b' twice in a 'a'", false), ("<![CDATA[x]]>", "outside of the root", false), ("<a><!-- ", "its end", true),
    ])
  func refused(_ xml: String, _ found: String, _ isTruncated: Bool) throws {
    let problem = try #require(throws: XMLProblem.self) { try Self.json(xml) }
    #expect(problem.found.contains(found), "\(problem)")
    #expect(problem.isTruncated == isTruncated)
  }

  @Test("every cut of a document is refused")
  func cuts() throws {
    let whole = #"<?xml version="1.0"?><a x="1"><b>&amp;é</b><c><![CDATA[z]]></c></a>"#
    for end in whole.utf8.indices.dropFirst() {
      let bytes = Array(whole.utf8[..<end])
      #expect(throws: XMLProblem.self) { try XMLConversion(XMLRule()).json(bytes) }
    }
    _ = try Self.json(whole)
  }

  @Test("bytes that are not UTF-8, too many bytes and too deep elements are refused")
  func limits() throws {
    #expect(throws: XMLProblem.self) { try XMLConversion(XMLRule()).json(Array("<a>".utf8) + [0xFF] + Array("</a>".utf8)) }
    let deep = String(repeating: "<a>", count: 5) + String(repeating: "</a>", count: 5)
    #expect(throws: XMLProblem.self) { try Self.json(deep, XMLRule(limits: XMLLimits(depth: 4))) }
    _ = try Self.json(deep, XMLRule(limits: XMLLimits(depth: 5)))
    #expect(throws: XMLProblem.self) { try Self.json(deep, XMLRule(limits: XMLLimits(bytes: 10))) }
  }

  @Test("omitted elements are left out with all that they hold")
  func omitted() throws {
    let rule = XMLRule(lists: ["b"], omitted: ["b", "p"])
    #expect(try Self.json("<a><b>1</b><p><q>2</q></p><p/><c><p>3</p>4</c></a>", rule) == #"{"c":"4"}"#)
  }

  @Test("another root element is refused")
  func root() throws {
    let problem = try #require(throws: XMLProblem.self) { try Self.json("<html></html>", XMLRule(root: "a")) }
    #expect(problem.description == "line 1 of the XML has the root element 'html'; expected 'a'")
    #expect(try Self.json("<p:a>1</p:a>", XMLRule(root: "a")) == #""1""#)
  }
}
