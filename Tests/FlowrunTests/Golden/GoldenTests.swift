import ArgumentParser
import FlowSimulator
import FlowTesting
import Foundation
import Testing

@testable import flowrun

/// What every command prints, of one study with each sort of trouble, while the clock stands still.
///
/// `RECORD=1` rewrites the files and still fails, so that it is not left set by accident.
@Suite("Every output is as it was recorded")
struct GoldenTests {
  private static let folder = BuiltBinary.repository.appending(path: "Tests/FlowrunTests/Fixtures/Golden")
  private static let isRecording = ProcessInfo.processInfo.environment["RECORD"] == "1"

  /// Commands that the table leaves out, and why.
  private static let others = [
    "run": "`flowrun run` is there as the default, by its name",
    "serve": "goes on until a signal: ServeCommandTests", "simulate": "goes on until a signal: StudyTests of the simulator",
    "authorize": "waits for a person: AuthorizeTests", "tap": "needs a run under way: TapTests", "schema": "made of declarations: SchemaTests",
  ]

  @Test("of each command, in the order of a study", .enabled(if: FixedClock.isThere, "the clock is fixed by LD_PRELOAD"), .timeLimit(.minutes(5)))
  func outputs() async throws {
    let golden = try await GoldenStudy()
    var normalizer = OutputNormalizer(folder: golden.study.binary.folder.path)
    var seen: Set<String> = []
    for each in GoldenCase.all {
      let result = try await golden.run(each)
      let output = normalizer.normalized(result.output), errors = normalizer.normalized(result.errors)
      #expect(result.exit == each.exit, "flowrun \(each.command): \(output)\(errors)")
      #expect(seen.insert(each.file).inserted, "two cases are called \(each.file)")
      let text = each.isJSON ? output : "$ flowrun \(each.command)\n\(output)--- standard error\n\(errors)--- exit \(result.exit)\n"
      try Self.compare(text, with: each.file)
    }
    let recorded = Set(try FileManager.default.contentsOfDirectory(atPath: Self.folder.path())).subtracting(["help.txt", "top.txt", "top.json", "terminal-80.txt", "terminal-120.txt"])
    #expect(recorded.subtracting(seen) == [], "files of cases that are no more")
    await golden.study.simulator.stop()
  }

  @Test("of --help of every command and subcommand, at 80 columns")
  func help() throws {
    var text = ""
    for (name, command) in Self.commands(Flowrun.self, "flowrun") {
      text += "$ \(name) --help\n\(Flowrun.helpMessage(for: command, columns: 80))\n\n"
    }
    try Self.compare(text, with: "help.txt")
  }

  @Test("the help's own lines fit a terminal: a table's row in 80 columns, and no sentence is broken by hand")
  func discussions() {
    for (name, command) in Self.commands(Flowrun.self, "flowrun") {
      let lines = command.configuration.discussion.split(separator: "\n").map(String.init)
      for (line, next) in zip(lines, lines.dropFirst() + ["  "]) {
        let isRow = line.hasPrefix("  ") || line.firstMatch(of: #/\S  +\S/#) != nil
        #expect(isRow ? line.count <= 80 : line.count <= 80 || [".", ":", ","].contains { line.hasSuffix($0) } || next.hasPrefix("  ") || next.hasPrefix("#"), "\(name): \(line)")
      }
    }
  }

  @Test("of a run under way, seen by top", .enabled(if: FixedClock.isThere, "the clock is fixed by LD_PRELOAD"), .timeLimit(.minutes(5)))
  func top() async throws {
    let waiting = try WaitingRun(), clock = try await FixedClock()
    let environment = clock.environment(seconds: 1_773_273_600)
    var normalizer = OutputNormalizer(folder: waiting.binary.folder.path)
    let result = try await waiting.binary.run(["waiting.yaml", "-q"], environment: environment) { running in
      _ = try await waiting.seen()
      for format in ["text", "json"] {
        let seen = try await waiting.binary.run(["top", "--once", "--format", format], environment: environment)
        #expect(seen.exit == 0, "\(seen.errors)")
        try Self.compare(normalizer.normalized(seen.output), with: format == "text" ? "top.txt" : "top.json")
      }
      running.interrupt()
    }
    #expect(result.exit == 130)
    withExtendedLifetime(clock) {}
  }

  @Test(
    "of a run on a terminal: the same with and without colour, no wider than the window but for commands, which leaves the terminal as it was",
    .enabled(if: FixedClock.isThere && PythonTools.mayRun, "\(PythonTools.remedy)"), .timeLimit(.minutes(5)), arguments: [80, 120])
  func terminal(_ columns: Int) async throws {
    for isColoured in [true, false] {
      let golden = try await GoldenStudy()
      let seen = try await TerminalRecording.make(
        golden.study.binary, ["run", "study.yaml"] + ["P0001", "P0003", "P0006", "P0009", "P0011", "P0014"].flatMap { ["--only", $0] }, columns: columns, rows: 50,
        environment: golden.environment(60).merging(isColoured ? ["FLOWRUN_PARAMETERS": "study.parameters"] : ["FLOWRUN_PARAMETERS": "study.parameters", "NO_COLOR": "1"]) { $1 },
        steps: [])
      await golden.study.simulator.stop()
      #expect(seen.exit == 65 && seen.settings && seen.modes == [] && seen.column == 0)
      #expect((seen.styles > 0) == isColoured)
      var normalizer = OutputNormalizer(folder: golden.study.binary.folder.path)
      try Self.compare(normalizer.normalized(seen.screens.last ?? ""), with: "terminal-\(columns).txt")
    }
  }

  @Test("no command is left out")
  func complete() {
    let typed = GoldenCase.all.map { $0.command.split(separator: " ").map(String.init) }
    for (name, command) in Self.commands(Flowrun.self, "flowrun") where command.configuration.subcommands.isEmpty {
      let words = name.split(separator: " ").dropFirst().map(String.init)
      let isDefault = words.last == "list"
      let isTyped = typed.contains { $0.starts(with: words) || (isDefault && $0.first == words.first) }
      #expect(isTyped || Self.others[words[0]] != nil, "\(name) has no golden file")
    }
  }

  private static func commands(_ command: any ParsableCommand.Type, _ name: String) -> [(String, any ParsableCommand.Type)] {
    [(name, command)]
      + command.configuration.subcommands.flatMap { part in commands(part, "\(name) \(part.configuration.commandName ?? part._commandName)") }
  }

  private static func compare(_ text: String, with file: String) throws {
    let url = folder.appending(path: file)
    let recorded = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
    if isRecording { try text.write(to: url, atomically: true, encoding: .utf8) }
    guard recorded != text else { return }
    let old = recorded.components(separatedBy: "\n"), new = text.components(separatedBy: "\n")
    let line = zip(old, new).enumerated().first { $1.0 != $1.1 }?.offset ?? min(old.count, new.count)
    Issue.record(
      """
      Fixtures/Golden/\(file):\(line + 1) differs
        recorded: \(old.dropFirst(line).first ?? "(end)")
        now:      \(new.dropFirst(line).first ?? "(end)")
      if that is right, run the tests once with RECORD=1
      """)
  }
}
