import FlowCore
import NIOCore

/// Passes every request to the provider, counts it, and applies faults.
struct FrontDoor: Sendable {
  let provider: any SimulatedProvider
  let ledger: TokenLedger
  let faults: FaultDice
  let statistics: Locked<SimulatorStatistics>
  let consent: AuthorizationEndpoint
  /// Told of each answer to a request for data; nil for nobody.
  let answered: Answered?

  typealias Answered = @Sendable (_ participant: Int?, _ target: String, _ status: Int, _ body: [UInt8]) -> Void

  func respond(to request: WireRequest) async throws -> WireReply {
    // The consent page is used by people and exempt from faults.
    if AuthorizationEndpoint.paths.contains(request.path) {
      statistics.withLock { $0.count("consent") }
      return try consent.respond(to: request)
    }
    let isTokenRequest = request.path == provider.tokenPath
    let token = request.bearerToken ?? FormBody(request.body)["refresh_token"] ?? ""
    let trouble =
      faults.isEmpty
      ? FaultDice.Trouble() : faults.trouble(for: faultKey(of: request, token), isTokenRequest: isTokenRequest)
    if var reply = answer(insteadOf: trouble, isTokenRequest: isTokenRequest, token: token) {
      statistics.withLock { $0.count("fault") }
      reply.delayMilliseconds = trouble.delayMilliseconds
      return reply
    }
    var request = request
    request.repeatsAccessToken = trouble.kind == .sameToken
    var reply = isTokenRequest ? try await provider.answerToken(request) : try await provider.answerData(request)
    statistics.withLock { $0.count(status: reply.status) }
    if !isTokenRequest { answered?(ledger.participantNumber(in: token), request.target, reply.status, Array(reply.body.readableBytesView)) }
    reply.apply(trouble)
    return reply
  }

  /// Identifies the request without its secrets: the participant and what is requested.
  private func faultKey(of request: WireRequest, _ token: String) -> String {
    let query = request.query.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
    // A token request is identified without its body, which has a different refresh token each time.
    let body = request.path == provider.tokenPath ? "" : request.body
    return "\(request.method) \(request.path)?\(query)\(body) \(ledger.participantNumber(in: token) ?? 0)"
  }

  /// The response of a fault that applies before the request is processed; nil if none does.
  private func answer(insteadOf trouble: FaultDice.Trouble, isTokenRequest: Bool, token: String) -> WireReply? {
    switch trouble.kind {
    case .reset:
      var reply = WireReply(status: 503, json: "")
      reply.delivery = .none
      return reply
    case .html: return WireReply(html: "Please wait.")
    case .status(let code): return provider.failure(code, isTokenRequest: isTokenRequest, echo: token)
    case .error200:
      var reply = provider.failure(500, isTokenRequest: isTokenRequest, echo: token)
      reply.status = 200
      return reply
    case .quota403: return .quota(trouble.detail % 2 == 0 ? .usageLimits : .errorInfo)
    case .truncate, .cut, .lastChunkMissing, .slow, .lostTokenResponse, .sameToken, .invalidGrant, .scope, nil: return nil
    }
  }
}

extension WireReply {
  /// Applies a fault to the response.
  fileprivate mutating func apply(_ trouble: FaultDice.Trouble) {
    delayMilliseconds = trouble.delayMilliseconds
    let kept = body.readableBytes * (20 + trouble.detail % 70) / 100
    switch trouble.kind {
    case .lostTokenResponse where status == 200: delivery = .none
    case .truncate where trouble.detail % 2 == 0: delivery = .cut(afterBytes: kept)
    case .truncate: body = body.getSlice(at: body.readerIndex, length: kept) ?? body
    case .cut(let bytes): delivery = .cut(afterBytes: min(bytes, max(0, body.readableBytes - 1)))
    case .lastChunkMissing: delivery = .withoutLastChunk
    default: break
    }
  }
}
