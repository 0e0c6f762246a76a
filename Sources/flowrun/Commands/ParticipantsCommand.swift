import ArgumentParser
import FlowCore
import FlowRuntime
import StudyParticipants

struct ParticipantsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "participants", abstract: "Enrols, lists, invites, pauses, resumes and withdraws the participants of a batch.",
    subcommands: [List.self, Import.self, Pause.self, Resume.self, Withdraw.self, Invite.self, Texts.self], defaultSubcommand: List.self)

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
        let rows = try await batch.statuses().map(ParticipantRow.init)
        try StatusTable.show(rows, of: batch.path, as: format.format, terminal)
      }
    }
  }

  struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "import", abstract: "Enrols participants from a CSV file.",
      discussion: """
        Columns: participant, enrolled (a date or a time with zone), and if known refresh_token, zone, legacy_id, oauth_type \
        (fitbit or google; empty: either). Without a refresh token a participant needs consent: flowrun authorize.
        All problems of the file are reported together, and then nothing is written. Importing the same file again changes nothing.
        """)
    @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
    @Argument(help: ArgumentHelp("The CSV file.", valueName: "file")) var file: String
    @Flag(help: "Updates enrolled participants with the values of the file.") var update = false
    @OptionGroup var reason: ReasonOption
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        let batch = try ParticipantBatch.open(flow, options, terminal)
        let outcome = try await batch.audited(reason.act("participants import"), options, terminal) {
          try await EnrolmentImport(batch, file: file, updates: update).run()
        } outcome: { $0.told }
        switch outcome {
        case .imported(let report):
          try ParticipantPage.show(report, isSimulated: batch.isSimulated, format.format, terminal)
          try ExitCode.leave(with: report.status)
        case .refused(let problems):
          ParticipantPage.show(problems, terminal)
          try ExitCode.leave(with: .needsPerson)
        }
      }
    }
  }

  struct Pause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "pause", abstract: "Keeps runs from collecting participants, until they are resumed.")
    @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
    @Argument(help: ArgumentHelp("Participants.", valueName: "participant")) var participants: [String]
    @OptionGroup var reason: ReasonOption
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        let batch = try ParticipantBatch.open(flow, options, terminal)
        let outcomes = try await batch.audited(reason.act("participants pause"), options, terminal) {
          try await CollectionChange(batch, to: .paused).run(participants)
        } outcome: { $0.told("paused", $0.done.map(\.participant)) }
        try ParticipantPage.show(outcomes, format.format, terminal)
        try ExitCode.leave(with: outcomes.status)
      }
    }
  }

  struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "resume", abstract: "Lets runs collect paused participants again; missed data is collected then.")
    @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
    @Argument(help: ArgumentHelp("Participants.", valueName: "participant")) var participants: [String]
    @OptionGroup var reason: ReasonOption
    @Flag(help: "Also resumes withdrawn participants, who have consented again.") var withdrawn = false
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        let batch = try ParticipantBatch.open(flow, options, terminal)
        let outcomes = try await batch.audited(reason.act("participants resume"), options, terminal) {
          try await CollectionChange(batch, to: .active, revivesWithdrawn: withdrawn).run(participants)
        } outcome: { $0.told("resumed", $0.done.map(\.participant)) }
        try ParticipantPage.show(outcomes, format.format, terminal)
        try ExitCode.leave(with: outcomes.status)
      }
    }
  }

  struct Withdraw: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "withdraw", abstract: "Stops collecting participants permanently, and keeps or erases collected data.",
      discussion: """
        --erase-data removes the participant's rows, ledger and error entries from the flow's database and error folder, and the kept responses \
        from its raw storage; the participant file stays, marked withdrawn. The audit trail stays too, and names the participant. Nothing is revoked at the provider. An interrupted command can be repeated.
        """)
    @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
    @Argument(help: ArgumentHelp("Participants.", valueName: "participant")) var participants: [String]
    @OptionGroup var reason: ReasonOption
    @Flag(help: "Keeps rows, ledger, error entries and kept responses.") var keepData = false
    @Flag(help: "Erases rows, ledger, error entries and kept responses.") var eraseData = false
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func validate() throws {
      guard keepData != eraseData else {
        throw ValidationError("choose what happens to the data: --keep-data or --erase-data\(keepData ? ", not both" : "")")
      }
    }

    func run() async throws {
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        let isText = format.format == .text
        let batch = try ParticipantBatch.open(flow, options, terminal, connects: eraseData)
        let withdrawal = Withdrawal(batch, erasesFrom: eraseData ? options.errors : nil, state: options.state) { notice in
          ParticipantPage.show(notice, isText: isText, terminal)
        }
        let outcomes = try await withClosing {
          try await batch.audited(reason.act("participants withdraw"), options, terminal) { try await withdrawal.run(participants) } outcome: {
            $0.told(eraseData ? "withdrawn, data erased" : "withdrawn, data kept", $0.done.map(\.participant))
          }
        } close: {
          try await batch.closeConnections()
        }
        if !isText { terminal.print(try JSONOutput.text(outcomes.done)) }
        if !outcomes.done.isEmpty {
          terminal.note("nothing was revoked at the provider; the tokens stay in the participant's file until you delete it")
        }
        try ExitCode.leave(with: outcomes.status)
      }
    }
  }
}
