import ArgumentParser
import FlowCore
import FlowRuntime
import StudyModel
import StudyParticipants

struct ParticipantsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "participants", abstract: "Enrols, lists, pauses, resumes and withdraws the participants of a batch.",
    subcommands: [List.self, Import.self, Pause.self, Resume.self, Withdraw.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the participants of a batch.")
    @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        let batch = try ParticipantBatch.open(flow, options, terminal)
        let rows = try await batch.store.standings().map(ParticipantRow.init)
        try StandingTable.show(rows, of: batch.store.path, as: format.format, terminal)
      }
    }
  }

  struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "import", abstract: "Enrols participants from a CSV file.",
      discussion: """
        Columns: participant, enrolled (a date or a time with zone), and where known refresh_token, zone, legacy_id, oauth_type
        (fitbit or google; empty: either). Without a refresh token a participant needs consent: flowrun authorize.
        Every problem of the file is told at once, and then nothing is written. The same file again changes nothing.
        """)
    @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
    @Argument(help: ArgumentHelp("The CSV file.", valueName: "file")) var file: String
    @Flag(help: "Participants that are enrolled already take over what the file says differently.") var update = false
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        let batch = try ParticipantBatch.open(flow, options, terminal)
        try await EnrolmentImport(batch: batch, file: file, updates: update, terminal: terminal).run(format.format)
      }
    }
  }

  struct Pause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "pause", abstract: "Keeps runs from collecting participants, until they are resumed.")
    @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
    @Argument(help: ArgumentHelp("Participants.", valueName: "participant")) var participants: [String]
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      try await CollectionChange(target: .paused, revivesWithdrawn: false)
        .run(flow: flow, participants: participants, options: options, format: format.format, terminal: Terminal(output))
    }
  }

  struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "resume", abstract: "Lets runs collect paused participants again; what was missed meanwhile is asked for.")
    @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
    @Argument(help: ArgumentHelp("Participants.", valueName: "participant")) var participants: [String]
    @Flag(help: "Withdrawn participants too: they have consented again.") var withdrawn = false
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      try await CollectionChange(target: .active, revivesWithdrawn: withdrawn)
        .run(flow: flow, participants: participants, options: options, format: format.format, terminal: Terminal(output))
    }
  }

  struct Withdraw: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "withdraw", abstract: "Stops collecting participants for good, and keeps or erases what was collected.",
      discussion: """
        --erase-data takes the participant's rows, ledger and error entries out of the flow's database and error folder; the participant
        file stays, marked withdrawn. Nothing is revoked at the provider. Break it off at any moment and repeat it.
        """)
    @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
    @Argument(help: ArgumentHelp("Participants.", valueName: "participant")) var participants: [String]
    @Flag(help: "Leaves rows, ledger and error entries as they are.") var keepData = false
    @Flag(help: "Erases rows, ledger and error entries.") var eraseData = false
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func validate() throws {
      guard keepData != eraseData else {
        throw ValidationError("say what is to become of the data: --keep-data or --erase-data\(keepData ? ", not both" : "")")
      }
    }

    func run() async throws {
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        let batch = try ParticipantBatch.open(flow, options, terminal)
        let withdrawal = Withdrawal(batch: batch, errors: options.errors, erasesData: eraseData, terminal: terminal)
        try await withdrawal.run(participants, format.format)
      }
    }
  }
}
