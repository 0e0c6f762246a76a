import Dispatch
import FlowCore
import Foundation

/// Who may use which token, shared by every request and, with a folder, by every process that embeds a simulator on it.
///
/// A change is in the folder before it is answered: a client killed at any moment finds the simulator knowing what it told.
final class TokenLedger: Sendable {
  struct Pair: Sendable, Equatable {
    let accessToken: String
    let refreshToken: String
  }

  enum AccessAnswer: Sendable, Equatable {
    case participant(Int)
    case expired
    case invalid
  }

  private let texts: TokenText
  private let participantCount: Int
  private let graceSeconds: Int?
  private let folder: StateFolder?
  private let records = Locked<[Int: Known]>([:])
  /// Reads, changes and writes of records, one at a time.
  private let lane = DispatchQueue(label: "simulator.tokens")

  /// A record and the access token of its generation, kept because every data request compares with it.
  private struct Known {
    let record: TokenGenerations
    let accessToken: String
    /// The last one of the Google wire; nil: there is none.
    let googleToken: String?
  }

  init(seed: UInt64, participantCount: Int, graceSeconds: Int?, folder: StateFolder?) {
    texts = TokenText(seed: seed)
    self.participantCount = participantCount
    self.graceSeconds = graceSeconds
    self.folder = folder
  }

  /// Uses a refresh token. Nil: it is refused.
  /// - Throws: what the file system says; nothing was rotated then, or the token before the live one still answers.
  func refresh(_ token: String, repeatsAccess: Bool = false, now: Int) async throws -> Pair? {
    guard let number = participantNumber(in: token) else { return nil }
    let record = try await change(number) { [texts, graceSeconds] record -> TokenGenerations? in
      let candidates = [record.generation, record.generation - 1]
      let presented = candidates.first { $0 >= 0 && texts.refreshToken(of: number, generation: $0) == token }
      let answer = record.refresh(presented: presented, now: now, graceSeconds: graceSeconds, repeatsAccess: repeatsAccess)
      return answer == .refused ? nil : record
    }
    return record.map { pair(of: number, $0) }
  }

  /// Whose data an access token opens.
  func authorize(_ token: String, now: Int) async throws -> AccessAnswer {
    guard let number = participantNumber(in: token) else { return .invalid }
    if opens(token, number, now: now) { return .participant(number) }
    let answer = try await change(number) { [texts] record in
      let isLive = record.generation > 0 && texts.accessToken(of: number, generation: record.accessGeneration) == token
      return record.access(presented: isLive ? record.accessGeneration : nil, now: now)
    }
    return Self.answer(answer, number)
  }

  // MARK: Google

  /// Uses a refresh token on the Google wire: any that was ever issued, again and again. Nil: it is refused.
  /// - Parameter rotates: whether the answer also has a new refresh token.
  func refreshGoogle(
    _ token: String, rotates: Bool, repeatsAccess: Bool = false, now: Int
  ) async throws -> (accessToken: String, refreshToken: String?)? {
    guard let number = participantNumber(in: token) else { return nil }
    let issued = try await change(number) { [texts] record -> (serial: Int, generation: Int)? in
      let isIssued = (0...record.generation).reversed().contains { texts.refreshToken(of: number, generation: $0) == token }
      guard isIssued else { return nil }
      if rotates { record.rotateGoogle(now: now) }
      let last = record.googleIssues?.count
      return (repeatsAccess ? last ?? record.issueGoogle(now: now) : record.issueGoogle(now: now), record.generation)
    }
    return issued.map { issued in
      (
        texts.googleAccessToken(of: number, serial: issued.serial),
        rotates ? texts.refreshToken(of: number, generation: issued.generation) : nil
      )
    }
  }

  /// Whose data an access token opens on the Google wire.
  func authorizeGoogle(_ token: String, now: Int) async throws -> AccessAnswer {
    guard let number = participantNumber(in: token) else { return .invalid }
    let isKnown = records.withLock { records in
      guard let known = records[number], known.googleToken == token else { return false }
      return known.record.googleAccess(serial: known.record.googleIssues?.count, now: now) == .granted
    }
    if isKnown { return .participant(number) }
    let answer = try await change(number) { [texts] record in
      let serials = (1...(record.googleIssues?.count ?? 0) + 1).dropLast().reversed()
      return record.googleAccess(serial: serials.first { texts.googleAccessToken(of: number, serial: $0) == token }, now: now)
    }
    return Self.answer(answer, number)
  }

