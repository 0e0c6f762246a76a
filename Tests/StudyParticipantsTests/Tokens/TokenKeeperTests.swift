import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


@Suite("Obtaining an access token: choosing the steps")
struct TokenKeeperTests {
  private static func record(_ change: (inout TokenRecord) -> Void = { _ in }) -> TokenRecord {
    var record = TokenRecord(refreshToken: "R1")
    change(&record)
    return record
  }
  private static let asker = TokenAsker(endpoint: "https://provider.example/oauth2/token", client: "23ABCD")
  private static let elsewhere = TokenAsker(endpoint: "https://elsewhere.example/oauth2/token", client: "23ABCD")
  private static let other = TokenAsker(endpoint: "https://provider.example/oauth2/token", client: "OTHER")
  private static let answer = TokenAnswer(accessToken: "A2", lifetime: .seconds(28_800), refreshToken: "R2", account: "ABC123")

  @Test(
    "begins as the file says",
    arguments: [
      ("live", record(), true, false, TokenKeeper.Action.use),
      ("not live", record(), false, false, .journal),
      ("asked before, no answer on record", record { $0.asked = Instant(seconds: 1) }, true, false, .request),
      ("in doubt since an earlier run", record { $0.state = .inDoubt; $0.asked = Instant(seconds: 1) }, true, false, .request),
      ("in doubt without an intent", record { $0.state = .inDoubt }, true, false, .journal),
      ("in doubt in this run", record { $0.state = .inDoubt }, true, true, .conclude(.stillInDoubt)),
      ("needs consent, as an earlier version noted it", record { $0.state = .needsConsent }, false, false, .conclude(.stillNeedsConsent)),
      ("needs consent, with a live access token", record { $0.state = .needsConsent }, true, false, .use),
      ("refused to this asker", record { $0.refuse(to: asker, at: Instant(seconds: 1)) }, false, false, .conclude(.stillNeedsConsent)),
      ("refused to this asker, with a live access token", record { $0.refuse(to: asker, at: Instant(seconds: 1)) }, true, false, .use),
      ("refused at another endpoint", record { $0.refuse(to: elsewhere, at: Instant(seconds: 1)) }, false, false, .journal),
      ("refused to another client", record { $0.refuse(to: other, at: Instant(seconds: 1)) }, false, false, .journal),
      ("refused to both", record { $0.refuse(to: asker, at: Instant(seconds: 1)); $0.refuse(to: other, at: Instant(seconds: 2)) }, false, false, .conclude(.stillNeedsConsent)),
      ("of another account", record { $0.account = "OTHER" }, true, false, .conclude(.otherAccount)),
    ])
  func begins(_ name: String, record: TokenRecord, isLive: Bool, isInDoubt: Bool, expected: TokenKeeper.Action) {
    let keeper = TokenKeeper(record: record, asker: Self.asker)
    #expect(keeper.begin(isLive: isLive, expectedAccount: "ABC123", isInDoubt: isInDoubt) == expected)
  }

  @Test(
    "takes each outcome of the first request for what it is",
    arguments: [
      (TokenKeeper.Outcome.answer(answer), TokenKeeper.Action.store(answer)),
      (.invalidGrant, .conclude(.needsConsent)),
      (.lost(reason: "status 503", retryAfter: nil), .wait(.seconds(1))),
      (.lost(reason: "status 429", retryAfter: .seconds(30)), .wait(.seconds(30))),
      (.unreachable(reason: "refused"), .conclude(.unreachable(reason: "refused"))),
      (.interrupted, .conclude(.interrupted)),
      (.stop(StopRun(.unavailable, .gone, "gone")), .conclude(.stop(StopRun(.unavailable, .gone, "gone")))),
      (
        .rejected(FlowFileFailure(cause: .badRequest, message: "m")),
        .conclude(.rejected(FlowFileFailure(cause: .badRequest, message: "m")))
      ),
    ])
  func outcome(_ outcome: TokenKeeper.Outcome, expected: TokenKeeper.Action) {
    var keeper = TokenKeeper(record: Self.record(), asker: Self.asker)
    #expect(keeper.received(outcome, elapsed: .seconds(1)) == expected)
  }

  @Test("a response that names another account is kept: the sent refresh token may be consumed")
  func foreignAnswer() {
    var keeper = TokenKeeper(record: Self.record { $0.account = "OTHER" }, asker: Self.asker)
    #expect(keeper.received(.answer(Self.answer), elapsed: .zero) == .store(Self.answer))
  }

  @Test("ineffective refreshes are not repeated indefinitely")
  func inVain() {
    let keeper = TokenKeeper(record: Self.record(), asker: Self.asker)
    #expect(keeper.begin(isLive: false, expectedAccount: nil, isInDoubt: false, ineffectiveRefreshes: 1) == .journal)
    #expect(keeper.begin(isLive: false, expectedAccount: nil, isInDoubt: false, ineffectiveRefreshes: 2) == .conclude(.refreshIneffective))
  }

  @Test("repeats four times within two minutes, however long a request takes", arguments: [0, 1, 6, 20])
  func repeats(requestSeconds: Int) {
    var keeper = TokenKeeper(record: Self.record(), asker: Self.asker)
    var elapsed: Duration = .seconds(requestSeconds)
    var starts: [Duration] = [.zero]
    while case .wait(let delay) = keeper.received(.lost(reason: "cut off", retryAfter: nil), elapsed: elapsed) {
      elapsed += delay
      starts.append(elapsed)
      elapsed += .seconds(requestSeconds)
    }
    #expect(starts.count == 5)
    #expect(elapsed <= .seconds(120))
    #expect(keeper.received(.lost(reason: "cut off", retryAfter: nil), elapsed: elapsed) == .conclude(.inDoubt(reason: "cut off")))
  }

  @Test("honours Retry-After as far as four repeats still fit into the two minutes", arguments: [10, 25, 60, 3600])
  func retryAfter(seconds: Int) {
    var keeper = TokenKeeper(record: Self.record(), asker: Self.asker)
    var elapsed: Duration = .zero
    var waits: [Duration] = []
    while case .wait(let delay) = keeper.received(.lost(reason: "429", retryAfter: .seconds(seconds)), elapsed: elapsed) {
      elapsed += delay
      waits.append(delay)
    }
    #expect(waits.count == 4)
    #expect(elapsed <= .seconds(120))
    #expect(waits[0] == .seconds(min(seconds, 100)))
  }

  @Test("a failed connection puts a token in doubt only after an earlier request was sent")
  func unreachable() {
    var fresh = TokenKeeper(record: Self.record(), asker: Self.asker)
    #expect(fresh.received(.unreachable(reason: "refused"), elapsed: .zero) == .conclude(.unreachable(reason: "refused")))
    #expect(fresh.mayForgetIntent)

    var sent = TokenKeeper(record: Self.record(), asker: Self.asker)
    _ = sent.received(.lost(reason: "cut off", retryAfter: nil), elapsed: .zero)
    #expect(sent.received(.unreachable(reason: "refused"), elapsed: .zero) == .wait(.seconds(5)))
    #expect(!sent.mayForgetIntent)

    var earlier = TokenKeeper(record: Self.record { $0.asked = Instant(seconds: 1) }, asker: Self.asker)
    #expect(earlier.received(.unreachable(reason: "refused"), elapsed: .zero) == .conclude(.unreachable(reason: "refused")))
    #expect(!earlier.mayForgetIntent)
  }
}
