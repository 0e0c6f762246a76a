/// A command as a person types it, and what the study does before it.
struct GoldenCase: Sendable {
  typealias Preparation = @Sendable (GoldenStudy) async throws -> Void

  /// The file in `Fixtures/Golden` without its ending: standard output alone for JSON, else the command, both outputs and the exit code.
  let name: String
  /// Words after `flowrun`, divided by spaces. `{entry P0001}` is the uuid of an error entry of that participant, `{flowfile P0001}` that of the
  /// FlowFile that wrote a slice of theirs.
  let command: String
  let exit: Int32
  /// Minutes after the simulated provider's time at which the batch was made.
  let minute: Int
  let environment: [String: String]
  let before: Preparation?

  init(
    _ name: String, _ command: String, exit: Int32 = 0, minute: Int, environment: [String: String] = [:], before: Preparation? = nil
  ) {
    self.name = name
    self.command = command
    self.exit = exit
    self.minute = minute
    self.environment = environment
    self.before = before
  }

  /// The command in both forms: `NAME.txt` and, with the option, `NAME.json`.
  static func both(_ name: String, _ command: String, exit: Int32 = 0, minute: Int) -> [GoldenCase] {
    [GoldenCase(name, command, exit: exit, minute: minute), GoldenCase(name, command + " --format json", exit: exit, minute: minute)]
  }

  var isJSON: Bool { ["json", "sarif"].contains { command.hasSuffix("--format \($0)") } }
  var file: String { name + (isJSON ? ".json" : ".txt") }

  // MARK: The table

  static let all = unrun + collecting + reading + changing

  /// What can be asked before anything has run.
  private static let unrun: [GoldenCase] =
    [
      GoldenCase("overview", "", exit: 64, minute: 0),
      GoldenCase("version", "--version", minute: 0),
      GoldenCase("new", "new starter.yaml", minute: 0),
      GoldenCase("new-taken", "new starter.yaml", exit: 64, minute: 0),
      GoldenCase("new-printed", "new", minute: 0),
      GoldenCase("validate", "validate study.yaml starter.yaml letters.yaml", minute: 0),
    ] + both("validate-mistakes", "validate mistakes.yaml", exit: 78, minute: 0) + [
      GoldenCase("validate-mistakes-sarif", "validate mistakes.yaml --format sarif", exit: 78, minute: 0),
      GoldenCase("validate-mistakes-github", "validate mistakes.yaml --format github", exit: 78, minute: 0),
    ] + both("validate-codes", "validate --codes E0501 --codes E0202", minute: 0) + [
      GoldenCase("processors", "processors", minute: 0),
    ] + both("processors-one", "processors WriteRecords", minute: 0) + [
      GoldenCase("processors-mistyped", "processors WriteRecord", exit: 64, minute: 0),
      GoldenCase("evaluate", "evaluate ${name:toUpper()} -a name=anna", minute: 0),
      GoldenCase("evaluate-mistake", "evaluate ${name:toUper()} -a name=anna", exit: 65, minute: 0),
    ] + ["sqlite", "postgresql", "bigquery", "redshift"].map { GoldenCase("ddl-\($0)", "ddl study.yaml --dialect \($0)", minute: 0) }
    + both("explain", "explain letters.yaml -p greeting=Hello", minute: 0)
    + ["text", "mermaid", "dot", "svg"].map { GoldenCase("graph-\($0)", "graph letters.yaml --format \($0)", minute: 0) } + [
      GoldenCase("graph-study", "graph study.yaml", minute: 0),
    ] + both("test", "test letters.yaml", exit: 1, minute: 0) + [
      GoldenCase("import", "import template.xml -o imported.yaml --report import.json", minute: 0),
      GoldenCase("import-refused", "import letters.yaml -o other.yaml", exit: 78, minute: 0),
    ] + both("check", "check study.yaml", minute: 0) + both("plan-first", "run study.yaml --plan", minute: 0) + [
      GoldenCase("runs-none", "runs", minute: 0),
      GoldenCase("errors-none", "errors list", exit: 64, minute: 0),
      GoldenCase("counters-none", "counters", exit: 64, minute: 0),
      GoldenCase("top-none", "top --once", minute: 0),
      GoldenCase("run-no-flow", "run styud.yaml", exit: 64, minute: 0),
      GoldenCase("run-no-command", "rnu study.yaml", exit: 64, minute: 0),
      GoldenCase("run-no-option", "run study.yaml --onyl P0001", exit: 64, minute: 0),
      GoldenCase("run-no-participant", "run study.yaml --only p0001", exit: 64, minute: 0),
      GoldenCase("run-no-parameter", "run study.yaml -p partcipants=p", exit: 78, minute: 0),
      GoldenCase("run-mistakes", "run mistakes.yaml", exit: 78, minute: 0),
    ]

