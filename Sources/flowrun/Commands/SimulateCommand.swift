import ArgumentParser
import Dispatch
import FlowCore
import FlowSimulator
import StudyModel
import StudyParticipants

struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate", abstract: "Runs the bundled provider simulator on loopback until a signal.",
    discussion: """
      Deterministic for a given --seed. With --write-participants DIR it writes a file for every simulated participant, so that
        flowrun Flows/fitbit.yaml -p api=http://127.0.0.1:PORT -p client_id=any \\
          -p participants=DIR
      collects from it (with --api google-health: Flows/google-health.yaml). POST /simulator/clock with {"advance_seconds": n} moves its clock, \
      GET /simulator/truth?detail=1min returns every row as of now.

      A refresh token is valid for one use unless --refresh-grace says otherwise (google-health: for any number of uses).

      --fault KIND:SHARE, with a share from 0 to 1; token/KIND and data/KIND affect only token or data requests:
        status=CODE          an error with this status in the provider's format
        reset                the connection closes before the request is processed
        slow=DURATION        the response is delayed by this time (500ms, 2s)
        html                 200 with an HTML page
        error-200            200 with the JSON of an error
        quota-403            403 with a quota error
        truncate             the response is truncated, at the end or in its JSON
        cut=BYTES            the connection closes after this many bytes of the body
        last-chunk-missing   the whole body in chunks, without the final empty chunk
        lost-token-response  the refresh token is used up, nothing is answered
        same-token           the refresh token is used up, the answer has the access
                             token of before
        invalid-grant        this share of the participants has withdrawn consent
        scope=SCOPE          this share of the participants does not share the scope
      A share of participants above 0 is at least one of them.
      """)

  @Option(help: "Port on 127.0.0.1; 0 for any free port.") var port = 0
  @Option(help: "Number of participants.") var participants = 25
  @Option(help: "Number of days of data.") var days = 3
  @Option(help: "Seed of all simulated data.") var seed: UInt64 = SimulatorConfiguration().seed
  @Option(help: "The provider to simulate.") var api = SimulatorConfiguration.API.fitbit
  @Option(help: ArgumentHelp("Faults to inject, such as status=429:0.05, reset:0.01 or slow=2s:0.01.", valueName: "spec"))
  var fault: [String] = []
  @Option(help: ArgumentHelp("Writes every row that a complete collection contains, as JSON lines.", valueName: "file")) var truth: String?
  @Flag(help: "Includes the tables of the nightly flows in --truth.") var nights = false
  @Flag(help: "Includes the tables of activities and the body of the extract flows in --truth.") var activities = false
  @Flag(help: "Includes the tables of intervals of 15 minutes of the warehouse flows in --truth.") var quarters = false
  @Option(help: ArgumentHelp("Writes a participant file for each participant.", valueName: "dir")) var writeParticipants: String?
  @Option(help: ArgumentHelp("Folder that keeps tokens and clock between runs of the simulator.", valueName: "dir")) var stateFolder: String?
  @Option(help: "Requests per participant and hour (google-health: minute); default: the provider's 150 (300).")
  var rateLimit: Int?
  @Option(
    help: ArgumentHelp("Special cases of single participants: \(HardCase.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "name"))
  var hardCase: [HardCase] = []
  @Option(
    help: ArgumentHelp(
      "Simulated time during which a used refresh token returns the same tokens again, as long as those are unused, such as 2m; default: never.",
      valueName: "duration"))
  var refreshGrace: String?
  @Option(help: ArgumentHelp("The only accepted application; others get invalid_client. Default: all are accepted.", valueName: "id"))
  var clientID: String?
  @Option(help: ArgumentHelp("The secret that this application must send.", valueName: "text")) var clientSecret: String?
  @Flag(help: "google-health: every token response has a new refresh token.") var rotateTokens = false
  @Flag(help: "google-health: a 429 has a Retry-After, which is not documented for the real API.") var retryAfter = false
  @Flag(help: "A heart-rate sample every second and no special cases, for benchmarks.") var dense = false
  @OptionGroup var output: OutputOptions

  func run() async throws {
    guard (0...65_535).contains(port) else { throw ValidationError("--port is \(port); expected 0 to 65535") }
    let terminal = Terminal(output)
    let simulator = try Simulator(try configuration())
    if let writeParticipants { try simulator.writeParticipants(to: writeParticipants, markedAsSimulator: false) }
    if let truth { try simulator.truth().write(to: truth, withNights: nights, withActivities: activities, withQuarters: quarters) }
    let url = try await simulator.start(port: port)
    let (signalled, signal) = AsyncStream.makeStream(of: Void.self)
    let signals = Signals(stop: { signal.yield() }, stopNow: { signal.yield() })
    await signals.installed()
    terminal.print(url)
    for await _ in signalled { break }
    withExtendedLifetime(signals) {}
    await simulator.stop()
  }

  private func configuration() throws -> SimulatorConfiguration {
    var configuration = SimulatorConfiguration()
    configuration.seed = seed
    configuration.participants = participants
    configuration.days = days
    configuration.api = api
    configuration.dense = dense
    configuration.hardCases = Set(hardCase)
    configuration.rateLimit = rateLimit
    configuration.stateFolder = stateFolder
    configuration.rotatesGoogleTokens = rotateTokens
    configuration.namesRetryAfter = retryAfter
    configuration.client = clientID.map { SimulatorConfiguration.Client(id: $0, secret: clientSecret) }
    configuration.refreshGraceSeconds = try refreshGrace.map {
      Int(try DurationArgument.parse($0, of: "--refresh-grace").components.seconds)
    }
    configuration.faults = try fault.map { text in
      do { return try Fault(parsing: text) } catch { throw ValidationError("--fault \(text): \(error)") }
    }
    return configuration
  }
}

extension SimulatorConfiguration.API: ExpressibleByArgument {}
extension HardCase: ExpressibleByArgument {}
