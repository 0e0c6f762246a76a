import ArgumentParser
import FlowRuntime
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
        let rows = try await batch.statuses().map { TokenRow($0, now: batch.now) }
        try StatusTable.show(rows, of: batch.path, as: format.format, terminal)
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
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        let report = try await TokenRetry(.open(flow, options, terminal)).run(participants)
        try TokenPage.show(report, format.format, terminal)
        try ExitCode.leave(with: report.status)
      }
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
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        let batch = try ParticipantBatch.open(flow, options, terminal)
        let report = try await BatchEncryption(batch).encrypt()
        try TokenPage.show(report, of: batch.path, verb: "encrypted", format.format, terminal)
        try ExitCode.leave(with: report.status)
      }
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
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        let batch = try ParticipantBatch.open(flow, options, terminal)
        let report = try await BatchEncryption(batch).decrypt()
        try TokenPage.show(report, of: batch.path, verb: "decrypted", format.format, terminal)
        try ExitCode.leave(with: report.status)
      }
    }
  }
}
