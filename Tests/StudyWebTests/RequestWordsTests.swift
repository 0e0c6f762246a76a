import FlowCore
import Testing

@testable import StudyWeb

@Suite("Problems are told in the words of a request")
struct RequestWordsTests {
  @Test("an option is the parameter of the same name; the server's own options stay", arguments: [
    ("--participant 'ZZ': no participant in the batch matches", "participant 'ZZ': no participant in the batch matches"),
    ("--only 'ZZ'", "only 'ZZ'"), ("-p from: the value is 'x'", "parameters.from: the value is 'x'"), ("-p until='x'", "parameters.until='x'"),
    ("give --from, or (--days)", "give from, or (days)"), ("--token-file token.txt: it is empty", "--token-file token.txt: it is empty"),
    ("-p database=… is needed", "-p database=… is needed"), ("--from-folder '/x'", "--from-folder '/x'"), ("a -- b  c", "a -- b  c"), ("", ""),
  ])
  func options(message: String, words: String) { #expect(RequestWords.text(of: message) == words) }

  @Test("a command that lists something is the request that does; one that looks after the server stays a command")
  func commands() {
    func text(_ hint: String) -> String { RequestWords.text(of: Diagnostic(.unknownName, file: "f.yaml", subject: "--run 'x'", found: "nothing", expected: "more", hint: hint)) }
    #expect(text("flowrun runs lists them") == "run 'x': nothing; expected more; GET /api/v1/runs lists them")
    #expect(text("list them with: flowrun errors list -p from=2026-01-05") == "run 'x': nothing; expected more; /errors lists them")
    #expect(text("flowrun participants import f.yaml --only P1").hasSuffix("; flowrun participants import f.yaml --only P1"))
    #expect(text("see --participant").hasSuffix("; see participant"))
  }
}
