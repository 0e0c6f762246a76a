import Foundation
import Testing

/// `RuntimeEnvironment` says that nothing else reads a clock, draws a random number or asks for the host's name. This holds it to that.
@Suite("Clock, random numbers, host name and environment variables come from one place")
struct WorldTests {
  struct Source: Sendable, CustomTestStringConvertible {
    var name: String
    /// What reads it, in Swift and in C.
    var pattern: String
    var instead: String
    /// The files, below Sources, that may, and why.
    var allowed: [String: String]
    var testDescription: String { name }
  }

  static let sources = [
    Source(
      name: "the clock",
      pattern: #"\bDate\(\)|\bDate\.now|clock_gettime|ContinuousClock|SuspendingClock|DispatchTime\.now|gettimeofday|systemUptime|timeIntervalSinceNow|\btime\((NULL|nullptr|nil|0)\)|chrono::\w+_clock"#,
      instead: "environment.time",
      allowed: [
        "FlowCore/Concurrency/DispatchTimeSource.swift": "it is the run's clock",
        "FlowHTTP/CurlMulti.swift": "curl's event loop keeps deadlines of its own, which no result depends on",
        "FlowSimulator/Simulator.swift": "the bundled provider is another machine, with a clock of its own",
      ]),
    Source(
      name: "random numbers",
      pattern: #"SystemRandomNumberGenerator|\.random\(in|\.randomElement\(|\.shuffled\(\)|(^|[^"{\w])UUID\(\)|arc4random|getrandom|/dev/u?random|AES\.GCM\.Nonce\(\)|SymmetricKey\(size|RAND_(priv_)?bytes"#,
      instead: "environment.random",
      allowed: [
        "FlowCore/Time/RandomSource.swift": "it is the run's generator",
        "FlowTesting/TemporaryFolder.swift": "names a folder for one test", "FlowTesting/PostgresServer.swift": "names a server's folder", "FlowTesting/FileSystemFixture.swift": "names a folder for one test",
      ]),
    Source(
      name: "the host's name and addresses", pattern: #"processInfo\.hostName|gethostname|Host\.current|\buname\("#, instead: "ExpressionEnvironment",
      allowed: ["FlowExpression/ExpressionEnvironment.swift": "expressions may ask for it, and are given it"]),
    Source(
      name: "the clock, random numbers and host of expressions", pattern: #"\.ofMachine\(|CompiledExpressions\(parameters: [^,)]*\)"#,
      instead: "machine.expressions", allowed: ["FlowDefinition/CompiledExpressions.swift": "the default of tests without a machine"]),
    Source(
      name: "environment variables", pattern: #"processInfo\.environment|\bgetenv\("#, instead: "machine.variable",
      allowed: [
        "FlowRuntime/Composition/Machine.swift": "it is the run's access to them",
        "FlowRuntime/Composition/Boundaries.swift": "faults are injected before there is a machine",
        "FlowBase/Time/SystemZones.swift": "TZDIR names the zone files of the whole process",
        "flowrun/Options/FlowOptions.swift": "an option's default", "flowrun/Report/Terminal.swift": "they describe the terminal",
        "flowrun/Report/TerminalWidth.swift": "they describe the terminal",
        "FlowTesting/Seeds.swift": "they choose the seeds of a test run",
        "FlowTesting/PythonTools.swift": "they tell whether tests may be skipped",
      ]),
  ]

  /// Places below Sources where code (no comment) matches.
  private static func places(of source: Source) throws -> [SourceFile.Place] {
    try SourceFile.all(in: "Sources").filter { $0.path.contains(#/\.(swift|c|cpp|h)$/#) }
      .flatMap { try $0.places(of: source.pattern) }.filter { !$0.isComment }
  }

  @Test("nothing else reads it", arguments: WorldTests.sources)
  func nothingElse(_ source: Source) throws {
    for place in try Self.places(of: source) where source.allowed[String(place.path.dropFirst("Sources/".count))] == nil {
      Issue.record("\(place) reads \(source.name) itself; use \(source.instead)")
    }
  }

  @Test("an operation with permission succeeds", arguments: WorldTests.sources)
  func noIdlePermission(_ source: Source) throws {
    let readers = Set(try Self.places(of: source).map(\.path))
    for file in source.allowed.keys.sorted() {
      #expect(readers.contains("Sources/" + file), "Sources/\(file) no longer reads \(source.name): take the permission away")
    }
  }
}
