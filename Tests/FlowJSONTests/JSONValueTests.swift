import FlowCore
import FlowJSON
import Testing

/// The inputs of each kind of column and their values; `nil`: rejected.
@Suite("Values of JSON columns")
struct JSONValueTests {
  private func value(_ json: String, _ column: MappedColumn) throws -> String? {
    do {
      return try extract(#"{"rows": [{"x": \#(json)}]}"#, [column]).lines.first
    } catch let error as ExtractionError {
      #expect(error.pointer == "/rows/0/x")
      #expect(error.cause == .badData)
      return nil
    }
  }

  @Test(
    "an integer is rounded to nearest, ties away from zero, and keeps all 64 bits",
    arguments: [
      ("0", "0"), ("-0", "0"), ("12", "12"), ("0.4", "0"), ("0.5", "1"), ("1.5", "2"), ("2.5", "3"), ("-0.5", "-1"), ("-2.5", "-3"),
      ("1e3", "1000"), ("9223372036854775807", "9223372036854775807"), ("-9223372036854775808", "-9223372036854775808"),
      ("9223372036854775808", nil), ("18446744073709551615", nil), ("1e19", nil), ("-1e19", nil), ("null", "∅"), ("\"12\"", nil),
      ("\"\"", nil), ("true", nil), ("[]", nil), ("[1]", nil), ("{}", nil), ("\"NaN\"", "∅"),
    ] as [(String, String?)])
  func integers(json: String, expected: String?) throws {
    #expect(try value(json, column("x", .integer)) == expected)
  }

  @Test(
    "a number as text is accepted only if the mapping allows it, in JSON notation",
    arguments: [
      ("\"12\"", "12"), ("\"-3\"", "-3"), ("\"64.2\"", "64"), ("\"64.5\"", "65"), ("\"1e2\"", "100"), ("\"0\"", "0"), ("7", "7"),
      ("\"9223372036854775807\"", "9223372036854775807"), ("\"9223372036854775808\"", nil), ("\"\"", nil), ("\" 1\"", nil),
      ("\"1 \"", nil), ("\"+1\"", nil), ("\"012\"", nil), ("\"0x10\"", nil), ("\"1.\"", nil), ("\".5\"", nil), ("\"1e\"", nil),
      ("\"inf\"", nil), ("\"1e999\"", nil), ("\"-\"", nil), ("\"nan\"", nil), ("\"NaN\"", "∅"), ("\"1_000\"", nil), ("\"１\"", nil),
    ] as [(String, String?)])
  func numbersAsText(json: String, expected: String?) throws {
    var column = try column("x", .integer)
    column.acceptsText = true
    #expect(try value(json, column) == expected)
  }

  @Test(
    "a real is unchanged",
    arguments: [
      ("6.46", "6.46"), ("0", "0.0"), ("-1.5e-3", "-0.0015"), ("18446744073709551615", "1.8446744073709552e+19"), ("\"NaN\"", "∅"),
      ("\"1.5\"", nil), ("null", "∅"), ("false", nil),
    ] as [(String, String?)])
  func reals(json: String, expected: String?) throws {
    #expect(try value(json, column("x", .real)) == expected)
  }

  @Test("text is unchanged, even if empty; a number is not text", arguments: [
    ("\"Fat Burn\"", "Fat Burn"), ("\"\"", ""), ("\"a\\u00e9\\n\"", "a\u{e9}\n"), ("\"NaN\"", "NaN"), ("1", nil), ("true", nil), ("null", "∅"),
  ] as [(String, String?)])
  func texts(json: String, expected: String?) throws {
    #expect(try value(json, column("x", .text)) == expected)
  }

  @Test(
    "a date is yyyy-MM-dd or an object with year, month and day, and must exist",
    arguments: [
      ("\"2026-08-15\"", "2026-08-15"), ("\"2024-02-29\"", "2024-02-29"), ("\"2026-02-29\"", nil), ("\"2026-8-15\"", nil),
      ("\"2026-08-15T00:00:00\"", nil), ("\"\"", nil), ("20260815", nil), (#"{"year": 2026, "month": 8, "day": 5}"#, "2026-08-05"),
      (#"{"day": 5, "month": 8, "year": 2026, "more": {}}"#, "2026-08-05"), (#"{"year": 2026, "month": 2, "day": 30}"#, nil),
      (#"{"year": 2026, "month": 8}"#, nil), (#"{"year": 2026, "month": 13, "day": 1}"#, nil), (#"{"year": 0, "month": 1, "day": 1}"#, nil),
      (#"{"year": "2026", "month": 8, "day": 5}"#, nil), (#"{"year": 2026, "month": 8, "day": 5, "day": 6}"#, nil), ("{}", nil),
      ("null", "∅"),
    ] as [(String, String?)])
  func dates(json: String, expected: String?) throws {
    #expect(try value(json, column("x", .date)) == expected)
  }

  @Test(
    "an instant has a zone; a fraction of a second is dropped",
    arguments: [
      ("\"1970-01-01T00:00:00Z\"", "0"), ("\"2026-08-15T13:00:05.999Z\"", "1786798805"), ("\"1969-12-31T23:59:59.5Z\"", "-1"),
      ("\"2026-08-15T09:00:05-04:00\"", "1786798805"), ("\"2026-08-15T13:00:05\"", nil), ("\"2026-08-15\"", nil), ("1786798805", nil),
    ] as [(String, String?)])
  func instants(json: String, expected: String?) throws {
    #expect(try value(json, column("x", .instant)) == expected)
  }

  @Test("only date columns accept an object")
  func objects() throws {
    #expect(try value(#"{"year": 2026, "month": 8, "day": 5}"#, column("x", .integer)) == nil)
    #expect(try value(#"{"year": 2026, "month": 8, "day": 5}"#, column("x", .text)) == nil)
  }

  @Test(
    "bounds are inclusive and apply to the stored value",
    arguments: [("0", "0"), ("300", "300"), ("300.4", "300"), ("300.5", nil), ("-1", nil), ("301", nil), ("-0.4", "0"), ("\"NaN\"", "∅")]
      as [(String, String?)])
  func bounds(json: String, expected: String?) throws {
    var column = try column("x", .integer)
    column.minimum = 0
    column.maximum = 300
    #expect(try value(json, column) == expected)
  }

  @Test("a product with a factor is rounded to nearest", arguments: [
    (0.000001, "6460000", "6.46"), (1.0 / 60, "77640", "1294.0"), (1000, "1.5", "1500.0"), (-1, "2", "-2.0"), (0.1, "3", "0.3"), (0.3, "10", "3.0"),
  ] as [(Double, String, String)])
  func factors(factor: Double, json: String, expected: String) throws {
    var column = try column("x", .real)
    column.factor = factor
    #expect(try value(json, column) == expected)
  }

  @Test("a sentinel is NULL, as text and by value; a required column rejects it", arguments: [
    ("50", "∅"), ("50.0", "∅"), ("\"50\"", "∅"), ("\"none\"", "∅"), ("51", "51"), ("\"None\"", nil),
  ] as [(String, String?)])
  func nullValues(json: String, expected: String?) throws {
    var column = try column("x", .integer)
    column.nullValues = ["50", "none"]
    #expect(try value(json, column) == expected)
    column.isRequired = true
    #expect(try value(json, column) == (expected == "∅" ? nil : expected))
  }

  @Test("a duration in seconds is a number", arguments: [
    ("\"77640s\"", "1294"), ("\"0s\"", "0"), ("\"89.9s\"", "1"), ("\"90s\"", "2"), ("\"-14400s\"", "-240"), ("\"77640\"", nil), ("77640", nil),
    ("\"s\"", nil), ("\"1m\"", nil), ("null", "∅"),
  ] as [(String, String?)])
  func durations(json: String, expected: String?) throws {
    var column = try column("x", .integer)
    column.notation = .secondsDuration
    column.factor = 1.0 / 60
    #expect(try value(json, column) == expected)
  }

  @Test("a default replaces only an absent member of an existing object")
  func defaults() throws {
    var column = try column("x", .integer, "steps/count")
    column.defaultText = "0"
    let rows = #"{"rows": [{"steps": {}}, {"steps": {"count": 5}}, {"steps": {"count": null}}, {}, {"steps": null}]}"#
    #expect(try extract(rows, [column]).lines == ["0", "5", "∅", "∅", "∅"])
    column.isRequired = true
    #expect(extractionError { try extract(rows, [column]) }?.description.hasPrefix("/rows/2/steps/count is null;") == true)
    #expect(try extract(#"{"rows": [{"steps": {}}]}"#, [column]).lines == ["0"])
    // A default does not allow numbers as text.
    #expect(extractionError { try extract(#"{"rows": [{"steps": {"count": "0"}}]}"#, [column]) } != nil)
  }

  @Test("NULLs stay in their rows across many chunks")
  func nullsOverChunks() throws {
    let rows = (0..<10_000).map { $0 % 7 == 3 ? "{}" : #"{"x": \#($0), "t": "\#($0)"}"# }.joined(separator: ",")
    let batch = try extract("{\"rows\": [\(rows)]}", [column("x", .integer), column("t", .text)])
    #expect(batch.lines == (0..<10_000).map { $0 % 7 == 3 ? "∅ | ∅" : "\($0) | \($0)" })
  }

  @Test("the first of several errors is reported, by row, then by column")
  func firstOffence() throws {
    let columns = try [column("a", .integer), column("b", .integer)]
    let json = #"{"rows": [{"a": 1, "b": 2}, {"a": 1, "b": "x"}, {"a": "y", "b": "z"}]}"#
    #expect(extractionError { try extract(json, columns) }?.pointer == "/rows/1/b")
  }

  @Test("an error in a late row is reported with its row")
  func lateOffence() throws {
    let rows = (0..<9_999).map { #"{"x": \#($0)}"# } + [#"{"x": []}"#]
    let error = extractionError { try extract("{\"rows\": [\(rows.joined(separator: ","))]}", [try column("x", .integer)]) }
    #expect(error == ExtractionError(pointer: "/rows/9999/x", found: "a list", expected: "a number that fits 64 bits"))
  }

  @Test("an attribute gives every row the same value, of the column's kind")
  func attributes() throws {
    let columns = [
      MappedColumn(name: "date", kind: .date, origin: .attribute), MappedColumn(name: "n", kind: .integer, origin: .attribute),
      MappedColumn(name: "none", kind: .text, origin: .attribute),
    ]
    let context = ExtractionContext(attributeValues: ["date": "2026-08-15", "n": "12", "none": ""])
    #expect(try extract(#"{"rows": [{}, {}]}"#, columns, context).lines == ["2026-08-15 | 12 | ∅", "2026-08-15 | 12 | ∅"])
    #expect(try extract(#"{"rows": []}"#, columns, context).columns.map(\.values.count) == [0, 0, 0])
    let wrong = ExtractionContext(attributeValues: ["date": "today", "n": "12"])
    #expect(
      extractionError { try extract(#"{"rows": []}"#, columns, wrong) }?.description
        == "the value 'today' for column 'date'; expected a date: yyyy-MM-dd, or an object with year, month and day")
  }
}
