import FlowCore
import StudyModel
import StudyProcessors
import Testing

/// Mistakes in a mapping are reported at load, with their position.
@Suite("ExtractRecords' mapping is checked at load")
struct ExtractRecordsMappingTests {
  @Test(
    "an inconsistent column is reported at its position",
    arguments: [
      ("x: { kind: whole }", "3:14", "property 'columns.x.kind' is 'whole'; expected one of integer, real, text, date, instant, offset"),
      ("x: { kind: intger }", "3:14", "did you mean 'integer'?"),
      ("x: { from: a }", "3:6", "property 'columns.x': required property 'kind' is missing"),
      ("x: { kind: text, form: a }", "3:20", "unknown property 'form'; did you mean 'from'?"),
      ("x: { kind: text, from: \"a[b]\" }", "3:26", "property 'columns.x.from' is 'a[b]'; expected a path from the row"),
      ("x: { kind: text, from: a/../b }", "3:26", "expected a path from the row"),
      ("x: { kind: text, from: /../b }", "3:26", "expected a path from the row"),
      ("x: { kind: offset }", "3:14", "column 'x' of kind offset has no origin; expected zone_of: the name of an instant column"),
      ("x: { kind: offset, zone_of: y }", "3:31", "column 'x' has the zone of 'y'; expected an instant column of this mapping"),
      ("x: { kind: integer, zone_of: x }", "3:32", "column 'x' of kind integer has 'zone_of'; expected kind offset"),
      ("x: { kind: text, time_of_day: t }", "3:33", "column 'x' of kind text has 'time_of_day'; expected kind instant"),
      ("x: { kind: text, from: a, value: b }", "3:36", "column 'x' has both 'from' and 'value'; expected one origin"),
      ("x: { kind: text, minimum: 1 }", "3:29", "column 'x' of kind text has 'minimum'; expected a column that reads a number"),
      ("x: { kind: date, accept_text: true }", "3:33", "column 'x' of kind date has 'accept_text'"),
      ("x: { kind: real, minimum: 2, maximum: 1 }", "3:41", "column 'x' has a maximum below its minimum; expected at least 2.0"),
      ("x: { kind: real, factor: 0 }", "3:28", "expected a number other than 0, or a fraction such as 1/60"),
      ("x: { kind: real, factor: 1/0 }", "3:28", "expected a number other than 0, or a fraction such as 1/60"),
      ("x: { kind: integer, default: none }", "3:32", "column 'x' has the default 'none'; expected a number"),
      ("x: { kind: integer, value: a, default: 1 }", "3:42", "column 'x' has a default; expected a column with 'from'"),
      ("x: { kind: integer, notation: seconds_duration, default: 5 }", "3:60", "expected a duration such as 0s"),
      ("x: { kind: date, default: today }", "3:29", "column 'x' has the default 'today'; expected a date yyyy-MM-dd"),
      ("participant_id: { kind: integer }", "3:3", "column 'participant_id'; every table has it already"),
      ("heart rate: { kind: integer }", "3:3", "column 'heart rate'; expected a name of letters, digits and _"),
    ])
  func columns(column: String, place: String, words: String) {
    let problems = problems("rows: /rows\ncolumns:\n  \(column)\n")
    #expect(problems.count == 1)
    #expect(problems.first.map { "\($0)" }?.hasPrefix("\(place): error: ExtractRecords 'extract': ") == true, "\(problems)")
    #expect(problems.first.map { "\($0)" }?.contains(words) == true, "\(problems)")
  }

  @Test("the nearest instant column is named")
  func nearestInstant() {
    let problems = problems(
      "rows: /\ncolumns:\n  instant: { kind: instant, from: t }\n  offset: { kind: offset, zone_of: instnat }\n")
    #expect(problems.first?.hint == "did you mean 'instant'?")
  }

  @Test(
    "rows are a path from the root",
    arguments: ["rows: dataset", "rows: /../dataset", "rows: \"/a[b\"", "rows: [a]", "rows: \"\""])
  func rows(line: String) {
    let problems = problems("\(line)\ncolumns:\n  x: { kind: text }\n")
    #expect(problems.count == 1)
    #expect(problems.first?.expected == "a path from the root such as /summary or /dataPoints/*/zones")
  }

  @Test("all problems are reported at once")
  func several() {
    #expect(problems("rows: x\ncolumns:\n  a: { kind: b }\n  c: { kind: text, factor: 0 }\n  \n").count == 3)
  }

  @Test("a mapping without columns is reported")
  func noColumns() {
    #expect(problems("rows: /rows\ncolumns: {}\n").first?.expected == "at least one column")
    #expect(problems("rows: /rows\n").first?.found == "required property 'columns' is missing")
  }

  private func problems(_ mapping: String) -> [Diagnostic] {
    do {
      _ = try ExtractRecordsBench.values(mapping)
      return []
    } catch let problems as Diagnostics {
      return problems.all
    } catch {
      Issue.record(error)
      return []
    }
  }
}
