import ArgumentParser
import FlowRuntime
import StudyParticipants

struct TokensCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokens", abstract: "Shows the status of every participant's token, retries refused ones, and encrypts participant files.",
    subcommands: [List.self, Retry.self, Encrypt.self, Decrypt.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Shows the status of every participant's token (live, in doubt, needs consent), never a token itself.",
      discussion: """
        live           valid as far as is known; a run renews it when it expires
        in doubt       a token request had no whole answer; the next run asks again
        needs consent  the provider refused it, or there is none: flowrun authorize
        unreadable     the participant file cannot be read; the reason is shown

        A refusal applies to one token endpoint and client, those of the flow's parameters. If they were wrong, the same command with the \
        right ones shows the token's status there.
        """)

    @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        let batch = try ParticipantBatch.open(flow, options, terminal)
        let rows = try await batch.statuses().map { TokenRow($0, now: batch.now) }
        try StatusTable.show(rows, of: batch.path, as: format.format, terminal)
      }
    }
  }

  struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "retry", abstract: "Lets the next run try refused refresh tokens once more. Makes no request itself.",
      discussion: """
        For a refusal that was a mistake of the provider, or yours (a wrong secret or server). Clears the refusals at the token endpoint and for \
        the client of the flow's parameters; if the next run is refused again, the participant needs consent as before.
        """)
    @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
    @Argument(help: ArgumentHelp("Participants, or patterns with * and ?.", valueName: "participant")) var participants: [String]
    @OptionGroup var reason: ReasonOption
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        let batch = try ParticipantBatch.open(flow, options, terminal)
        let report = try await batch.audited(reason.act("tokens retry"), options, terminal) { try await TokenRetry(batch).run(participants) } outcome: { $0.told }
        try TokenPage.show(report, format.format, terminal)
        try ExitCode.leave(with: report.status)
      }
    }
  }

  struct Encrypt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "encrypt", abstract: "Encrypts the participant files of a batch (AES-256-GCM).",
      discussion: """
        The key comes from FLOWRUN_PARTICIPANT_KEY, or from the file that FLOWRUN_PARTICIPANT_KEY_FILE names: 32 bytes as hexadecimal \
        digits or base64. Runs need it from then on. Each file is replaced atomically; an interrupted command can be repeated.
        """)
    @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
    @OptionGroup var reason: ReasonOption
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        let batch = try ParticipantBatch.open(flow, options, terminal)
        let report = try await batch.audited(reason.act("tokens encrypt"), options, terminal) { try await BatchEncryption(batch).encrypt() } outcome: { $0.told }
        try TokenPage.show(report, of: batch.path, verb: "encrypted", format.format, terminal)
        try ExitCode.leave(with: report.status)
      }
    }
  }

  struct Decrypt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "decrypt", abstract: "Decrypts the participant files of a batch.",
      discussion: "The key comes from the environment, as for encrypt. An interrupted command can be repeated.")
    @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
    @OptionGroup var reason: ReasonOption
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        let batch = try ParticipantBatch.open(flow, options, terminal)
        let report = try await batch.audited(reason.act("tokens decrypt"), options, terminal) { try await BatchEncryption(batch).decrypt() } outcome: { $0.told }
        try TokenPage.show(report, of: batch.path, verb: "decrypted", format.format, terminal)
        try ExitCode.leave(with: report.status)
      }
    }
  }
}
