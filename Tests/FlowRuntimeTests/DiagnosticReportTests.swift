import FlowCore
import FlowDefinition
import Foundation
import Testing

@testable import FlowRuntime

@Suite("A report of diagnostics for programs")
struct DiagnosticReportTests {
  private func diagnostic(_ file: String?, found: String = "unknown property 'größe'") -> Diagnostic {
    var diagnostic = Diagnostic(
      .unknownProperty, file: file, position: file == nil ? nil : SourcePosition(line: 3, column: 7), subject: "PutFile 'store'",
      found: found, hint: "available: folder")
    diagnostic.place.end = file == nil ? nil : SourcePosition(line: 3, column: 12)
    return diagnostic
  }
  private func github(_ diagnostic: Diagnostic) throws -> String { try DiagnosticReport([diagnostic]).text(.github) }

  @Test("escapes the characters reserved by GitHub's commands")
  func escapes() throws {
    #expect(
      try github(diagnostic("Flows/a, b: 100%.yaml"))
        == "::error file=Flows/a%2C b%3A 100%25.yaml,line=3,col=7,title=E0501::PutFile 'store': unknown property 'größe'; available: folder")
    #expect(
      try github(diagnostic(nil, found: "50 %,\r\nsays: yes"))
        == "::error title=E0501::PutFile 'store': 50 %25,%0D%0Asays: yes; available: folder")
  }

  @Test("distinguishes a note from an error")
  func severities() throws {
    let note = Diagnostic(.boundedLoop, file: "a.yaml", position: SourcePosition(line: 1, column: 1), found: "a loop")
    #expect(try github(note) == "::notice file=a.yaml,line=1,col=1,title=N0401::a loop")
  }

  @Test(
    "gives SARIF addresses: relative ones below the working folder, whole ones elsewhere",
    arguments: [
      ("Flows/fitbit.yaml", "Flows/fitbit.yaml"), ("./a.yaml", "a.yaml"), ("/study/here/b/c.yaml", "b/c.yaml"),
      ("../other/a.yaml", "file:///study/other/a.yaml"), ("/elsewhere/a b.yaml", "file:///elsewhere/a%20b.yaml"),
      ("/study/hereafter/a.yaml", "file:///study/hereafter/a.yaml"), ("Größe #1.yaml", "Gr%C3%B6%C3%9Fe%20%231.yaml"), ("a:b.yaml", "a%3Ab.yaml"),
    ])
  func addresses(path: String, uri: String) {
    #expect(SARIFLog.uri(of: path, "/study/here") == uri)
  }

  @Test("counts SARIF columns in Unicode characters and names the rule by its place in the table")
  func sarif() throws {
    let text = try DiagnosticReport([diagnostic("a.yaml"), diagnostic(nil)]).text(.sarif)
    let log = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(log["version"] as? String == "2.1.0")
    let run = try #require((log["runs"] as? [[String: Any]])?.first)
    #expect(run["columnKind"] as? String == "unicodeCodePoints")
    let driver = try #require((run["tool"] as? [String: Any])?["driver"] as? [String: Any])
    let rules = try #require(driver["rules"] as? [[String: Any]])
    let results = try #require(run["results"] as? [[String: Any]])
    #expect(results.count == 2)
    let index = try #require(results[0]["ruleIndex"] as? Int)
    #expect(rules[index]["id"] as? String == "E0501" && results[0]["ruleId"] as? String == "E0501")
    let places = try #require(results[0]["locations"] as? [[String: Any]])
    let place = try #require(places.first?["physicalLocation"] as? [String: Any])
    #expect(place["region"] as? [String: Int] == ["startLine": 3, "startColumn": 7, "endLine": 3, "endColumn": 12])
    #expect((results[1]["locations"] as? [Any])?.isEmpty == true)
  }

  @Test("is an empty list, an empty run or nothing where there is nothing to report")
  func nothing() throws {
    #expect(try DiagnosticReport([]).text(.json).filter { !$0.isWhitespace } == "[]")
    #expect(try DiagnosticReport([]).text(.github).isEmpty)
    #expect(try DiagnosticReport([]).text(.sarif).replacing(" ", with: "").contains("\"results\":[\n\n]"))
  }
}
