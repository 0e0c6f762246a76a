import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime
import Foundation
import StudyParticipants
import StudyWeb

extension ParticipantsCommand {
  struct Invite: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "invite", abstract: "Prints a link for each participant, on whose page the participant consents.",
      discussion: """
        Without names: for every active participant who needs consent, because the token was refused, there is none, or the consent is for \
        another provider. Send each link to its participant only. A link works until the participant has consented with it; a new one replaces it.
        Links are printed once: what is kept cannot show them again.
        They lead to a server that serves the flow: flowrun serve FLOW --public-url URL. Register the redirect URL/consent/callback with the provider.
        The URL is that of --public-url, else of FLOWRUN_PUBLIC_URL, else the one that the batch was last served with.
        """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, csv, json }

    @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
    @Argument(help: ArgumentHelp("Participants; all that need consent if none is named.", valueName: "participant")) var participants: [String] = []
    @Option(help: ArgumentHelp("How long the links work.", valueName: "duration")) var expires = "14d"
    @Option(name: .customLong("public-url"), help: ArgumentHelp("Where participants reach the server.", valueName: "url")) var publicURL: String?
    @Flag(help: "Leaves out participants whose earlier link still works.") var skipInvited = false
    @OptionGroup var reason: ReasonOption
    @Option(help: ArgumentHelp("text, csv or json.", valueName: "text|csv|json")) var format = Format.text
    @OptionGroup var options: FlowOptions
    @OptionGroup var output: OutputOptions

    static let variable = "FLOWRUN_PUBLIC_URL"

    func run() async throws {
      let terminal = Terminal(output)
      let lifetime = try DurationArgument.parse(expires, of: "--expires")
      guard lifetime <= InvitationIssue.longestLifetime else {
        throw ValidationError("--expires is '\(expires)'; expected at most \(Int(InvitationIssue.longestLifetime.inSeconds) / 86_400) days, such as 14d")
      }
      let given = try givenURL()
      try await CommandFailure.exiting(terminal) {
        let batch = try ParticipantBatch.open(flow, options, terminal)
        let url = if let given { given } else { try await knownURL(batch, terminal) }
        let issue = InvitationIssue(batch, publicURL: url.origin, lifetime: lifetime, keepsOpenLinks: skipInvited)
        let report = try await batch.audited(reason.act("participants invite"), options, terminal) { try await issue.run(participants) } outcome: { $0.told }
        try InvitationPage.show(report, of: batch.path, format, terminal)
      }
    }

    private func givenURL() throws -> PublicURL? {
      let variable = Machine.here().variable(Self.variable) ?? ""
      guard let text = publicURL ?? (variable.isEmpty ? nil : variable) else { return nil }
      guard let url = PublicURL(text) else {
        throw ValidationError("\(publicURL == nil ? Self.variable : "--public-url") is '\(text)'; expected \(PublicURL.expected)")
      }
      return url
    }

    private func knownURL(_ batch: ParticipantBatch, _ terminal: Terminal) async throws -> PublicURL {
      if let served = try await batch.publicURL().flatMap({ PublicURL($0) }) { return served }
      // A simulated participant can only come from this machine.
      guard batch.isProviderOnThisMachine, let local = PublicURL(InvitationPage.localURL) else {
        throw ValidationError(
          "it is not known where participants reach the server; expected --public-url, such as --public-url https://study.example.org, or \(Self.variable), or a server that "
            + "was started: flowrun serve \(flow) --public-url URL")
      }
      terminal.note("no public URL is known; the links lead to this machine: serve the flow with --public-url \(local.origin), or invite with another --public-url")
      return local
    }
  }

  struct Texts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "texts", abstract: "Prints the texts of the consent pages, to be changed or translated, or checks a file of them.",
      discussion: "Serve the changed file with: flowrun serve FLOW --public-url URL --consent-texts FILE")
    @Argument(help: ArgumentHelp("A file to check; without it, the built-in texts are printed.", valueName: "file")) var file: String?
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      guard let file else { return terminal.print(ConsentTexts.standardFile.trimmingCharacters(in: .newlines)) }
      try await CommandFailure.exiting(terminal) {
        _ = try ConsentTexts.read(file, POSIXFileSystem())
        terminal.print("\(file): valid")
      }
    }
  }
}

extension ConsentTexts {
  /// The texts of a file. Throws a usage error if it cannot be read, and all its problems as `Diagnostics`.
  static func read(_ path: String, _ fileSystem: any FileSystem) throws -> ConsentTexts {
    let bytes: [UInt8]
    do {
      bytes = try fileSystem.read(path, limitBytes: 1 << 20)
    } catch let error as FileSystemError {
      throw ValidationError("\(error); expected a file such as flowrun participants texts prints")
    }
    return try ConsentTexts(bytes, file: path)
  }
}
