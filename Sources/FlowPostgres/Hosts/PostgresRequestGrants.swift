import FlowCore
import StudyModel

/// Grants the requests of a client to the hosts that share a database.
struct PostgresRequestGrants: RequestGrants {
  let database: PostgresDatabase

  private struct Found: Sendable {
    var uses: [RequestGrant.Use]
    /// Milliseconds since 1970, by the server's clock.
    var now: Int64
  }

  func grant(_ count: Int, to client: String, within limits: [RequestLimit]) async throws -> RequestGrant {
    precondition(!limits.isEmpty, "without a limit nothing is asked for")
    let part = RequestGrant.part(of: limits).wholeMilliseconds
    return try await database.transaction { transaction in
      // A statement of its own: the next one must see what others have committed before they gave the lock back.
      try await transaction.run([RequestStatements.lock(client)])
      let found = try await transaction.run(limits.map { RequestStatements.use(of: $0, by: client, part: part) }) { Self.found($0, limits, part) }
      let start = found.now.flooredDivision(by: part) * part
      let grant = RequestGrant(count, found.uses, within: .milliseconds(start + 2 * part - found.now))
      guard case .granted(let granted, _) = grant else { return grant }
      let longest = limits.map(\.window).max() ?? .zero
      try await transaction.run([
        RequestStatements.grant(granted, to: client, at: start),
        RequestStatements.forget(client, before: start - longest.wholeMilliseconds - 2 * part),
      ])
      return grant
    }
  }

  private static func found(_ answers: [Answer], _ limits: [RequestLimit], _ part: Int64) -> Found {
    let now = answers.compactMap { $0.integer(0, 0) }.max() ?? 0
    let uses = zip(limits, answers).map { limit, answer in
      let first = answer.integer(0, 2)
      let untilNext = first.map { $0 + limit.window.wholeMilliseconds + 2 * part - now } ?? 0
      return RequestGrant.Use(of: limit, count: Int(answer.integer(0, 1) ?? 0), untilNext: .milliseconds(max(1, untilNext)))
    }
    return Found(uses: uses, now: now)
  }
}
