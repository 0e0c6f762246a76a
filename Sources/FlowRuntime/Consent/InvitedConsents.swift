import FlowCore
import FlowSimulator
import StudyModel
import StudyParticipants
import StudyProcessors

/// The consents of participants who were invited: from the link to the participant file, as `Authorization` keeps it.
///
/// A link tells nothing that its holder does not know, and what is told of an unknown one is always the same. Methods may be called from any task;
/// each answers with what the participant is told, and reports to `complain` what the study should know. No message holds a code or token.
package final class InvitedConsents: Sendable {
  package struct Answer: Sendable, Equatable {
    /// What the provider added to the redirect.
    package var state: String
    package var code: String?
    package var error: String?
    /// The code of the link that this browser has opened, if it has.
    package var invitationCode: String?
    /// The participant has said that this answer is theirs, though another browser opened the link.
    package var isConfirmed: Bool

    package init(state: String, code: String?, error: String?, invitationCode: String?, isConfirmed: Bool = false) {
      self.state = state
      self.code = code
      self.error = error
      self.invitationCode = invitationCode
      self.isConfirmed = isConfirmed
    }
  }

  /// Flows of one batch and one provider: a participant is asked once for all that they need.
  private struct Group: Sendable {
    let batch: ParticipantBatch
    /// The first of its flows, as it is served.
    let graph: FlowGraph
    var scopes: [String]

    var oauthType: String { batch.provider.wire.oauthType }
    var title: String { batch.provider.wire.title }
  }

  private struct Found {
    var group: Group
    var invitation: Invitation
    var file: ParticipantFile
  }

  private let groups: [Group]
  private let publicURL: String
  private let state: String
  private let machine: Machine
  private let network: @Sendable (FlowGraph) -> Machine
  private let complain: @Sendable (String) -> Void
  /// The bundled simulators, by batch and provider; each runs until `close`.
  private let simulations = Locked<[String: Task<Simulation?, any Error>]>([:])
  /// Answers that are being taken.
  private let underWay = Locked(UnderWay())

  private struct UnderWay {
    private var tasks: [Int: Task<ConsentOutcome, Never>] = [:]
    private var last = 0

    mutating func add(_ task: Task<ConsentOutcome, Never>) -> Int {
      last += 1
      tasks[last] = task
      return last
    }
    mutating func remove(_ number: Int) { tasks[number] = nil }
    var any: Task<ConsentOutcome, Never>? { tasks.first?.value }
  }

  /// How long an answer waits for a run that has the participant.
  static let waitForRun = Duration.seconds(10)

  /// - Parameters:
  ///   - graphs: the served flows; those that collect no participants are left out.
  ///   - publicURL: the server's origin, without a trailing `/`.
  ///   - state: the state folder.
  ///   - machine: for what needs no network.
  ///   - network: makes a machine for one consent, whose connections are closed at its end.
  /// - Throws: `Diagnostic` and `Diagnostics` for errors of the flows' services.
  package init(
    _ graphs: [FlowGraph], publicURL: String, state: String, on machine: Machine, network: @escaping @Sendable (FlowGraph) -> Machine = { .running($0) },
    complain: @escaping @Sendable (String) -> Void
  ) throws {
    var groups: [Group] = []
    for graph in graphs {
      guard let batch = try Self.batch(of: graph, on: machine) else { continue }
      let scopes = ConsentScopes.needed(by: graph)
      if let index = groups.firstIndex(where: { $0.batch.path == batch.path && $0.oauthType == batch.provider.wire.oauthType }) {
        groups[index].scopes += scopes.filter { !groups[index].scopes.contains($0) }
      } else {
        groups.append(Group(batch: batch, graph: graph, scopes: scopes))
      }
    }
    self.groups = groups
    self.publicURL = publicURL
    self.state = state
    self.machine = machine
    self.network = network
    self.complain = complain
  }

  /// nil for a flow without participants.
  private static func batch(of graph: FlowGraph, on machine: Machine) throws -> ParticipantBatch? {
    do {
      return try ParticipantBatch(graph, on: machine)
    } catch let problem as Diagnostic where problem.code == .unsuitableFlow {
      return nil
    }
  }

  /// The provider's redirect, to be registered with it.
  package var redirectURI: String { publicURL + InvitationIssue.path + "callback" }

  /// Says in each batch under which address its links are opened, for `flowrun participants invite`.
  package func announce() async {
    for group in groups {
      do {
        try await group.batch.store.put(publicURL: publicURL)
      } catch {
        complain("warning: \(error); flowrun participants invite needs --public-url \(publicURL)")
      }
    }
  }

  /// Waits for the answers under way, whose codes cannot be used again; then ends the bundled simulators. Call it once nothing more is asked.
  package func close() async {
    while let task = underWay.withLock({ $0.any }) {
      _ = await task.value
      // Whoever waits for it removes it, too.
      await Task.yield()
    }
    let running = simulations.withLock { state in
      defer { state = [:] }
      return Array(state.values)
    }
    for task in running { if case .success(let simulation?) = await task.result { await simulation.stop() } }
  }

  // MARK: The link

  /// Whether a text has the form of a link's code.
  package static func isCode(_ text: String) -> Bool { InvitationCode(text) != nil }

  /// The link was opened. Changes nothing.
  package func visit(_ code: String) async -> ConsentOutcome {
    await telling { () async throws -> ConsentOutcome in
      guard let found = try await find(code: code) else { return ConsentOutcome(.unknown) }
      let group = found.group
      switch found.invitation.standing(at: machine.time.now) {
      case .used: return ConsentOutcome(.used, provider: group.title)
      case .expired: return ConsentOutcome(.expired, provider: group.title)
      case .open:
        let provider = group.batch.provider
        let question = ConsentOutcome.Question(
          scopes: provider.consentScopes(group.scopes), expires: found.invitation.expires, page: provider.wire.consentPage(base: provider.settings.address.base))
        return ConsentOutcome(.invited(question), provider: group.title)
      }
    }
  }

  /// The page's button was pressed: begins a request, which takes the place of an earlier one.
  package func begin(_ code: String) async -> ConsentOutcome {
    await telling { () async throws -> ConsentOutcome in
      guard let found = try await find(code: code) else { return ConsentOutcome(.unknown) }
      let group = found.group, digest = found.invitation.codeDigest, now = machine.time.now
      let provider = try ParticipantBatch(try await running(group), on: machine).provider
      let intent = ConsentIntent(
        participant: found.invitation.participant, redirectURI: redirectURI, statePrefix: digest + ".", random: machine.random, now: now)
      switch try await group.batch.store.changeInvitation(withDigest: digest, { $0.begin(intent, at: now) }) {
      case .open: return ConsentOutcome(.leave(provider.consentLink(intent, scopes: group.scopes, page: nil)), provider: group.title)
      case .used: return ConsentOutcome(.used, provider: group.title)
      case .expired: return ConsentOutcome(.expired, provider: group.title)
      case nil: return ConsentOutcome(.unknown)
      }
    }
  }

  // MARK: The provider's answer

  /// The provider's page sent the browser back. Goes on where the caller is cancelled, because the code can be used once.
  package func take(_ answer: Answer) async -> ConsentOutcome {
    let task = Task(executorPreference: machine.executor) { await self.takeToEnd(answer) }
    let number = underWay.withLock { $0.add(task) }
    let outcome = await task.value
    underWay.withLock { $0.remove(number) }
    return outcome
  }

  private func takeToEnd(_ answer: Answer) async -> ConsentOutcome {
    await telling { () async throws -> ConsentOutcome in
      guard let found = try await find(state: answer.state) else { return ConsentOutcome(.unknown) }
      switch found.invitation.reply(to: answer.state, at: machine.time.now) {
      case .current(let intent): return ConsentOutcome(try await take(answer, of: intent, found), provider: found.group.title)
      case let other: return ConsentOutcome(Self.kind(of: other, found.invitation), provider: found.group.title)
      }
    }
  }

  private func take(_ answer: Answer, of intent: ConsentIntent, _ found: Found) async throws -> ConsentOutcome.Kind {
    if let error = answer.error {
      let isRefusal = error == "access_denied"
      try await end(isRefusal ? .refused : .failed, of: intent, found)
      if !isRefusal { complain("error: consent of \(intent.participant): the provider's page answers with another error than that of a refusal; check client_id, redirect \(redirectURI) and scopes") }
      return isRefusal ? .declined : .trouble
    }
    guard let code = answer.code, !code.isEmpty else { return .late }
    let isSameBrowser = answer.invitationCode.flatMap { InvitationCode($0)?.digest } == found.invitation.codeDigest
    // Someone could send their own request to another person, whose data would then count as theirs. A known account shows it.
    let tellsAccount = found.file.account != nil || found.file.legacyID != nil
    guard isSameBrowser || tellsAccount || answer.isConfirmed else { return .confirm }
    return try await keep(code, of: intent, found)
  }

  /// Keeps the tokens, waiting for a run that has the participant.
  private func keep(_ code: String, of intent: ConsentIntent, _ found: Found) async throws -> ConsentOutcome.Kind {
    let graph = try await running(found.group)
    let end = machine.time.monotonic + Self.waitForRun
    while true {
      do {
        return try await exchange(code, of: intent, found, graph)
      } catch CommandRefusal.heldByAnotherRun {
        guard machine.time.monotonic < end else { return .busy }
        await machine.time.sleep(for: .seconds(1))
        guard let now = try await find(state: intent.state) else { return .unknown }
        let reply = now.invitation.reply(to: intent.state, at: machine.time.now)
        guard reply == .current(intent) else { return Self.kind(of: reply, now.invitation) }
      }
    }
  }

  private func exchange(_ code: String, of intent: ConsentIntent, _ found: Found, _ graph: FlowGraph) async throws -> ConsentOutcome.Kind {
    let participant = intent.participant
    let request = Authorization.Request(participant: participant, scopes: found.group.scopes, state: state)
    let authorization = Authorization(request, graph: graph, on: network(graph)) { [complain] notice in
      if let words = Self.words(of: notice) { complain("warning: consent of \(participant): \(words)") }
    }
    do {
      // What was decided before may have changed while the participant was held by another answer.
      let report = try await authorization.complete(code, of: intent) {
        try await find(state: intent.state)?.invitation.reply(to: intent.state, at: machine.time.now) == .current(intent)
      }
      await record(report, of: participant, found.group)
      return report.refused.isEmpty ? .thanks : .partial(report.refused)
    } catch let failure as ConsentFailure {
      // The same answer may have come twice and the other one was first, or the participant has begun anew.
      if let now = try await find(state: intent.state) {
        let reply = now.invitation.reply(to: intent.state, at: machine.time.now)
        if reply != .current(intent) { return Self.kind(of: reply, now.invitation) }
      }
      complain("error: \(failure.message)")
      let isOther = [.otherAccount, .accountOfAnother].contains(failure.reason)
      try await self.end(isOther ? .wrongAccount : .failed, of: intent, found)
      return isOther ? .wrongAccount : .lost
    } catch let stop as StopRun where stop.reason == .unavailable && stop.cause == .connection {
      complain("error: consent of \(participant): \(stop.message)")
      return .unreachable
    } catch let error as ProcessorError where error.failure.cause == .tokenInDoubt {
      complain("error: \(error)")
      try await self.end(.failed, of: intent, found)
      return .lost
    }
  }

  /// Into the audit trail, once the tokens are kept: a consent can be given once, so it does not depend on the database.
  private func record(_ report: Authorization.Report, of participant: String, _ group: Group) async {
    do {
      let act = try AuditedAct(AuditAct("consent by invitation", [participant]), on: group.batch, state: state, warn: complain)
      _ = try await act.run { report } outcome: { $0.told }
    } catch {
      complain("error: the consent of \(participant) is kept, but not in the audit trail: \(error)")
    }
  }

  private func end(_ ending: Invitation.Ending, of intent: ConsentIntent, _ found: Found) async throws {
    let now = machine.time.now
    _ = try await found.group.batch.store.changeInvitation(withDigest: found.invitation.codeDigest) { $0.end(ending, of: intent.state, at: now) }
  }

  // MARK: Finding

  private func find(code text: String) async throws -> Found? {
    guard let code = InvitationCode(text) else { return nil }
    return try await find(digest: code.digest)
  }

  /// By the digest that is the first part of `state`.
  private func find(state: String) async throws -> Found? {
    let parts = state.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    return try await find(digest: String(parts[0]))
  }

  /// nil also for participants who have withdrawn.
  private func find(digest: String) async throws -> Found? {
    for group in groups {
      guard let invitation = try await group.batch.store.invitation(withDigest: digest), invitation.provider == group.oauthType else { continue }
      guard let file = try await group.batch.store.file(of: invitation.participant), file.collection != .withdrawn else { return nil }
      return Found(group: group, invitation: invitation, file: file)
    }
    return nil
  }

  // MARK: Words

  private static func kind(of reply: Invitation.Reply, _ invitation: Invitation) -> ConsentOutcome.Kind {
    switch reply {
    case .used: return .used
    case .expired: return .expired
    case .late, .current: return .late
    case .again:
      switch invitation.state {
      case .consented: return invitation.lacking.isEmpty ? .thanks : .partial(invitation.lacking)
      case .refused: return .declined
      case .wrongAccount: return .wrongAccount
      case .invited, .opened: return .late
      }
    }
  }

  private static func words(of notice: Authorization.Notice) -> String? {
    switch notice {
    case .link, .waiting, .storing: nil
    case .accountUnknown(let reason): "the account could not be checked (\(reason)); the next run checks it first"
    case .holdersUnknown(let reason): "it could not be checked whether another participant has the account (\(reason)); the next run checks it first"
    case .invitationOpen(let reason): "the invitation could not be marked as used (\(reason)); its link can be opened until it expires"
    }
  }

  private func telling(_ body: () async throws -> ConsentOutcome) async -> ConsentOutcome {
    do {
      return try await body()
    } catch {
      complain("error: consent pages: \(error)")
      return ConsentOutcome(.trouble)
    }
  }

  // MARK: The bundled simulator

  /// The group's flow with the address of its provider. The bundled simulator is started with the first request.
  private func running(_ group: Group) async throws -> FlowGraph {
    guard Simulation.isWanted(by: group.graph) else { return group.graph }
    let key = group.oauthType + " " + group.batch.path
    let environment = machine.toolEnvironment
    let task = simulations.withLock { state in
      if let task = state[key] { return task }
      let task = Task { try await Simulation.start(for: group.graph, environment) }
      state[key] = task
      return task
    }
    do {
      return try await task.value?.graph ?? group.graph
    } catch {
      simulations.withLock { $0[key] = nil }
      throw error
    }
  }
}
