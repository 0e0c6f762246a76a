import ArgumentParser
import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowRuntime
import StudyWeb

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Serves the study to browsers and programs, and starts the runs that the flows' schedules say.",
    discussion: """
      Web pages, and a REST API under /api/v1 that /docs describes. On a loopback address without --token-file anybody on this machine may read; whoever changes \
      something (starts a run, replays) needs the token. Without --token-file a token is made for the life of the process: the address that is printed signs in with it.
      Any other address, and a --public-url that is not this machine, need --token-file: then reading needs the token, too.

      The first signal ends the server when its runs have finished what they had begun; the second one ends them at once. Nothing is lost either way.
      Exit: 64 usage; 69 the address cannot be listened on; 78 a flow file or the token file is not valid; 129, 130 or 143 stopped by a signal.
      """)

  @Argument(help: ArgumentHelp("Flow files; the same -p apply to all of them.", valueName: "flow")) var flows: [String] = []
  @Option(help: ArgumentHelp("Where to listen; port 0 for any free port.", valueName: "address:port")) var listen = "127.0.0.1:8080"
  @Option(help: ArgumentHelp("File with the token, of mode 0600.", valueName: "file")) var tokenFile: String?
  @Option(help: ArgumentHelp("The address under which people reach the server, such as https://study.example.org.", valueName: "url"))
  var publicUrl: String?
  @Option(help: ArgumentHelp("The texts of the consent pages, as flowrun participants texts prints them; default: built in.", valueName: "file"))
  var consentTexts: String?
  @OptionGroup var options: FlowOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let terminal = Terminal(output), fileSystem = POSIXFileSystem()
    let address = try address(), publicURL = try publicURL()
    try checkExposure(address, publicURL)
    let loaded = try load(fileSystem, terminal)
    let (token, link) = try token(fileSystem, terminal)
    let rules = AccessRules(address: address, publicURL: publicURL, readingNeedsToken: tokenFile != nil)
    let machine = Machine.here(fileSystem)
    let gatekeeper = Gatekeeper(rules: rules, token: token, isMadeUp: link != nil, time: machine.time, random: machine.random)
    try await CommandFailure.exiting(terminal) {
      let site = try StudySite(
        flows: loaded, gatekeeper: gatekeeper, consent: try consent(loaded, publicURL, machine, terminal), errors: options.errors, history: try options.runRecords(), on: machine, complain: { terminal.complain($0) },
        note: { terminal.note($0) }, trace: { [isVerbose = terminal.isVerbose] line in if isVerbose { terminal.note(line) } })
      try await serve(site, terminal, link: link)
    }
  }

  /// Serves until a signal.
  private func serve(_ site: StudySite, _ terminal: Terminal, link: String?) async throws {
    let signals = Signals { number, place in
      terminal.note(
        place == 1 ? "stopping: no new work is taken in; what is under way is finished; interrupt again to stop now" : "stopping now")
      Task { if place == 1 { await site.stop() } else { await site.stopNow() } }
    }
    await signals.installed()
    try await site.run { listener in
      let url = listener.url
      terminal.print(url)
      guard let link else { return }
      // The link signs in: it is for the person at the terminal, not for a log.
      terminal.note(
        terminal.writesLog
          ? "to start runs and replays from the browser, serve with --token-file: a log holds no link that signs in"
          : "to start runs and replays from the browser, open \(url)\(link)")
    }
    signals.end()
    if let number = signals.first { throw ExitCode.signalled(number) }
  }

  /// The pages of invited participants, which need the address that people reach.
  private func consent(_ loaded: [DeskFlow], _ publicURL: PublicURL?, _ machine: Machine, _ terminal: Terminal) throws -> ConsentPart? {
    guard let publicURL else {
      if consentTexts != nil { throw ValidationError("--consent-texts is given without --public-url; expected both: without it there are no consent pages") }
      return nil
    }
    let texts = try consentTexts.map { try ConsentTexts.read($0, machine.fileSystem) } ?? .standard
    let consents = try InvitedConsents(
      loaded.map(\.served.graph), publicURL: publicURL.origin, state: options.state, on: machine, complain: { terminal.complain($0) })
    return try ConsentPart(consents, texts: texts, publicURL: publicURL, time: machine.time)
  }

  // MARK: What was given

  private func address() throws -> ListenAddress {
    guard let address = ListenAddress(listen) else { throw ValidationError("--listen is '\(listen)'; expected \(ListenAddress.expected)") }
    return address
  }

  private func publicURL() throws -> PublicURL? {
    try publicUrl.map { text in
      guard let url = PublicURL(text) else { throw ValidationError("--public-url is '\(text)'; expected \(PublicURL.expected)") }
      return url
    }
  }

  private func checkExposure(_ address: ListenAddress, _ publicURL: PublicURL?) throws {
    guard tokenFile == nil else { return }
    let remedy = "run: (umask 077; openssl rand -hex 16 >token.txt), then add --token-file token.txt"
    if !address.isLoopback {
      throw ValidationError("--listen \(listen) is reached from other machines; expected --token-file with it, or a loopback address; \(remedy)")
    }
    if let publicURL, !publicURL.isLoopback {
      throw ValidationError("--public-url \(publicURL.origin) is reached from other machines; expected --token-file with it; \(remedy)")
    }
  }

  private func load(_ fileSystem: any FileSystem, _ terminal: Terminal) throws -> [DeskFlow] {
    let access = FlowFileAccess(fileSystem: fileSystem, terminal: terminal)
    var loaded: [DeskFlow] = []
    for (file, options) in zip(flows, optionsOfFlows(fileSystem)) {
      let given = try access.given(options), graph = try access.graph(file, options: options)
      if let other = loaded.first(where: { $0.served.name == graph.name }) {
        throw ValidationError("\(file) and \(other.served.file) are both the flow '\(graph.name)'; serve one of them, or give one another name")
      }
      let served = ServedFlow(graph: graph, file: file, errors: options.errors, state: options.state, hint: CommandHint(options))
      loaded.append(DeskFlow(served: served, source: try FlowSource(file, given: given, fileSystem: fileSystem)))
    }
    return loaded
  }

  /// A `-p` is for the flows that declare its parameter; for one that no flow declares, each says so.
  private func optionsOfFlows(_ fileSystem: any FileSystem) -> [FlowOptions] {
    let declared = flows.map { (try? FlowLoader.read($0, fileSystem: fileSystem)).map { FlowLoader.parameterNames(bytes: $0) } ?? [] }
    let known = declared.reduce(into: Set()) { $0.formUnion($1) }
    return declared.map { names in
      var options = options
      options.parameters.removeAll { parameter in
        let name = String(parameter.prefix { $0 != "=" })
        return known.contains(name) && !names.contains(name)
      }
      return options
    }
  }

  /// The token; where none was given, one for the life of this process, and the path that signs in with it.
  private func token(_ fileSystem: any FileSystem, _ terminal: Terminal) throws -> (AccessToken, link: String?) {
    guard let tokenFile else {
      let text = AccessToken.random(SystemRandomSource())
      return (AccessToken(text), "\(SignInPart.path)?token=\(text)")
    }
    do {
      return (try AccessToken.read(tokenFile, fileSystem), nil)
    } catch let error as FileSystemError {
      throw ValidationError("--token-file: \(error); run: (umask 077; openssl rand -hex 16 >\(CommandHint.quoted(tokenFile)))")
    } catch {
      throw CommandFailure.exitCode(for: error, terminal)
    }
  }
}
