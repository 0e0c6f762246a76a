import FlowCore
import FlowTesting
import Foundation
import Testing

@Suite("run --metrics-textfile and --on-end")
struct AfterRunTests {
  private static let flow = """
    flow: hello
    processors:
      - { name: begin, type: GenerateFlowFile, properties: { count: 3 }, to: { success: keep } }
      - { name: keep, type: PutFile, properties: { folder: out }, to: { success: drop, failure: errors } }
    """

  private let binary: BuiltBinary

  init() throws {
    binary = try BuiltBinary()
    try binary.write(Self.flow, to: "hello.yaml")
  }

  private func text(_ name: String) throws -> String { try String(contentsOfFile: binary.folder.path(name), encoding: .utf8) }

  @Test("the file is there at the end of the run, also of one that fails before it begins")
  func metrics() async throws {
    try FileManager.default.createDirectory(atPath: binary.folder.path("textfile"), withIntermediateDirectories: true)
    #expect(try await binary.run(["hello.yaml", "--metrics-textfile", "textfile"]).exit == 0)
    let first = try text("textfile/flowrun.prom")
    #expect(first.contains("\nflowrun_run_exit_code{flow=\"hello\"} 0\n") && first.contains("\nflowrun_flowfiles_total{flow=\"hello\"} 3\n"))
    try binary.write("in the way", to: "state")
    let failed = try await binary.run(["hello.yaml", "--metrics-textfile", "textfile", "--state", "state"])
    #expect(failed.exit == 1)
    let second = try text("textfile/flowrun.prom")
    #expect(second.contains("\nflowrun_run_exit_code{flow=\"hello\"} 1\n") && second.contains("\nflowrun_run_success_time_seconds{flow=\"hello\"} "))
  }

  @Test("a folder that is not there is a usage error, found before anything starts")
  func noFolder() async throws {
    let result = try await binary.run(["hello.yaml", "--metrics-textfile", "nowhere"])
    #expect(result.exit == 64 && result.errors.contains("--metrics-textfile is 'nowhere', which is no folder"))
    #expect(!FileManager.default.fileExists(atPath: binary.folder.path("out")))
  }

  @Test("the command gets the report on standard input, the words of the shell are the user's own, and its output is not data")
  func hook() async throws {
    let result = try await binary.run(["hello.yaml", "--format", "json", "--on-end", "cat >'the report.json'; echo \"$FLOWRUN_FLOW $FLOWRUN_EXIT\"; echo told >&2"])
    #expect(result.exit == 0)
    let report = try #require(try result.json()["run"] as? String)
    let given = try #require(try JSONSerialization.jsonObject(with: Data(try text("the report.json").utf8)) as? [String: Any])
    #expect(given["run"] as? String == report && given["exit"] as? Int == 0)
    #expect(result.errors.contains("hello 0\ntold\n") && !result.output.contains("hello 0"))
  }

  @Test(
    "its failure is told and changes nothing",
    arguments: [("cat >/dev/null; exit 3", "ended with exit code 3"), ("kill -9 $$", "was ended by signal 9"), ("no-such-command-at-all", "ended with exit code 127"),
      // Signals are those of an ordinary shell.
      ("kill -TERM $$", "was ended by signal 15"), ("kill -PIPE $$", "was ended by signal 13"),
    ])
  func failure(command: String, words: String) async throws {
    let result = try await binary.run(["hello.yaml", "-q", "--on-end", command])
    #expect(result.exit == 0)
    #expect(result.errors.contains("warning: the command of --on-end \(words); the run is not affected\n"), "\(result.errors)")
  }

  @Test("a signal while it runs ends it, and leaves the exit code that is recorded", arguments: [SIGINT, SIGTERM, SIGHUP])
  func signalled(number: Int32) async throws {
    let result = try await binary.run(["hello.yaml", "--on-end", "echo begun >begun; sleep 60"]) { running in
      try await waitUntil { FileManager.default.fileExists(atPath: binary.folder.path("begun")) }
      kill(running.identifier, number)
    }
    #expect(result.exit == 0 && result.output.contains("(exit 0)"), "\(result.output)\(result.errors)")
    #expect(result.errors.contains("warning: the command of --on-end was interrupted by a signal and ended; the run is not affected\n"), "\(result.errors)")
    #expect(try await binary.run(["runs"]).output.contains(#/ complete +0 /#))
  }

  @Test("in a log its lines are objects like all others")
  func log() async throws {
    let result = try await binary.run(["hello.yaml", "-q", "--log-format", "json", "--on-end", "echo '{\"a\": 1}'; echo told >&2; exit 3"])
    #expect(result.exit == 0)
    let lines = try result.errors.split(separator: "\n").map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\($0)") }
    let said = lines.filter { $0["source"] as? String == "on-end" }.compactMap { $0["message"] as? String }
    #expect(said == [#"{"a": 1}"#, "told"], "\(result.errors)")
    #expect(lines.last?["level"] as? String == "warning")
  }

  @Test("it is told of a run that could not begin, too")
  func failedRun() async throws {
    try binary.write("in the way", to: "state")
    let result = try await binary.run(["hello.yaml", "--state", "state", "--on-end", "cat >report.json"])
    #expect(result.exit == 1)
    let given = try #require(try JSONSerialization.jsonObject(with: Data(try text("report.json").utf8)) as? [String: Any])
    #expect(given["status"] as? String == "failed" && given["exit"] as? Int == 1 && (given["stopped"] as? String)?.isEmpty == false)
  }
}