  private static func answer(_ access: TokenGenerations.Access, _ number: Int) -> AccessAnswer {
    switch access {
    case .granted: .participant(number)
    case .expired: .expired
    case .refused: .invalid
    }
  }

  // MARK: Consent

  /// Tokens of a new consent, in place of all before.
  func consent(of number: Int, scopes: [Scope], now: Int) async throws -> Pair {
    let record = try await change(number) { record in
      record.consent(to: scopes.map(\.rawValue), now: now)
      return record
    }
    return pair(of: number, record)
  }

  /// The same on the Google wire, where an access token is one of many.
  func consentGoogle(of number: Int, scopes: [Scope], now: Int) async throws -> Pair {
    let issued = try await change(number) { record in
      record.consent(to: scopes.map(\.rawValue), now: now)
      return (serial: record.issueGoogle(now: now), generation: record.generation)
    }
    return Pair(
      accessToken: texts.googleAccessToken(of: number, serial: issued.serial),
      refreshToken: texts.refreshToken(of: number, generation: issued.generation))
  }

  /// What the last consent on the page gave; nil: there was none. A record that cannot be read says nothing here: whoever asks for a
  /// token is told of it.
  func consentedScopes(of number: Int) -> Set<Scope>? {
    let known = records.withLock { $0[number]?.record }
    guard let consent = (known ?? (try? load(number)))?.consent else { return nil }
    return Set(consent.compactMap(Scope.init(rawValue:)))
  }

  // MARK: All

  /// The participant that a token names; it need not be valid.
  func participantNumber(in token: String) -> Int? {
    texts.participantNumber(in: token).flatMap { 1...participantCount ~= $0 ? $0 : nil }
  }

  /// The refresh token that answers now.
  func liveRefreshToken(of number: Int) throws -> String {
    texts.refreshToken(of: number, generation: try load(number).generation)
  }

  /// Every refresh and access token that was ever handed out, by any process on the folder.
  func tokensEverIssued() throws -> [String] {
    try (1...participantCount).flatMap { number in
      let record = try load(number)
      let google = (1...(record.googleIssues?.count ?? 0) + 1).dropLast().map { texts.googleAccessToken(of: number, serial: $0) }
      return google + (0...record.generation).flatMap { generation in
        let refresh = texts.refreshToken(of: number, generation: generation)
        return generation == 0 ? [refresh] : [refresh, texts.accessToken(of: number, generation: generation)]
      }
    }
  }

  private func pair(of number: Int, _ record: TokenGenerations) -> Pair {
    Pair(
      accessToken: texts.accessToken(of: number, generation: record.accessGeneration),
      refreshToken: texts.refreshToken(of: number, generation: record.generation))
  }

  /// The way of nearly every data request: a token that was used before, in memory.
  private func opens(_ token: String, _ number: Int, now: Int) -> Bool {
    records.withLock { records in
      guard let known = records[number], known.record.confirmed, known.accessToken == token else { return false }
      return !known.record.isAccessExpired(now: now)
    }
  }

  private func change<Result: Sendable>(
    _ number: Int, _ body: @escaping @Sendable (inout TokenGenerations) -> Result
  ) async throws -> Result {
    // Without a folder there is nothing to wait for: the answer comes on the caller's own executor, which may be one of a seed.
    guard folder != nil else { return try lane.sync { try changeNow(number, body) } }
    return try await withCheckedThrowingContinuation { continuation in
      lane.async {
        continuation.resume(with: Swift.Result { try self.changeNow(number, body) })
      }
    }
  }

  private func changeNow<Result>(_ number: Int, _ body: (inout TokenGenerations) -> Result) throws -> Result {
    guard let folder else { return try changeLoaded(number, body) }
    return try folder.whileLocked { try changeLoaded(number, body) }
  }

  private func changeLoaded<Result>(_ number: Int, _ body: (inout TokenGenerations) -> Result) throws -> Result {
    let before = try load(number)
    var record = before
    let result = body(&record)
    if record != before { try folder?.write(record, to: Self.fileName(number)) }
    let known = Known(
      record: record, accessToken: texts.accessToken(of: number, generation: record.accessGeneration),
      googleToken: record.googleIssues.map { texts.googleAccessToken(of: number, serial: $0.count) })
    records.withLock { $0[number] = known }
    return result
  }

  private func load(_ number: Int) throws -> TokenGenerations {
    if let folder { return try folder.read(TokenGenerations.self, from: Self.fileName(number)) ?? TokenGenerations() }
    return records.withLock { $0[number]?.record } ?? TokenGenerations()
  }

  private static func fileName(_ number: Int) -> String {
    "tokens-\(number).json"
  }
}
