import FlowCore
import StudyModel
import StudyParticipants

/// Invites participants to consent on a page of the study's server. The links are told once: what is kept cannot show them again.
package struct InvitationIssue: Sendable {
  package struct Link: Encodable, Sendable, Equatable {
    package var participant: String
    package var link: String
    /// RFC 3339, UTC.
    package var expires: String
  }

  package struct Report: Sendable, Equatable {
    /// In the order requested; of all that need consent, in the order of their names.
    package var links: [Link] = []
    /// The number of earlier links that worked until now.
    package var replaced = 0
    /// Those that need consent and were left out, because their links still work.
    package var leftOut: [String] = []
    /// Of files that cannot be read: whether these participants need consent is not known.
    package var problems: [String] = []
  }

  /// The longest time for which a link may be valid.
  package static let longestLifetime = Duration.seconds(366 * 86_400)
  package static let path = "/consent/"

  private let batch: ParticipantBatch
  private let publicURL: String
  private let lifetime: Duration
  private let keepsOpenLinks: Bool

  /// - Parameters:
  ///   - publicURL: the server's origin, without a trailing `/`.
  ///   - keepsOpenLinks: leaves out participants whose earlier link works; otherwise a new link takes its place.
  package init(_ batch: ParticipantBatch, publicURL: String, lifetime: Duration, keepsOpenLinks: Bool = false) {
    precondition(lifetime > .zero && lifetime <= Self.longestLifetime, "a link is valid for some time, at most a year")
    self.batch = batch
    self.publicURL = publicURL
    self.lifetime = lifetime
    self.keepsOpenLinks = keepsOpenLinks
  }

  /// Invites all named participants or none; without names, every active participant who needs consent. Durable when it returns. Throws
  /// `Diagnostics` for unknown, paused and withdrawn participants, `ProcessorError` for a named one whose file cannot be read, and `StopRun`.
  package func run(_ names: [String] = []) async throws -> Report {
    let statuses = try await batch.statuses()
    var report = Report()
    var chosen = names.isEmpty ? needingConsent(statuses, &report) : try await named(names, statuses)
    // Whole seconds: the table of links is read by other programs, and by people.
    let now = Instant(seconds: batch.now.seconds)
    if keepsOpenLinks {
      report.leftOut = chosen.filter { $0.invitation?.isOpen(at: now) == true }.map(\.participant)
      chosen.removeAll { $0.invitation?.isOpen(at: now) == true }
    }
    report.replaced = chosen.count { $0.invitation?.isOpen(at: now) == true }
    var invitations: [Invitation] = []
    for status in chosen {
      let code = InvitationCode(random: batch.environment.random)
      let invitation = Invitation(
        of: status.participant, provider: batch.provider.wire.oauthType, code: code, made: now, lifetime: lifetime)
      invitations.append(invitation)
      report.links.append(Link(participant: status.participant, link: publicURL + Self.path + code.text, expires: invitation.expires.text))
    }
    try await batch.store.invite(invitations)
    return report
  }

  private func needingConsent(_ statuses: [ParticipantStatus], _ report: inout Report) -> [ParticipantStatus] {
    report.problems = statuses.compactMap(\.problem)
    let oauthType = batch.provider.wire.oauthType
    return statuses.filter { $0.collection == .active && $0.needsConsent(for: oauthType) }
  }

  private func named(_ names: [String], _ statuses: [ParticipantStatus]) async throws -> [ParticipantStatus] {
    var seen: Set<String> = []
    let names = names.filter { seen.insert($0).inserted }
    let byName = Dictionary(statuses.map { ($0.participant, $0) }) { first, _ in first }
    let problems = try await batch.unknown(names) + names.compactMap { byName[$0].flatMap(refusal) }
    guard problems.isEmpty else { throw Diagnostics(problems) }
    let chosen = names.compactMap { byName[$0] }
    if let problem = chosen.lazy.compactMap(\.problem).first { throw ProcessorError(.badParticipantFile, problem) }
    return chosen
  }

  private func refusal(_ status: ParticipantStatus) -> Diagnostic? {
    let subject = "participant '\(status.participant)'"
    switch status.collection {
    case .active, nil: return nil
    case .paused:
      return Diagnostic(
        .pausedParticipant, subject: subject, found: "it is paused", expected: "an active participant", hint: "flowrun participants resume, then invite")
    case .withdrawn:
      return Diagnostic(
        .withdrawnParticipant, subject: subject, found: "it is withdrawn", expected: "an active participant",
        hint: "if the participant takes part again: flowrun participants resume --withdrawn, then invite")
    }
  }
}

extension ParticipantBatch {
  /// The public URL under which a server serves the consent pages of this batch, as it said when it started; nil if none has. Throws `StopRun`.
  package func publicURL() async throws -> String? { try await store.publicURL() }

  /// Whether the provider is a simulator or another server on this machine, so that links must lead to this machine, too.
  package var isProviderOnThisMachine: Bool {
    let base = provider.settings.address.base
    let host = base.split(separator: "/").dropFirst().first.map { $0.hasPrefix("[") ? $0.prefix { $0 != "]" } + "]" : $0.prefix { $0 != ":" } }
    return isSimulated || host.map { LoopbackHost.contains(String($0)) } ?? false
  }
}
