import ArgumentParser
import Dispatch
import FlowCore
import FlowSimulator
import StudyModel
import StudyParticipants

struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate", abstract: "Serves the bundled simulator of the provider on loopback, until a signal.",
    discussion: """
      Deterministic in --seed. With --write-participants DIR it writes a file for every simulated participant, so that
        flowrun Flows/fitbit.yaml -p api=http://127.0.0.1:PORT -p client_id=any -p participants=DIR
      collects from it (with --api google-health: Flows/google-health.yaml). POST /simulator/clock with {"advance_seconds": n} moves its clock,
      GET /simulator/truth?detail=1min tells every row as of now.

      A refresh token is good for one use unless --refresh-grace says otherwise (google-health: for any number of uses).

      --fault KIND:SHARE, the share from 0 to 1; token/KIND and data/KIND strike token or data requests alone:
        status=CODE          an error of this status in the provider's form
        reset                the connection closes before the request is looked at
        slow=DURATION        the answer takes so long (500ms, 2s)
        html                 200 with an HTML page
        error-200            200 with the JSON of an error
        quota-403            403 with the words of a used-up quota
        truncate             the answer is cut off, in the middle of the connection or of the JSON
        cut=BYTES            head and so many bytes of the body, then the connection closes; 0: between head and body
        last-chunk-missing   the whole body in chunks, and the connection closes without the last one
        lost-token-response  the refresh token is used up and the connection closes without an answer
        same-token           the refresh token is used up and the access token is the one before
        invalid-grant        this share of the participants (one at least) has withdrawn consent
        scope=SCOPE          this share of the participants (one at least) does not share the scope
      """)

  @Option(help: "Port on 127.0.0.1; 0 takes a free one.") var port = 0
  @Option(help: "How many participants.") var participants = 25
  @Option(help: "Days of data.") var days = 3
  @Option(help: "What everything follows from.") var seed: UInt64 = SimulatorConfiguration().seed
  @Option(help: "The provider to simulate.") var api = SimulatorConfiguration.API.fitbit
  @Option(help: ArgumentHelp("Trouble to inject, such as status=429:0.05, reset:0.01 or slow=2s:0.01.", valueName: "spec"))
  var fault: [String] = []
  @Option(help: ArgumentHelp("Writes every row that it would deliver, as JSON lines.", valueName: "file")) var truth: String?
  @Flag(help: "The file of --truth has the tables of the nightly flows too.") var nights = false
  @Option(help: ArgumentHelp("Writes a participant file for each participant.", valueName: "dir")) var writeParticipants: String?
  @Option(help: ArgumentHelp("Remembers tokens and clock beyond the process.", valueName: "dir")) var stateFolder: String?
  @Option(help: "Requests per participant and hour (google-health: and minute); by default the provider's own 150 (300).")
  var rateLimit: Int?
  @Option(
    help: ArgumentHelp("Trouble that single people have: \(HardCase.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "name"))
  var hardCase: [HardCase] = []
  @Option(
    help: ArgumentHelp(
      "How long of simulated time a used refresh token yields the same pair again while that pair is unused, such as 2m; by default never.",
      valueName: "duration"))
  var refreshGrace: String?
  @Option(help: ArgumentHelp("The application that alone is served; others get invalid_client. By default every one is.", valueName: "id"))
  var clientID: String?
  @Option(help: ArgumentHelp("The made-up secret that this application must give.", valueName: "text")) var clientSecret: String?
  @Flag(help: "google-health: every token answer has a new refresh token.") var rotateTokens = false
  @Flag(help: "google-health: a 429 names the wait, which the real one is not documented to.") var retryAfter = false
  @Flag(help: "A heart-rate sample every second, nobody odd: for measuring.") var dense = false
  @OptionGroup var output: OutputOptions

  func run() async throws {
    guard (0...65_535).contains(port) else { throw ValidationError("--port is \(port); expected 0 to 65535") }
    let terminal = Terminal(output)
    let simulator = try Simulator(try configuration())
    if let writeParticipants { try simulator.writeParticipants(to: writeParticipants, markedAsSimulator: false) }
    if let truth { try simulator.truth().write(to: truth, withNights: nights) }
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
