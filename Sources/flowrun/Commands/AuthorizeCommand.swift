import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime
import StudyParticipants

struct AuthorizeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "authorize", abstract: "Obtains a participant's consent and stores the tokens in the participant file.",
    discussion: """
      Prints a link, waits on 127.0.0.1 for the browser to return from the provider's page, and exchanges the code (OAuth 2 with PKCE).
      Register the redirect http://127.0.0.1:PORT/ with the provider. If the browser runs on another machine, copy the address it was \
      redirected to, although no page loads there, and pass it with --code. The code expires after 10 minutes.
      """)

  @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
  @Argument(help: ArgumentHelp("The participant; a new one is enrolled.", valueName: "participant")) var participant: String
  @Option(help: ArgumentHelp("The code from the last link, or the whole address that the browser was redirected to.", valueName: "code")) var code: String?
  @Flag(help: "Prints the link and exits; continue with --code.") var linkOnly = false
  @Option(help: ArgumentHelp("Start of a new participant's data; default: today.", valueName: "date")) var enrolled: String?
  @Option(help: ArgumentHelp("Port of the redirect; 0 for any free port.", valueName: "port")) var port = 8765
  @Option(help: ArgumentHelp("How long to wait for the browser.", valueName: "duration")) var timeout = "10m"
  @Option(help: ArgumentHelp("The provider's consent page, if not the default.", valueName: "url")) var page: String?
  @Flag(help: "Accepts another account than the participant's current one.") var otherAccount = false
  @OptionGroup var reason: ReasonOption
  @OptionGroup var options: FlowOptions
  @OptionGroup var format: FormatOption
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard ParticipantName.isValid(participant) else {
      throw ValidationError("'\(participant)' cannot be a participant's name; expected \(ParticipantName.expected)")
    }
    guard (0...65_535).contains(port) else { throw ValidationError("--port is \(port); expected 0 to 65535") }
    if linkOnly, port == 0 { throw ValidationError("--link-only needs the --port of the redirect") }
    if linkOnly, code != nil { throw ValidationError("--link-only requests a code, --code redeems one; give only one of them") }
    if let page, ProviderAddress(page) == nil { throw ValidationError("--page is not an address; expected \(ProviderAddress.expected)") }
    guard let enrolled else { return }
    guard let instant = Self.instant(enrolled) else {
      throw ValidationError("--enrolled is '\(enrolled)'; expected a date such as 2026-01-05 (midnight UTC), or a time with zone")
    }
    if let problem = EnrolmentDate.problem(with: instant, now: DispatchTimeSource().now) {
      throw ValidationError("--enrolled is \(problem.found); expected \(problem.expected)")
    }
  }

  private static func instant(_ text: String) -> Instant? { CivilDate(text: text)?.startOfDayUTC ?? Instant(rfc3339: text) }

  func run() async throws {
    let terminal = Terminal(output)
    let timeout = try DurationArgument.parse(timeout, of: "--timeout")
    try await CommandFailure.exiting(terminal) {
      let graph = try FlowFileAccess(fileSystem: POSIXFileSystem(), terminal: terminal).graph(flow, options: options)
      let isText = format.format == .text
      let authorization = Authorization(request(timeout), graph: graph, on: .running(graph)) { notice in
        AuthorizationPage.show(notice, isText: isText, terminal)
      }
      let signals = Signals { number, _ in authorization.stop(by: number) }
      await signals.installed()
      defer { signals.end() }
      if linkOnly { return terminal.print(try await authorization.link()) }
      let act = try AuditedAct(reason.act("authorize", hidden: ["--code"]), on: graph, state: options.state, machine: .here(), warn: terminal.complain)
      let report = try await act.run {
        if let code { try await authorization.continueWithCode(code) } else { try await authorization.waitForBrowser() }
      } outcome: { $0.told }
      terminal.print(isText ? AuthorizationPage.text(report) : try JSONOutput.text(report))
    }
  }

  private func request(_ timeout: Duration) -> Authorization.Request {
    Authorization.Request(
      participant: participant, enrolled: enrolled.flatMap(Self.instant), port: port, timeout: timeout, page: page,
      takesOtherAccount: otherAccount, state: options.state)
  }
}
