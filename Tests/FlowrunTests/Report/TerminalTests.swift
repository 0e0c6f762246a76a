import FlowTesting
import Foundation
import Testing

/// The built program in a terminal, as a person sees it.
@Suite("On a terminal", .enabled(if: PythonTools.mayRun, "\(PythonTools.remedy)"), .timeLimit(.minutes(5)))
struct TerminalTests {
  private static let interrupt = TerminalRecording.Step.type("\u{3}")

  /// A terminal's width, and whether its person wants colour.
  struct Window: Sendable, CustomTestStringConvertible {
    var columns: Int
    var isColoured: Bool

    var environment: [String: String] { isColoured ? [:] : ["NO_COLOR": "1"] }
    var testDescription: String { "\(columns) columns, \(isColoured ? "colour" : "NO_COLOR")" }

    static let all = [80, 120].flatMap { columns in [true, false].map { Window(columns: columns, isColoured: $0) } }
  }

  @Test("a run shows what it does, fits, follows the window, and leaves the terminal as it was", arguments: Window.all)
  func run(_ window: Window) async throws {
    let waiting = try WaitingRun()
    let seen = try await TerminalRecording.make(
      waiting.binary, ["waiting.yaml"], columns: window.columns, environment: window.environment,
      steps: [.until("waits: retry at"), .resize(columns: 50, rows: 24), .until("waits: …"), Self.interrupt])
    #expect(seen.exit == 130 && seen.settings && seen.wrapped.dropLast().allSatisfy { $0 == 0 } && seen.modes == [] && seen.column == 0, "\(seen)")
    #expect((seen.styles > 0) == window.isColoured)
    let lines = seen.screens[0].split(separator: "\n").map(String.init)
    #expect(lines.first?.hasPrefix("waiting  20") == true && lines.contains { $0.hasPrefix("keep ") && $0.contains(" 1200 ") }, "\(seen.screens[0])")
    // Nothing of the table is left at the end, however the window was changed meanwhile.
    let end = try #require(seen.screens.last)
    #expect(end.components(separatedBy: "stopping: no new work is taken in").count == 2, "\(end)")
    let words = end.filter { $0 != "\n" }
    #expect(!words.contains("waits:") && words.contains("stopped by SIGINT; what was done is saved (exit 130)"), "\(end)")
    #expect(end.hasSuffix("\n"))
  }

  @Test("a run that is killed leaves the terminal as it was, and the cursor at the start of a line of its own", arguments: Window.all)
  func killed(_ window: Window) async throws {
    let waiting = try WaitingRun()
    let seen = try await TerminalRecording.make(
      waiting.binary, ["waiting.yaml"], columns: window.columns, environment: window.environment, steps: [.until("waits: retry at"), .kill(SIGKILL)])
    #expect((seen.styles > 0) == window.isColoured)
    #expect(seen.exit == -SIGKILL && seen.settings && seen.wrapped.dropLast().allSatisfy { $0 == 0 } && seen.modes == [] && seen.column == 0, "\(seen)")
  }

  @Test("no colour with --color never")
  func colourless() async throws {
    let waiting = try WaitingRun()
    let seen = try await TerminalRecording.make(
      waiting.binary, ["waiting.yaml", "--color", "never"], columns: 80,
      steps: [.until("waits: retry at"), Self.interrupt])
    #expect(seen.exit == 130 && seen.styles == 0 && seen.modes == [])
  }

  @Test("nothing is drawn with -q, nor on a terminal that cannot redraw", arguments: [true, false])
  func undrawn(_ isQuiet: Bool) async throws {
    let binary = try BuiltBinary()
    try binary.write("flow: hello\nprocessors:\n  - { name: begin, type: GenerateFlowFile, properties: { count: 5 }, to: { success: drop } }\n", to: "hello.yaml")
    let seen = try await TerminalRecording.make(
      binary, ["hello.yaml", "--color", "never"] + (isQuiet ? ["-q"] : []), columns: 80, environment: isQuiet ? [:] : ["TERM": "dumb"], steps: [])
    #expect(seen.exit == 0 && seen.styles == 0 && seen.modes == [])
    #expect(seen.screens[0].hasPrefix("processor  received"), "\(seen.screens[0])")
  }

  @Test("a window that is too low for the table counts what it leaves out")
  func low() async throws {
    let waiting = try WaitingRun()
    let seen = try await TerminalRecording.make(
      waiting.binary, ["waiting.yaml"], columns: 80, rows: 5, steps: [.until("2 more processors"), .until("FlowFiles 0/1200"), Self.interrupt])
    #expect(seen.exit == 130 && seen.wrapped.dropLast().allSatisfy { $0 == 0 } && seen.screens.last?.contains("more processors") == false, "\(seen)")
  }

  @Test("top draws the same table, which stays when the run has ended")
  func top() async throws {
    let waiting = try WaitingRun()
    let result = try await waiting.binary.run(["waiting.yaml", "-q"]) { running in
      _ = try await waiting.seen()
      let end = try await TerminalRecording.make(
        waiting.binary, ["top"], columns: 80,
        steps: [.until("waits: retry at"), .signal(process: running.identifier, SIGINT), .until("ended: partial, exit 130")])
      #expect(end.exit == 0 && end.settings && end.wrapped.allSatisfy { $0 == 0 } && end.modes == [] && end.column == 0)
      // At the end: right after the words that a step waits for, the lines below them may not be drawn yet.
      let last = try #require(end.screens.last)
      #expect(last.components(separatedBy: "processor ").count == 2 && last.contains("ended: partial, exit 130"), "\(last)")
    }
    #expect(result.exit == 130)
  }
}
