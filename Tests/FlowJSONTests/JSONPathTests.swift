import FlowCore
import FlowJSON
import Testing

@Suite("Paths to rows and values")
struct JSONRowPathTests {
  @Test("a list has one row per element, an object one row, `*` every element", arguments: [
    ("/rows", #"{"rows": [{"x": 1}, {"x": 2}]}"#, ["1", "2"]),
    ("/rows", #"{"rows": {"x": 1}}"#, ["1"]),
    ("/rows/*", #"{"rows": [{"x": 1}, {"x": 2}]}"#, ["1", "2"]),
    ("/", #"[{"x": 1}, {"x": 2}]"#, ["1", "2"]),
    ("/", #"{"x": 1}"#, ["1"]),
    ("/a/*/b", #"{"a": [{"b": [{"x": 1}]}, {"b": []}, {"b": {"x": 3}}, {"b": [{"x": 4}, {"x": 5}]}]}"#, ["1", "3", "4", "5"]),
    ("/*/*", #"[[{"x": 1}], [], [{"x": 2}, {"x": 3}]]"#, ["1", "2", "3"]),
    ("/a/1", #"{"a": [[{"x": 1}], [{"x": 2}]]}"#, ["2"]),
    ("/a/1", #"{"a": {"1": [{"x": 2}]}}"#, ["2"]),
    ("/a/007", #"{"a": {"007": [{"x": 2}]}}"#, ["2"]),
    ("/a~1b/c~0d", #"{"a/b": {"c~d": [{"x": 2}]}}"#, ["2"]),
    ("/a[n=two]/r", #"{"a": [{"n": "one", "r": []}, {"n": "two", "r": [{"x": 2}]}]}"#, ["2"]),
  ] as [(String, String, [String])])
  func rows(path: String, json: String, expected: [String]) throws {
    #expect(try extract(json, rows: path, [column("x", .integer)]).lines == expected)
  }

  @Test("missing rows are reported at their position", arguments: [
    ("/rows", "{}", "/rows is absent"), ("/rows", #"{"rows": null}"#, "/rows is null"), ("/rows", #"{"rows": "x"}"#, "/rows is 'x'"),
    ("/rows", "[]", "a list"), ("/a/b", #"{"a": {}}"#, "/a/b is absent"), ("/a/b", #"{"a": []}"#, "/a is a list"),
    ("/a/*/b", #"{"a": [{"b": []}, {}]}"#, "/a/1/b is absent"), ("/a/*/b", #"{"a": {}}"#, "/a is an object"),
    ("/a/*/b", #"{"a": [{"b": []}, 5]}"#, "/a/1 is 5"), ("/a/3", #"{"a": [1]}"#, "/a/3 is absent"),
    ("/rows", #"{"rows": [], "rows": []}"#, "/rows is present twice"), ("/a[n=x]", #"{"a": [{"n": "y"}]}"#, "/a/[n] is absent"),
    ("/a~1b", "{}", "/a~1b is absent"),
  ])
  func noRows(path: String, json: String, words: String) {
    let error = extractionError { try extract(json, rows: path, [try column("x", .integer)]) }
    #expect(error?.description == words + "; expected a list of rows or an object")
    #expect(error?.cause == .badData)
  }

  @Test("optional rows may be absent or null; a different type is still an error", arguments: [
    ("/rows", "{}", 0), ("/rows", #"{"rows": null}"#, 0), ("/a/*/b", #"{"a": [{}, {"b": [{"x": 1}]}, {"b": null}]}"#, 1),
    ("/a/*/b", "{}", 0), ("/rows", #"{"rows": 1}"#, nil), ("/a/*/b", #"{"a": [1]}"#, nil), ("/rows", "[]", nil),
  ] as [(String, String, Int?)])
  func rowsMayBeAbsent(path: String, json: String, count: Int?) throws {
    if let count {
      #expect(try extract(json, rows: path, rowsMayBeAbsent: true, [column("x", .integer)]).count == count)
    } else {
      #expect(extractionError { try extract(json, rows: path, rowsMayBeAbsent: true, [try column("x", .integer)]) } != nil)
    }
  }

  @Test("an error before the missing rows is reported first")
  func order() {
    let error = extractionError {
      try extract(#"{"a": [{"b": [{"x": "?"}]}, {}]}"#, rows: "/a/*/b", [try column("x", .integer)])
    }
    #expect(error?.pointer == "/a/0/b/0/x")
  }

  @Test("`..` is the object that encloses the row; lists in between do not count", arguments: [
    ("../n", ["b0", "b0", "b1"]), ("../../n", ["root", "root", "root"]), ("/n", ["root", "root", "root"]), ("n", ["r0", "r1", "r2"]),
    ("../c/0/n", ["r0", "r0", "r2"]),
  ] as [(String, [String])])
  func enclosing(path: String, expected: [String]) throws {
    let json = #"{"n": "root", "a": [{"n": "b0", "c": [{"n": "r0"}, {"n": "r1"}]}, {"n": "b1", "c": [{"n": "r2"}]}]}"#
    #expect(try extract(json, rows: "/a/*/c", [column("x", .text, path)]).lines == expected)
  }

  @Test("an error outside the row has its own pointer", arguments: [
    ("../n", "/a/0/n is 5"), ("../../n", "/n is true"), ("/n", "/n is true"), ("../../../n", "/a/0/c/0 is outside the document"),
    ("n/m", "/a/0/c/0/n is 7"), ("n", "/a/0/c/0/n is 7"), ("l[k=v]/m", "/a/0/c/0/l/0 is 1"),
  ])
  func pointers(path: String, words: String) throws {
    let json = #"{"n": true, "a": [{"n": 5, "c": [{"n": 7, "l": [1]}]}]}"#
    let error = extractionError { try extract(json, rows: "/a/*/c", [try column("x", .text, path)]) }
    #expect(error?.description == words + "; expected text")
  }

  @Test("a selector selects the matching element; an empty list has none", arguments: [
    (#"[{"activity": "Walk", "distance": 1}, {"activity": "total", "distance": 6.46}]"#, "6.46"), ("[]", "∅"), ("null", "∅"),
    (#"[{"activity": "total"}]"#, "∅"), (#"[{"distance": 3}, {"activity": 7}, {"activity": "total", "distance": 2}]"#, "2.0"),
  ])
  func selectors(list: String, expected: String) throws {
    let column = try column("x", .real, "distances[activity=total]/distance")
    #expect(try extract(#"{"rows": {"distances": \#(list)}}"#, [column]).lines == [expected])
  }

  @Test("a non-empty list without a match is an error unless the selector is optional; two matches always are", arguments: [
    (#"[{"activity": "Walk", "distance": 1}]"#, "/rows/distances/[activity] is absent", "∅"),
    (#"[{"distance": 1}]"#, "/rows/distances/[activity] is absent", "∅"),
    (#"[{"activity": "total", "distance": 6}, {"activity": "total", "distance": 9}]"#, "/rows/distances/1 is present twice", nil),
    (#"[{"activity": "total", "distance": 6}, {"activity": "total"}]"#, "/rows/distances/1 is present twice", nil),
  ] as [(String, String, String?)])
  func unmatched(list: String, words: String, lenient: String?) throws {
    let json = #"{"rows": {"distances": \#(list)}}"#
    let error = extractionError { try extract(json, [try column("x", .real, "distances[activity=total]/distance")]) }
    #expect(error?.description == words + "; expected a number")
    let mayBeAbsent = try column("x", .real, "distances[activity=total]?/distance")
    if let lenient {
      #expect(try extract(json, [mayBeAbsent]).lines == [lenient])
    } else {
      #expect(extractionError { try extract(json, [mayBeAbsent]) } != nil)
    }
  }

  @Test("exactly one element of the pages must contain the selected one", arguments: [
    (#"[{"l": []}, {"l": [{"k": "v", "x": 1}]}, {}]"#, "1"), (#"[{"l": [{"k": "w"}]}, {"l": [{"k": "v", "x": 1}]}]"#, "1"), ("[{}, {}]", "∅"),
    (#"[{"l": [{"k": "w", "x": 2}]}, {}]"#, nil), (#"[{"l": [{"k": "v", "x": 1}]}, {"l": [{"k": "v", "x": 2}]}]"#, nil),
  ] as [(String, String?)])
  func pages(list: String, expected: String?) throws {
    let json = #"{"rows": [{}], "pages": \#(list)}"#
    let read = try column("x", .integer, "/pages/*/l[k=v]/x")
    if let expected {
      #expect(try extract(json, [read]).lines == [expected])
    } else {
      #expect(extractionError { try extract(json, [read]) }?.pointer.hasPrefix("/pages") == true)
    }
  }

  @Test("a missing required value is reported with its whole path", arguments: [
    ("x", "{}", "/rows/0/x is absent"), ("a/b", "{}", "/rows/0/a is absent"), ("a/b", #"{"a": {}}"#, "/rows/0/a/b is absent"),
    ("a/b", #"{"a": null}"#, "/rows/0/a is null"), ("a/0", #"{"a": []}"#, "/rows/0/a/0 is absent"),
    ("a/b", #"{"a": [1]}"#, "/rows/0/a is a list"), ("a[k=v]/b", #"{"a": []}"#, "/rows/0/a/[k] is absent"),
    ("a/b", #"{"a": {"b": 1}, "a": {}}"#, "/rows/0/a is present twice"),
  ])
  func required(path: String, row: String, words: String) throws {
    var column = try column("x", .text, path)
    column.isRequired = true
    #expect(extractionError { try extract(#"{"rows": [\#(row)]}"#, [column]) }?.description == words + "; expected text")
  }

  @Test("on an optional path absent and null are NULL, a different type is an error")
  func optional() throws {
    let column = try column("x", .integer, "a/b/c")
    let json = #"{"rows": [{}, {"a": null}, {"a": {}}, {"a": {"b": null}}, {"a": {"b": {}}}, {"a": {"b": {"c": 1}}}]}"#
    #expect(try extract(json, [column]).lines == ["∅", "∅", "∅", "∅", "∅", "1"])
    #expect(extractionError { try extract(#"{"rows": [{"a": {"b": 1}}]}"#, [column]) }?.pointer == "/rows/0/a/b")
  }

  @Test("a row may be a value itself")
  func valuesAsRows() throws {
    #expect(try extract(#"{"rows": [1, 2]}"#, [column("x", .integer, "")]).lines == ["1", "2"])
    #expect(try extract("[[1, 2], [3]]", rows: "/*/*", [column("x", .integer, "")]).lines == ["1", "2", "3"])
  }

  @Test("a row that is null has no members")
  func nullRow() {
    #expect(extractionError { try extract(#"{"rows": [null]}"#, [try column("x", .integer)]) }?.pointer == "/rows/0")
  }
}