  /// One batch with each sort of trouble, and a further run of which the provider refuses everything.
  private static let collecting: [GoldenCase] =
    both("participants-pause", "participants pause study.yaml P0005 --reason illness", minute: 0) + [
      GoldenCase("run", "run study.yaml", exit: 65, minute: 60),
      GoldenCase("run", "run study.yaml --format json", exit: 65, minute: 120),
      GoldenCase("run-quiet", "run study.yaml -q --only P0001", minute: 180),
    ] + both("recollect-dry", "recollect study.yaml --participant P0008 --data-type intraday-steps --dry-run", minute: 180) + [
      GoldenCase("recollect", "recollect study.yaml --participant P0008 --data-type intraday-steps", minute: 180),
      GoldenCase("run-server-error", "run study.yaml --only P0008", exit: 75, minute: 240) { try await $0.answersErrors() },
      GoldenCase("check-server-error", "check study.yaml", minute: 240),
      GoldenCase("graph-last", "graph study.yaml --last", minute: 300) { try await $0.answers() },
    ]

  private static let reading: [GoldenCase] =
    both("runs", "runs", minute: 300) + both("runs-show", "runs show", minute: 300) + both("counters", "counters", minute: 300) + [
      GoldenCase("counters-prometheus", "counters --format prometheus", minute: 300),
    ] + both("errors", "errors list", minute: 300) + both("errors-by-cause", "errors list --by cause", minute: 300)
    + both("errors-by-participant", "errors list --by participant", minute: 300) + both("errors-by-processor", "errors list --by processor", minute: 300)
    + both("errors-show", "errors show {entry P0006}", minute: 300) + [
      GoldenCase("errors-show-unknown", "errors show 1234", exit: 64, minute: 300),
    ] + both("errors-export", "errors export study.yaml -o errors.pkg", minute: 300) + both("tokens", "tokens study.yaml", minute: 300)
    + both("participants", "participants list study.yaml", minute: 300) + both("coverage", "coverage study.yaml --participant P000*", minute: 300)
    + both("coverage-summary", "coverage study.yaml --summary", minute: 300) + [
      GoldenCase("coverage-problems", "coverage study.yaml --problems", minute: 300),
      GoldenCase("coverage-local", "coverage study.yaml --participant P0001 --local --days 1", minute: 300),
      GoldenCase("coverage-nobody", "coverage study.yaml --participant p0001", exit: 64, minute: 300),
    ] + both("plan", "run study.yaml --plan", minute: 300)
    + both("trace-row", "trace --row fitbit_daily_activity participant=P0001 date=2026-03-09", minute: 300)
    + both("trace-flowfile", "trace {flowfile P0001}", minute: 300) + [
      GoldenCase("trace-no-row", "trace --row fitbit_daily_activity participant=P0001 date=2025-03-09", exit: 64, minute: 300),
    ] + both("report", "report study.yaml -o report.html", minute: 300) + [
      GoldenCase("export", "export study.yaml -o export", minute: 300),
    ] + both("transform", "transform study.yaml", minute: 300)

  private static let changing: [GoldenCase] =
    [
      GoldenCase("replay-dry", "replay study.yaml --dry-run", minute: 360),
      GoldenCase("replay-nothing", "replay study.yaml --cause disk", exit: 75, minute: 360),
      GoldenCase("replay-changed", "replay study.yaml --processor extract*activity", exit: 65, minute: 360) { try $0.mendsFlow() },
      GoldenCase("replay", "replay study.yaml --allow-flow-change", exit: 65, minute: 420),
      GoldenCase("replay-json", "replay study.yaml --allow-flow-change --format json", exit: 65, minute: 480),
    ] + [GoldenCase("errors-discard", "errors discard {entry P0003} --reason duplicate", minute: 480), GoldenCase("errors-discard", "errors discard {entry P0014} --format json", minute: 480)]
    + both("tokens-retry", "tokens retry study.yaml P0013 P0014", minute: 480) + both("participants-resume", "participants resume study.yaml P0005", minute: 480)
    + both("participants-withdraw", "participants withdraw study.yaml P0007 --keep-data", minute: 480)
    + both("participants-import", "participants import study.yaml enrolments.csv", minute: 480) + [
      GoldenCase("participants-import-mistakes", "participants import study.yaml mistakes.csv", exit: 65, minute: 480),
      GoldenCase("participants-invite", "participants invite study.yaml --public-url https://study.example.org", minute: 480),
      GoldenCase("participants-invite", "participants invite study.yaml --public-url https://study.example.org --format json", minute: 480),
      GoldenCase("participants-texts", "participants texts", minute: 480),
      GoldenCase("tokens-encrypt", "tokens encrypt study.yaml", exit: 65, minute: 480, environment: ["FLOWRUN_PARTICIPANT_KEY": String(repeating: "0a", count: 32)]),
      GoldenCase("tokens-encrypted", "tokens study.yaml", exit: 78, minute: 480),
      GoldenCase("tokens-decrypt", "tokens decrypt study.yaml", exit: 65, minute: 480, environment: ["FLOWRUN_PARTICIPANT_KEY": String(repeating: "0a", count: 32)]),
      GoldenCase("rebuild", "rebuild study.yaml --participant P0001", minute: 540),
    ] + both("audit", "audit study.yaml", minute: 600) + both("audit-verify", "audit verify study.yaml", minute: 600) + [
      GoldenCase("runs-prune", "runs prune --older-than 1h", minute: 600),
    ]
}
