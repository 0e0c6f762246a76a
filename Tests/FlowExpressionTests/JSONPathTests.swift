import FlowExpression
import Testing

@Suite("JSON paths")
struct JSONPathTests {
  static let document = """
    {"store":{"book":[{"title":"A","price":8.95,"tags":["x","y"]},{"title":"B","price":12.5},\
    {"title":"C","price":22,"isbn":"1"}],"bike":{"color":"red","price":19.95}},"n":[3,1,2],"e":[],"o":{},"s":"5","z":null}
    """

  @Test(
    "a path matches",
    arguments: [
      ("$.store.book[0].title", "A"), ("$['store']['book'][1]['title']", "B"), ("$.store.book[-1].title", "C"),
      ("$.store.book[*].title", "[\"A\",\"B\",\"C\"]"), ("$..title", "[\"A\",\"B\",\"C\"]"),
      ("$.store.book[0,2].title", "[\"A\",\"C\"]"),
      ("$.store.book[1:].title", "[\"B\",\"C\"]"), ("$.store.book[:1].title", "A"),
      ("$.store.book[-2:].title", "[\"B\",\"C\"]"),
      ("$.store.book[?(@.price < 10)].title", "A"), ("$.store.book[?(@.isbn)].title", "C"),
      ("$.store.book[?(!@.isbn)].title", "[\"A\",\"B\"]"),
      ("$.store.book[?(@.price > 10 && @.title != 'C')].title", "B"),
      ("$.store.book[?(@.title =~ /[ab]/i)].title", "[\"A\",\"B\"]"),
      ("$.store.book[?(@.title in ['A', 'C'])].price", "[8.95,22]"),
      ("$.store.book[?(@.tags contains 'y')].title", "A"),
      ("$.store.book[?(@.price == $.store.book[1].price || (@.title == 'A'))].title", "[\"A\",\"B\"]"),
      ("$.store.book[?(@.tags.length() == 2)].title", "A"), ("$.store.book[?(@.tags size 2)].title", "A"),
      ("$.store.bike['color','price']", "{\"color\":\"red\",\"price\":19.95}"), ("$..[?(@.color)].price", "19.95"),
      ("$.n.length()", "3"), ("$.n.max()", "3.0"), ("$.n.avg()", "2.0"), ("$.n.sum()", "6.0"), ("$.n", "[3,1,2]"),
      ("$.o", "{}"),
      ("$.e", "[]"), ("$.missing", ""), ("$.store.book[9]", ""), ("$.z", ""), ("$.s.x", ""), ("$.o.keys()", "[]"),
      ("store.bike.color", "red"),
      ("$.store[1:]", ""), ("$.s[0,1]", ""), ("$.missing[*].x", ""), ("$.store.book[9].*", "[]"), ("$.store.book[*]['isbn','other']", "[{},{},{\"isbn\":\"1\"}]"),
      ("$.n[*]['a','b']", "[]"), ("$.n['a','b']", ""),
      ("$.store.book[?(@.price > 100)]", "[]"), ("$", document),
    ])
  func leads(path: String, result: String) {
    let quoted = path.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    #expect(value("${j:jsonPath(\"\(quoted)\")}", ["j": Self.document]) == result)
  }

  @Test(
    "an invalid path is found at load",
    arguments: ["$..", "$.", "$[", "$.a[", "$.a[?(@.b]", "$['a", "$.a b", "$.a.nope()", "$[?(@.a ~ 1)]", ""])
  func mistakes(path: String) {
    let quoted = path.replacing("'", with: "\\'")
    #expect(value("${j:jsonPath('\(quoted)')}", ["j": "{}"]).hasPrefix("problem"))
  }

  @Test(
    "updates keep the order of members",
    arguments: [
      Row("${j:jsonPathSet('$.a', true)}", "{\"a\":true,\"b\":[1,2],\"c\":{\"d\":1.5}}"),
      Row("${j:jsonPathSet('$.b[*]', 'x')}", "{\"a\":1,\"b\":[\"x\",\"x\"],\"c\":{\"d\":1.5}}"),
      Row("${j:jsonPathSet('$.x', 1)}", "{\"a\":1,\"b\":[1,2],\"c\":{\"d\":1.5}}"),
      Row("${j:jsonPathDelete('$.b[0]')}", "{\"a\":1,\"b\":[2],\"c\":{\"d\":1.5}}"),
      Row("${j:jsonPathDelete('$.b[*]')}", "{\"a\":1,\"b\":[],\"c\":{\"d\":1.5}}"),
      Row("${j:jsonPathDelete('$..d')}", "{\"a\":1,\"b\":[1,2],\"c\":{}}"),
      Row("${j:jsonPathAdd('$.b', 3.5)}", "{\"a\":1,\"b\":[1,2,3.5],\"c\":{\"d\":1.5}}"),
      Row("${j:jsonPathAdd('$.a', 3)}", ""),
      Row("${j:jsonPathPut('$.c', 'e', 'é')}", "{\"a\":1,\"b\":[1,2],\"c\":{\"d\":1.5,\"e\":\"é\"}}"),
      Row("${j:jsonPathSet('$.c.d', ${j:jsonPath('$.a'):toNumber()})}", "{\"a\":1,\"b\":[1,2],\"c\":{\"d\":1}}"),
    ])
  func updates(row: Row) {
    #expect(value(row.text, ["j": "{\"a\": 1, \"b\": [1, 2], \"c\": {\"d\": 1.5}}"]) == row.result)
  }

  @Test(
    "JSON of any depth and with any mistake is handled",
    arguments: [
      String(repeating: "[", count: 100_000), "{\"a\":1", "{\"a\" 1}", "[1,]", "[01]", "{\"a\":\"\\ud800\"}",
      "\"\u{1}\"", "nul", "-", "[1e]", "",
    ])
  func mistakes(json: String) {
    let result = value("${j:jsonPath('$.a')}${j:isJson()}", ["j": json])
    #expect(result.hasPrefix("error") || json.contains("ud800"))
  }
}
