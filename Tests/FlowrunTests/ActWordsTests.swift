import Testing

@testable import flowrun

@Suite("The words of a command line in the audit trail")
struct ActWordsTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var given: [String]
    var command = "run"
    var hidden: [String] = []
    var kept: [String]
  }

  static let cases = [
    Case(testDescription: "command and reason are left out", given: ["run", "a.yaml", "--reason", "why"], kept: ["a.yaml"]),
    Case(testDescription: "a reason in one word", given: ["a.yaml", "--reason=why", "-q"], kept: ["a.yaml", "-q"]),
    Case(testDescription: "the command at the end of a run", given: ["a.yaml", "--on-end", "curl https://hook.test/T0KEN", "-q"], kept: ["a.yaml", "--on-end", "***", "-q"]),
    Case(testDescription: "the same in one word", given: ["a.yaml", "--on-end=curl https://hook.test/T0KEN"], kept: ["a.yaml", "--on-end", "***"]),
    Case(testDescription: "a code", given: ["authorize", "a.yaml", "P1", "--code", "C0DE"], command: "authorize", hidden: ["--code"], kept: ["a.yaml", "P1", "--code", "***"]),
    Case(testDescription: "a password in a URI", given: ["a.yaml", "-p", "database=postgresql://u:pw@h/d"], kept: ["a.yaml", "-p", "database=postgresql://u:***@h/d"]),
  ]

  @Test("hold no secret", arguments: cases)
  func words(_ example: Case) {
    let words = ActWords(example.given, of: example.command, hidden: example.hidden).words
    #expect(words == example.kept)
  }
}
