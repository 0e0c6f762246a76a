import FlowCore

/// An invitation of a participant to consent, and what has become of it. Decides; `ParticipantStore` keeps it.
///
/// A link is used up by a consent alone: who opens it, refuses, signs in with another account or meets a fault can open it again until it expires.
package struct Invitation: Sendable, Equatable {
  package enum State: String, Sendable, CaseIterable {
    /// The participant has not pressed the page's button. Opening the link changes nothing, because programs that preview links do so, too.
    case invited
    /// The participant was sent to the provider.
    case opened
    case refused
    /// The consent was of another account than the participant's.
    case wrongAccount = "wrong_account"
    case consented
  }

  /// What the link is good for.
  package enum Standing: Sendable, Equatable { case open, used, expired }

  /// How the participant's answer at the provider was taken.
  package enum Ending: Sendable, Equatable {
    /// The tokens are kept.
    /// - Parameter lacking: the scopes that were asked for and not granted.
    case consented(lacking: [String])
    case refused
    case wrongAccount
    /// The answer cannot be used a second time, and nothing was kept.
    case failed
  }

  /// What an answer that comes from the provider's page is.
  package enum Reply: Sendable, Equatable {
    /// The answer to the request under way.
    case current(ConsentIntent)
    /// The answer that ended as the state says comes once more: a page was reloaded.
    case again
    /// The request is older than `patience`, or another one has taken its place.
    case late
    case used, expired
  }

  package let participant: String
  /// The provider that the participant is asked for, `fitbit` or `google`.
  package let provider: String
  package let codeDigest: String
  package let made: Instant
  package let expires: Instant
  package private(set) var state = State.invited
  /// When `state` began.
  package private(set) var since: Instant
  /// The scopes that a consent lacks.
  package private(set) var lacking: [String] = []
  /// The request under way.
  package private(set) var pending: ConsentIntent?
  /// Of the `state` of the request that ended last.
  private var answeredDigest: String?

  /// How long a participant may take on the provider's pages.
  package static let patience = Duration.seconds(3600)

  package init(of participant: String, provider: String, code: InvitationCode, made: Instant, lifetime: Duration) {
    precondition(lifetime > .zero, "an invitation is valid for some time")
    self.participant = participant
    self.provider = provider
    codeDigest = code.digest
    self.made = made
    since = made
    expires = made + lifetime
  }

  package func standing(at now: Instant) -> Standing {
    if state == .consented { return .used }
    return now < expires ? .open : .expired
  }

  /// Begins a request, which takes the place of an earlier one. Changes nothing unless the link is open.
  package mutating func begin(_ intent: ConsentIntent, at now: Instant) -> Standing {
    precondition(intent.participant == participant, "a request asks for the consent of the participant who is invited")
    let standing = standing(at: now)
    guard standing == .open else { return standing }
    pending = intent
    answeredDigest = nil
    become(.opened, at: now)
    return .open
  }

  /// - Parameter state: what the provider returns with its answer. It is compared as a whole; a digest of the code is its first part.
  package func reply(to state: String, at now: Instant) -> Reply {
    if let answeredDigest, TokenRecord.digest(state) == answeredDigest { return .again }
    if self.state == .consented { return .used }
    // Digests are compared, so that the time it takes tells nothing of the state.
    guard let pending, TokenRecord.digest(pending.state) == TokenRecord.digest(state) else { return now < expires ? .late : .expired }
    // A request that began in time may end a little later.
    guard now < pending.created + Self.patience else { return now < expires ? .late : .expired }
    return .current(pending)
  }

  /// Ends the request under way. A consent by another way, such as `flowrun authorize`, uses up the link, too.
  /// - Parameter state: of the request whose answer it is: if another one is under way meanwhile, that one goes on. nil: whichever it is.
  package mutating func end(_ ending: Ending, of state: String? = nil, at now: Instant) {
    if let state, let pending, pending.state != state { return }
    answeredDigest = pending.map { TokenRecord.digest($0.state) } ?? answeredDigest
    pending = nil
    lacking = []
    switch ending {
    case .consented(let scopes):
      lacking = scopes
      become(.consented, at: now)
    case .refused: become(.refused, at: now)
    case .wrongAccount: become(.wrongAccount, at: now)
    // Not answered: the same answer again is no repetition of a result.
    case .failed: answeredDigest = nil
    }
  }

  private mutating func become(_ next: State, at now: Instant) {
    // A consent is final; another one takes another invitation.
    guard state != .consented else { return }
    state = next
    since = now
  }

  // MARK: On disk

  /// Throws `Diagnostics` if the file is not an invitation.
  init(parsing bytes: [UInt8], path: String) throws(Diagnostics) {
    let tree: JSONTree
    do {
      tree = try JSONTree(parsing: bytes)
    } catch {
      throw Self.damaged(path)
    }
    func time(_ name: String) -> Instant? { tree[name]?.text.flatMap { Instant(rfc3339: $0) } }
    guard let participant = tree["participant"]?.text, let provider = tree["provider"]?.text, let digest = tree["code_sha256"]?.text,
      InvitationCode.isDigest(digest), let made = time("made"), let expires = time("expires"), let since = time("since"),
      let state = tree["state"]?.text.flatMap(State.init)
    else { throw Self.damaged(path) }
    self.participant = participant
    self.provider = provider
    codeDigest = digest
    self.made = made
    self.expires = expires
    self.since = since
    self.state = state
    lacking = tree["lacking"]?.elements?.compactMap(\.text) ?? []
    answeredDigest = tree["answered_sha256"]?.text
    if let request = tree["pending"] { pending = try ConsentIntent(document: request, path: path) }
  }

  private static func damaged(_ path: String) -> Diagnostics {
    Diagnostics([
      Diagnostic(.invitationFile, file: path, found: "it is not an invitation", expected: "the file as flowrun wrote it", hint: "invite the participant again: flowrun participants invite")
    ])
  }

  var bytes: [UInt8] {
    var tree = JSONTree.object([
      JSONTree.Member("participant", .string(participant)), JSONTree.Member("provider", .string(provider)),
      JSONTree.Member("code_sha256", .string(codeDigest)), JSONTree.Member("made", .string(made.text)),
      JSONTree.Member("expires", .string(expires.text)), JSONTree.Member("state", .string(state.rawValue)), JSONTree.Member("since", .string(since.text)),
    ])
    tree["lacking"] = lacking.isEmpty ? nil : .list(lacking.map { .string($0) })
    tree["answered_sha256"] = answeredDigest.map { .string($0) }
    tree["pending"] = pending?.document
    return tree.prettyBytes
  }
}
