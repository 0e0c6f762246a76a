import ArgumentParser
import FlowCore
import FlowRuntime
import StudyModel
import StudyParticipants

struct TokensCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokens", abstract: "Shows how every participant's token stands, has refused ones asked again, and encrypts participant files.",
    subcommands: [List.self, Retry.self, Encrypt.self, Decrypt.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Shows how every participant's token stands: live, in doubt, needs consent. Never a token.",
      discussion: """
        live           the provider takes it as far as is known; an expired access token is renewed by the next run
        in doubt       a token request had no whole answer; the next run asks with the same token first
        needs consent  the provider refused it, or there is none yet: flowrun authorize
                       A refusal counts for one token endpoint and one client, those of the flow's parameters; where they were the wrong
                       ones, the same command with the right ones shows the token as it stands there
        unreadable     the participant file cannot be read, and why
        """)

    @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        let batch = try ParticipantBatch.open(flow, options, terminal)
        let rows = try await batch.store.standings().map { TokenRow($0, now: batch.environment.time.now) }
        try StandingTable.show(rows, of: batch.store.path, as: format.format, terminal)
      }
    }
  }

  struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "retry", abstract: "Has the next run ask refused refresh tokens once more. Asks nobody by itself.",
      discussion: """
        For a refusal that was the provider's mistake, or yours (a wrong secret, a wrong server). The refusals at the token endpoint and for
        the client of the flow's parameters are forgotten; where the next run is refused again, the participant needs consent as before.
        """)
    @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
    @Argument(help: ArgumentHelp("Participants; patterns with * and ? too.", valueName: "participant")) var participants: [String]
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      try await TokenRetry(patterns: participants).run(flow: flow, options: options, format: format.format, terminal: Terminal(output))
    }
  }

  struct Encrypt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "encrypt", abstract: "Encrypts the participant files of a batch (AES-256-GCM).",
      discussion: """
        The key comes from FLOWRUN_PARTICIPANT_KEY, or from the file that FLOWRUN_PARTICIPANT_KEY_FILE names: 32 bytes as hexadecimal
        digits or base64. Runs need it from then on. Each file is replaced whole; break it off at any moment and repeat it.
        """)
    @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      try await Sealing(encrypts: true).run(flow: flow, options: options, format: format.format, terminal: Terminal(output))
    }
  }

  struct Decrypt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "decrypt", abstract: "Writes the participant files of a batch in clear again.",
      discussion: "The key comes from the environment, as for encrypt. Break it off at any moment and repeat it.")
    @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      try await Sealing(encrypts: false).run(flow: flow, options: options, format: format.format, terminal: Terminal(output))
    }
  }
}

/// Encrypts or decrypts a batch, file by file.
private struct Sealing {
  let encrypts: Bool

  private struct Report: Encodable {
    var changed = 0
    /// They were as asked for already.
    var unchanged = 0
    var held = 0
    var unreadable = 0
  }

  func run(flow: String, options: FlowOptions, format: FormatOption.Format, terminal: Terminal) async throws {
    try await CommandFailure.exiting(terminal) {
      let batch = try ParticipantBatch.open(flow, options, terminal)
      // A key that is missing or another one is found before the first file is touched.
      try await batch.store.checkKey()
      if encrypts { try await batch.store.requireKey() }
      var report = Report()
      for listing in try await batch.store.list() { try await seal(listing, of: batch, countingIn: &report, terminal) }
      try show(report, of: batch, as: format, terminal)
      if report.held > 0 { throw ExitCode.retryableLeft }
      if report.unreadable > 0 { throw ExitCode.needsPerson }
    }
  }

  private func seal(
    _ listing: ParticipantListing, of batch: ParticipantBatch, countingIn report: inout Report, _ terminal: Terminal
  ) async throws {
    do {
      if let problem = listing.problem { throw ProcessorError(.badParticipantFile, problem) }
      let encrypts = encrypts
      let result = try await batch.store.change(listing.name) { file in
        defer { file.isEncrypted = encrypts }
        return file.isEncrypted != encrypts
      }
      switch result {
      case .done(true): report.changed += 1
      case .done(false): report.unchanged += 1
      case .heldByAnotherRun:
        report.held += 1
        terminal.complain("held by another run, left as it is: \(listing.name)")
      }
    } catch let error as ProcessorError {
      report.unreadable += 1
      terminal.complain(error.description)
    }
  }

  private func show(_ report: Report, of batch: ParticipantBatch, as format: FormatOption.Format, _ terminal: Terminal) throws {
    guard format == .text else { return terminal.print(try JSONOutput.text(report)) }
    var parts = ["\(report.changed) \(encrypts ? "encrypted" : "decrypted")", "\(report.unchanged) as before"]
    if report.held > 0 { parts.append("\(report.held) held by another run: repeat it later") }
    if report.unreadable > 0 { parts.append("\(report.unreadable) cannot be read") }
    terminal.print("\(batch.store.path): \(parts.joined(separator: ", "))")
  }
}
