import FlowCore
import StudyModel

/// Whose account a participant's token opens: asked once for each token that a person brought, kept in the participant file, compared.
extension OAuthProvider {
  /// After a token was obtained. What only fails on the way is left to the first request for data, which asks again and can wait.
  func checkAccount(of participant: String) async throws {
    do {
      try await identify(participant)
    } catch is TransportError {
      return
    } catch let error as ProcessorError where error.failure.cause.isRetryable {
      return
    }
    try refuseSharedAccount(of: participant)
  }

  /// Asks the provider whose the token is unless that is known. Throws `needs_consent` where it is another account than the participant's.
  func identify(_ participant: String) async throws {
    guard let path = wire.identityPath else { return }
    let held = try await store.require(participant)
    guard held.known.token.account == nil, !held.isIdentityUntold else { return }
    let identity = try await identities.run(participant) { [self] _ in
      if let account = store.held(participant)?.known.token.account { return AccountIdentity(id: account) }
      let identity = try await askIdentity(at: path) { request in
        var count = 0
        return try await self.exchange(request, path: path, for: participant, counting: &count)
      }
      if let identity { try await confirm(identity, of: participant) }
      return identity
    }.value
    if identity == nil { store.note(participant) { $0.isIdentityUntold = true } }
  }

  /// Whether the provider tells whose account an access token opens, when it is asked.
  package var tellsIdentity: Bool { wire.identityPath != nil }

  /// Whose account an access token opens that is in nobody's file yet; nil: the provider does not tell.
  package func identity(behind accessToken: String, of participant: String) async throws -> AccountIdentity? {
    guard let path = wire.identityPath else { return nil }
    let url = try settings.address.url(of: path)
    return try await askIdentity(at: path) { [line] request in
      var request = request
      request.url = url
      var count = 0
      return try await line.send(request, for: participant, bearer: accessToken, counting: &count)
    }
  }

  private func askIdentity(at path: String, _ send: (HTTPRequest) async throws -> JudgedResponse) async throws -> AccountIdentity? {
    var request = HTTPRequest(url: "", connectTimeout: settings.connectTimeout, timeout: settings.timeout)
    request.headers["Accept"] = "application/json"
    let judged = try await send(request)
    let response = judged.response
    if let fault = judged.fault {
      if let stop = judged.stop { throw stop }
      // Any one scope is enough. Who shares nothing has nothing to collect; a provider without such a path tells of nobody.
      if fault.cause == .scope || fault.cause == .notFound { return nil }
      throw ProcessorError(fault.cause, "\(path): \(fault.message)", status: response.status, retryAfter: fault.retryAfter)
    }
    let document: JSONTree
    do {
      document = try JSONTree(answer: response.body)
    } catch {
      throw ProcessorError(.notJSON, "\(path): \(error.found); expected whose account it is", status: response.status)
    }
    guard let identity = wire.identity(in: document, at: path) else {
      throw ProcessorError(.badData, "\(path): the answer does not tell the account; expected the member healthUserId", status: response.status)
    }
    return identity
  }

  // MARK: Comparing

  /// Holds what the provider has told against the participant file, and keeps it there.
  func confirm(_ identity: AccountIdentity, of participant: String) async throws {
    guard let held = store.held(participant) else { return }
    let known = held.known
    if let error = known.mismatch(identity) {
      // Noted with the token, so that the next run asks nothing with it.
      if let account = known.account, account != identity.id { try await keep(participant) { $0.token.account = identity.id } }
      throw error
    }
    var next = known
    next.note(identity)
    guard next != known else { return }
    try await keep(participant) { $0.note(identity) }
  }

  private func keep(_ participant: String, _ change: @escaping @Sendable (inout ParticipantFile) -> Void) async throws {
    try await store.persist(participant, interruption, change)
  }

  /// Throws where another participant of the batch has the same account.
  func refuseSharedAccount(of participant: String) throws {
    guard let held = store.held(participant), let account = held.known.account ?? held.known.token.account else { return }
    if let error = store.shareError(of: participant, account: account) { throw error }
  }
}

extension ParticipantFile {
  /// The account that the token must have: the participant's, or the one that it was at the former service, whose tokens tell that id.
  var expectedAccount: String? { token.account.flatMap { isFormer($0) ? $0 : nil } ?? account }

  private func isFormer(_ id: String) -> Bool { legacyID?.lowercased() == id.lowercased() }

  /// nil: the account is the participant's, as far as anybody knows.
  func mismatch(_ identity: AccountIdentity) -> ProcessorError? {
    if isFormer(identity.id) { return nil }
    if let account, account != identity.id, account.lowercased() != identity.legacyID?.lowercased() {
      return ProcessorError(
        .needsConsent,
        "participant \(participant): the token opens account \(identity.id), the participant has account \(account) so far; nothing was asked "
          + "with it: consent signed in as the participant, or, if the account has changed, remove the member user_id")
    }
    if let legacyID, let found = identity.legacyID, legacyID.lowercased() != found.lowercased() {
      return ProcessorError(
        .needsConsent,
        "participant \(participant): the token opens the account that was \(found) at Fitbit, the participant's was \(legacyID); nothing was "
          + "asked with it: consent signed in as the participant, or, if the account has changed, correct the member legacy_id")
    }
    return nil
  }

  mutating func note(_ identity: AccountIdentity) {
    token.account = identity.id
    guard !isFormer(identity.id) else { return }
    // Still known by the id that the account had before it was moved.
    if let account, account != identity.id { legacyID = legacyID ?? account }
    account = identity.id
    legacyID = legacyID ?? identity.legacyID
  }
}
