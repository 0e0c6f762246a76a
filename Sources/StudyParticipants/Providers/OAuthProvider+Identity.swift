import FlowCore
import StudyModel

/// Account identity: requested once for each token that a person supplied, stored in the participant file and compared.
extension OAuthProvider {
  /// Checks the account after a token was obtained. Transient failures are left to the first data request, which
  /// repeats the check and can wait.
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

  /// Asks the provider for the token's account unless it is known. Throws `needs_consent` if it is not the
  /// participant's account.
  func identify(_ participant: String) async throws {
    guard let path = wire.identityPath else { return }
    let held = try await store.require(participant)
    guard held.known.token.account == nil, !held.isIdentityUnavailable else { return }
    let identity = try await identities.run(participant) { [self] _ in
      if let account = store.held(participant)?.known.token.account { return AccountIdentity(id: account) }
      let identity = try await askIdentity(at: path) { request in
        var count = 0
        return try await self.exchange(request, path: path, for: participant, counting: &count)
      }
      if let identity { try await confirm(identity, of: participant) }
      return identity
    }.value
    if identity == nil { store.note(participant) { $0.isIdentityUnavailable = true } }
  }

  /// Whether the provider has an endpoint that identifies the account of an access token.
  package var tellsIdentity: Bool { wire.identityPath != nil }

  /// The account of an access token that is not stored in a participant file; nil if the provider does not report it.
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
      // Any one scope is sufficient. A participant who shares nothing has nothing to collect, and a provider without
      // the path cannot identify anyone.
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
      throw ProcessorError(.badData, "\(path): the answer does not identify the account; expected the member healthUserId", status: response.status)
    }
    return identity
  }

  // MARK: Comparing

  /// Compares a reported identity with the participant file and stores it there.
  func confirm(_ identity: AccountIdentity, of participant: String) async throws {
    guard let held = store.held(participant) else { return }
    let known = held.known
    if let error = known.mismatch(identity) {
      // Stored with the token, so that the next run does not use the token.
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

  /// Throws if another participant of the batch has the same account.
  func refuseSharedAccount(of participant: String) throws {
    guard let held = store.held(participant), let account = held.known.account ?? held.known.token.account else { return }
    if let error = store.shareError(of: participant, account: account) { throw error }
  }
}

extension ParticipantFile {
  /// The account that the token must belong to: the participant's, or its id at the former service, for tokens that
  /// report that id.
  var expectedAccount: String? { token.account.flatMap { isFormer($0) ? $0 : nil } ?? account }

  private func isFormer(_ id: String) -> Bool { legacyID?.lowercased() == id.lowercased() }

  /// nil if the account is the participant's or nothing contradicts it.
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
    // The file still has the id from before the account was moved.
    if let account, account != identity.id { legacyID = legacyID ?? account }
    account = identity.id
    legacyID = legacyID ?? identity.legacyID
  }
}
