import FlowCore

/// Where a flow does something else than its test expects.
package struct FlowTestDifference: Sendable, Equatable, Encodable {
  /// Below `expect`: `rows.fitbit_intraday_steps[0].value`.
  package var path: String
  package var expected: String
  package var found: String

  package init(_ path: String, expected: String, found: String) {
    self.path = path
    self.expected = expected
    self.found = found
  }

  package var text: String { "\(path): expected \(expected), found \(found)" }
}

/// What became of one test.
package struct FlowTestResult: Sendable, Encodable {
  /// The flow file, the test file, and the test's line there.
  package var flow: String
  package var file: String
  package var line: Int
  package var test: String
  /// Empty: it passed.
  package var differences: [FlowTestDifference]
  /// How long it took.
  package var duration: Duration

  package var hasPassed: Bool { differences.isEmpty }

  enum CodingKeys: String, CodingKey { case flow, file, line, test, status, differences }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(flow, forKey: .flow)
    try container.encode(file, forKey: .file)
    try container.encode(line, forKey: .line)
    try container.encode(test, forKey: .test)
    try container.encode(hasPassed ? "passed" : "failed", forKey: .status)
    try container.encode(differences, forKey: .differences)
  }
}

/// The results as JUnit's XML, which build servers read: a suite for each flow, in the order of the results.
package enum JUnitReport {
  package static func text(_ results: [FlowTestResult]) -> String {
    var flows: [String] = []
    for result in results where !flows.contains(result.flow) { flows.append(result.flow) }
    var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites name=\"flowrun\" \(counts(results))>"]
    for flow in flows {
      let suite = results.filter { $0.flow == flow }
      lines.append("  <testsuite name=\"\(escaped(flow))\" \(counts(suite)) errors=\"0\" skipped=\"0\">")
      for result in suite { lines += self.lines(result) }
      lines.append("  </testsuite>")
    }
    return (lines + ["</testsuites>"]).joined(separator: "\n") + "\n"
  }

  private static func lines(_ result: FlowTestResult) -> [String] {
    let head =
      "    <testcase classname=\"\(escaped(result.flow))\" name=\"\(escaped(result.test))\" file=\"\(escaped(result.file))\" line=\"\(result.line)\" time=\"\(seconds(result.duration))\""
    guard let first = result.differences.first else { return [head + "/>"] }
    return [
      head + ">", "      <failure message=\"\(escaped(first.text))\">\(escaped(result.differences.map(\.text).joined(separator: "\n")))</failure>", "    </testcase>",
    ]
  }

  private static func counts(_ results: [FlowTestResult]) -> String {
    let time = results.reduce(Duration.zero) { $0 + $1.duration }
    return "tests=\"\(results.count)\" failures=\"\(results.count { !$0.hasPassed })\" time=\"\(seconds(time))\""
  }

  private static func seconds(_ duration: Duration) -> String {
    let milliseconds = duration.wholeMilliseconds
    return "\(milliseconds / 1000).\(String(milliseconds % 1000 + 1000).dropFirst())"
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "\n": escaped += "&#10;"
      case "\t": escaped += "&#9;"
      // Other control characters may not stand in XML, not even escaped.
      case let other where other.value < 32 || other.value == 0xFFFE || other.value == 0xFFFF: escaped += "\u{FFFD}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
