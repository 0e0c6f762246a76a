import FlowCore
import StudyModel
import StudyParticipants
import StudyProcessors

/// Stores the tokens of a consent in the participant's file after checking the account.
struct ConsentKeeping: Sendable {
  let batch: ParticipantBatch
  let request: Authorization.Request
  /// Whether the provider is the bundled simulator, which runs only during the authorization.
  let isBundled: Bool
  let tell: @Sendable (Authorization.Notice) -> Void

  private var provider: OAuthProvider { batch.provider }
  private var participant: String { request.participant }
  /// Pending consents.
  var intents: ConsentIntents {
    ConsentIntents(folder: request.state + "/consent", batch: batch.graph.name + " " + batch.path, environment: batch.environment)
  }
  /// The scopes that are asked for: those of the request, else those that the flow needs.
  var scopes: [String] { request.scopes ?? ConsentScopes.needed(by: batch.graph) }

  /// The tokens are made durable before the account is checked: the code is used up, so a failure must not lose the
  /// consent.
  func store(_ given: TokenAnswer) async throws -> Authorization.Report {
    let now = batch.now
    guard given.account == nil, provider.tellsIdentity else {
      try await refuseShared(given)
      return try await provider.patiently { try await keep(given, former: nil, at: now) }
    }
    let before = try await provider.patiently { try await batch.store.file(of: participant) }
    let kept = try await provider.patiently { try await keep(given, former: nil, at: now) }
    guard let identity = await identity(behind: given) else { return kept }
    var answer = given
    answer.account = identity.id
    do {
      try await refuseShared(answer)
      var report = try await provider.patiently { [answer] in try await keep(answer, former: identity.legacyID, before, at: now) }
      report.created = kept.created
      return report
    } catch let error as ConsentFailure {
      try await provider.patiently { try await batch.store.restore(participant, before) }
      throw error
    }
  }

  // MARK: Writing

  /// Writes the tokens of a consent to the participant's file, creating it if necessary.
  /// - Parameter before: the file's content before this consent, if the comparison must be made with that.
  private func keep(
    _ answer: TokenAnswer, former: String?, _ before: ParticipantFile? = nil, at now: Instant
  ) async throws -> Authorization.Report {
    var report = report(of: answer)
    if try batch.environment.fileSystem.status(report.file) == nil {
      try await create(answer, former: former, at: now)
      report.created = true
    } else {
      report.state = try await change(answer, former: former, before, at: now)
    }
    return report
  }

  private func report(of answer: TokenAnswer) -> Authorization.Report {
    let asked = provider.consentScopes(scopes)
    return Authorization.Report(
      participant: participant, file: batch.store.path(of: participant), created: false, granted: answer.scopes,
      refused: answer.scopes.map { granted in asked.filter { !granted.contains($0) } } ?? [], state: ParticipantFile.Collection.active.rawValue)
  }

  private func create(_ answer: TokenAnswer, former: String?, at now: Instant) async throws {
    let enrolment = Enrolment(participant: participant, enrolled: request.enrolled ?? now.dateUTC.startOfDayUTC)
    var file = try ParticipantFile(enrolling: enrolment, isSimulated: batch.isSimulated, path: batch.store.path(of: participant))
    try file.take(answer, former: former, oauthType: provider.wire.oauthType, takesOtherAccount: request.takesOtherAccount, at: now)
    guard case .done(true) = try await batch.store.create(file) else { throw appeared }
  }

  /// Returns the participant's collection state.
  private func change(_ answer: TokenAnswer, former: String?, _ before: ParticipantFile?, at now: Instant) async throws -> String {
    let oauthType = provider.wire.oauthType
    let takesOtherAccount = request.takesOtherAccount
    let changed = try await batch.store.change(participant) { file in
      if let before { file = before }
      try file.take(answer, former: former, oauthType: oauthType, takesOtherAccount: takesOtherAccount, at: now)
      return file.collection.rawValue
    }
    guard case .done(let state) = changed else { throw appeared }
    return state
  }

  private var appeared: StopRun {
    StopRun(.failed, .internal, "the file of \(participant) changed although its lock was held; consent again: flowrun authorize")
  }

  // MARK: Whose account it is

  /// nil if the request failed or the provider does not report the account. The next run then checks it first.
  private func identity(behind answer: TokenAnswer) async -> AccountIdentity? {
    do {
      return try await provider.identity(behind: answer.accessToken, of: participant)
    } catch {
      tell(.accountUnknown(reason: Self.words(error)))
      return nil
    }
  }

  /// Throws if another participant has the account. If the batch cannot be read now, the next run checks this.
  private func refuseShared(_ answer: TokenAnswer) async throws {
    guard let account = answer.account else { return }
    let holders: [String]
    do {
      holders = try await provider.patiently { try await batch.store.holders(of: account, otherThan: participant) }
    } catch {
      return tell(.holdersUnknown(reason: Self.words(error)))
    }
    guard !holders.isEmpty else { return }
    let kept = await giveBack(answer, to: holders)
    throw ConsentFailure(
      .accountOfAnother,
      "participant \(participant): the consent is of account \(account), which participant \(holders.joined(separator: ", ")) has; \(kept): one "
        + "account serves one participant of a batch; consent signed in as \(participant), or withdraw the other one first (flowrun participants withdraw)")
  }

  /// A provider may void an account's older tokens when it issues new ones, so the new ones go to the participant who
  /// owns the account. Returns a description of the result.
  private func giveBack(_ answer: TokenAnswer, to holders: [String]) async -> String {
    guard let holder = holders.first, holders.count == 1 else { return "nothing was changed" }
    let trouble = "nothing was changed, and \(holder) may have to consent again, because its older tokens may be void"
    do {
      guard try await batch.store.reserve(holder) else { return trouble + " (a run has it now)" }
      let isGiven = try await withClosing {
        try await give(answer, to: holder)
      } close: {
        try await batch.store.endReservation(holder)
      }
      return isGiven ? "\(participant) was left unchanged, and the new tokens are \(holder)'s" : trouble
    } catch {
      return trouble + " (\(Self.words(error)))"
    }
  }

  private func give(_ answer: TokenAnswer, to holder: String) async throws -> Bool {
    let now = batch.now
    let oauthType = provider.wire.oauthType
    let changed = try await provider.patiently {
      try await batch.store.change(holder) { try $0.take(answer, oauthType: oauthType, takesOtherAccount: false, at: now) }
    }
    if case .done = changed { return true }
    return false
  }

  private static func words(_ error: any Error) -> String {
    switch error {
    case let error as TransportError: error.message
    case let error as ProcessorError: error.failure.message
    default: "\(error)"
    }
  }
}
