import FlowDefinition
import Foundation
import Testing

@Suite("Two data types in one table")
struct DataTypeTests {
  /// The shipped flow with steps and heart rates in one table, with an additional key column.
  private func problemsOf(heart: String, steps: String, key: String = "[metric, instant]") throws -> [String] {
    var text = try ShippedFlows.text(of: .fitbit)
    for (name, column) in [("heart", heart), ("steps", steps)] {
      text = text.replacingOccurrences(
        of: "      dated: /activities-\(name)/*/dateTime\n      columns:\n",
        with: "      dated: /activities-\(name)/*/dateTime\n      columns:\n        metric: \(column)\n")
    }
    for table in ["fitbit_intraday_hr", "fitbit_intraday_steps"] {
      text = text.replacingOccurrences(of: "table: \(table), key: [instant]", with: "table: everything, key: \(key)")
    }
    return problems(of: ShippedFlows.load(text, .fitbit))
  }

  @Test(
    "are distinguished by a key column",
    arguments: [
      ("{ kind: text, value: \"${data_type}\", required: true }", "{ kind: text, value: \"${data_type}\", required: true }"),
      ("{ kind: text, value: heart }", "{ kind: text, value: steps }"),
    ])
  func toldApart(heart: String, steps: String) throws {
    #expect(try problemsOf(heart: heart, steps: steps) == [])
  }

  @Test(
    "are reported if they share a key",
    arguments: [
      ("{ kind: text, value: same }", "{ kind: text, value: same }", "[metric, instant]"),
      ("{ kind: text, value: \"${slice.date}\", required: true }", "{ kind: text, value: \"${slice.date}\", required: true }", "[metric, instant]"),
      ("{ kind: text, value: heart }", "{ kind: text, value: steps }", "[instant]"),
    ])
  func mixed(heart: String, steps: String, key: String) throws {
    let found = try problemsOf(heart: heart, steps: steps, key: key)
    #expect(found.count == 1)
    #expect(found.first?.contains("table 'everything' gets 'intraday-steps' here and 'intraday-heart-rate' from 'write heart'") == true)
  }

  @Test("are found downstream of a routing processor")
  func behindRoute() throws {
    var text = try ShippedFlows.text(of: .fitbit)
    text = text.replacingOccurrences(of: "{ success: extract steps,", with: "{ success: choose,")
    text += """

        - name: choose
          type: RouteOnAttribute
          properties: { rules: { odd: "${slice.date:endsWith('1')}" } }
          to: { odd: extract heart, unmatched: extract steps }

      """
    let found = problems(of: ShippedFlows.load(text, .fitbit))
    #expect(found.contains { $0.contains("RouteOnAttribute 'choose': 'to.odd' leads 'intraday-steps' into table 'fitbit_intraday_hr'") }, "\(found)")
  }
}
