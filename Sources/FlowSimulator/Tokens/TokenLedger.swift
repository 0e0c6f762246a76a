import Dispatch
import FlowCore
import Foundation

/// Decides which tokens are valid, for all requests and, with a folder, for all processes that simulate the same world.
///
/// A change is written to the folder before the response, so that a client killed at any moment later finds the
/// simulator in the state of that response.
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
  /// Serialises reads, changes and writes of records.
  private let lane = DispatchQueue(label: "simulator.tokens")

  /// A record and its access token, cached because every data request compares with it.
  private struct Known {
    let record: TokenGenerations
    let accessToken: String
    /// The last Google access token; nil if there is none.
    let googleToken: String?
  }

  init(seed: UInt64, participantCount: Int, graceSeconds: Int?, folder: StateFolder?) {
    texts = TokenText(seed: seed)
    self.participantCount = participantCount
    self.graceSeconds = graceSeconds
    self.folder = folder
  }

  /// Uses a refresh token; nil: it is refused.
  /// - Throws: file system errors. Then either nothing was rotated, or the previous token is still accepted.
  func refresh(_ token: String, repeatsAccess: Bool = false, now: Int) async throws -> Pair? {
    guard let number = participantNumber(in: token) else { return nil }
    let record = try await change(number) { [texts, graceSeconds] record -> TokenGenerations? in
      // Older refresh tokens are never valid, with or without a grace period.
      let candidates = [record.generation, record.generation - 1]
      let presented = candidates.first { $0 >= 0 && texts.refreshToken(of: number, generation: $0) == token }
      let answer = record.refresh(presented: presented, now: now, graceSeconds: graceSeconds, repeatsAccess: repeatsAccess)
      return answer == .refused ? nil : record
    }
    return record.map { pair(of: number, $0) }
  }

  /// The participant whose data an access token can read.
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

  /// Uses a refresh token with Google's rules: any token ever issued, repeatedly. nil: it is refused.
  /// - Parameter rotates: whether the response also has a new refresh token.
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

  /// The participant whose data a Google access token can read.
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

  /// Issues the tokens of a new consent, replacing all previous ones.
  func consent(of number: Int, scopes: [Scope], now: Int) async throws -> Pair {
    let record = try await change(number) { record in
      record.consent(to: scopes.map(\.rawValue), now: now)
      return record
    }
    return pair(of: number, record)
  }

  /// The same for Google, where access tokens are independent of each other.
  func consentGoogle(of number: Int, scopes: [Scope], now: Int) async throws -> Pair {
    let issued = try await change(number) { record in
      record.consent(to: scopes.map(\.rawValue), now: now)
      return (serial: record.issueGoogle(now: now), generation: record.generation)
    }
    return Pair(
      accessToken: texts.googleAccessToken(of: number, serial: issued.serial),
      refreshToken: texts.refreshToken(of: number, generation: issued.generation))
  }

  /// The scopes of the last consent on the page; nil: there was none. An unreadable record also yields nil; the error
  /// is reported when a token is requested.
  func consentedScopes(of number: Int) -> Set<Scope>? {
    let known = records.withLock { $0[number]?.record }
    guard let consent = (known ?? (try? load(number)))?.consent else { return nil }
    return Set(consent.compactMap(Scope.init(rawValue:)))
  }

  // MARK: All

  /// The participant that a token names; the token may be invalid.
  func participantNumber(in token: String) -> Int? {
    texts.participantNumber(in: token).flatMap { 1...participantCount ~= $0 ? $0 : nil }
  }

  /// The current refresh token.
  func liveRefreshToken(of number: Int) throws -> String {
    texts.refreshToken(of: number, generation: try load(number).generation)
  }

  /// Every refresh and access token ever issued, by any process that shares the folder.
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

  /// The fast path of nearly all data requests: a token that was used before, from memory.
  private func opens(_ token: String, _ number: Int, now: Int) -> Bool {
    records.withLock { records in
      guard let known = records[number], known.record.confirmed, known.accessToken == token else { return false }
      return !known.record.isAccessExpired(now: now)
    }
  }

  private func change<Result: Sendable>(
    _ number: Int, _ body: @escaping @Sendable (inout TokenGenerations) -> Result
  ) async throws -> Result {
    // Without a folder, there is no I/O: respond on the caller's executor, which may be a seeded test executor.
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
    // If the write fails, the cached record is still the previous one.
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
