import FlowCore
import StudyModel

/// The requirements of `ProviderService` that apply to every provider and to every test double of one.
package enum ProviderConformance {
  package static let checks = leases + tokens + answers + limits + secrecy

  // MARK: Leases

  private static let leases = [
    ProviderCheck("the participants of the batch are listed by name, without a problem") { home in
      try expect(try await home.service.listParticipants(), is: [ParticipantListing(name: "P1"), ParticipantListing(name: "P2")])
    },
    ProviderCheck("a released participant can be leased again, with the previous sync that was written") { home in
      let synced = Instant(seconds: 1_770_000_000)
      try await home.service.release("P1", previousSync: synced)
      guard case .leased(let snapshot) = try await home.service.lease("P1") else {
        throw BrokenPromise(description: "P1 is not leased")
      }
      try expect(snapshot.participant, is: "P1")
      try expect(snapshot.previousSync, is: synced, "previous sync")
    },
    ProviderCheck("an unknown participant is a bad participant file, and causes no request") { home in
      try await expectFailure("lease", { _ = try await home.service.lease("P9") }) { ($0 as? ProcessorError)?.failure.cause == .badParticipantFile }
      try await expectOutcome(.refused(.badParticipantFile), requests: 0, of: "P9", home)
      try expect(home.dataRequestCount, is: 0, "data requests")
    },
  ]

  // MARK: Tokens

  private static let tokens = [
    ProviderCheck("the first request obtains an access token; the new refresh token is durable before it is used") { home in
      try await expectOutcome(.answer, requests: 1, of: "P1", home)
      try expect(home.tokenRequestCount, is: 1, "token requests")
      try expect(try home.hasCurrentToken("P1"), is: true, "the current refresh token is in the file")
    },
    ProviderCheck("a live access token is used again") { home in
      try await home.service.authorize("P1")
      for _ in 1...3 { try await expectOutcome(.answer, requests: 1, of: "P1", home) }
      try expect(home.tokenRequestCount, is: 1, "token requests")
    },
    ProviderCheck("an access token whose time is over is renewed") { home in
      try await expectOutcome(.answer, requests: 1, of: "P1", home)
      home.advance(by: .seconds(9 * 3600))
      try await expectOutcome(.answer, requests: 1, of: "P1", home)
      try expect(home.tokenRequestCount, is: 2, "token requests")
      try expect(try home.hasCurrentToken("P1"), is: true, "the current refresh token is in the file")
    },
    ProviderCheck("several requests at once share one token request") { home in
      let outcomes = await withTaskGroup(of: Outcome.self) { group in
        for _ in 1...8 { group.addTask { Outcome(await home.ask("P1").outcome) } }
        return await group.reduce(into: []) { $0.append($1) }
      }
      try expect(outcomes, is: Array(repeating: .answer, count: 8))
      try expect(home.tokenRequestCount, is: 1, "token requests")
    },
    ProviderCheck("a 401 renews the token once and repeats the request once") { home in
      home.answer(with: [.expiredToken, .data])
      try await expectOutcome(.answer, requests: 2, of: "P1", home)
      try expect(home.tokenRequestCount, is: 2, "token requests")
      try expect(try home.hasCurrentToken("P1"), is: true, "the current refresh token is in the file")
    },
    ProviderCheck("a 401 to a token that was just renewed is a refusal, not a loop") { home in
      home.answer(with: [.expiredToken])
      try await expectOutcome(.refused(.serverError), requests: 2, of: "P1", home)
      try expect(home.dataRequestCount, is: 2, "data requests")
    },
    ProviderCheck("a refused refresh token needs consent, and no data is requested") { home in
      home.answerTokenRequests(with: .refuses)
      try await expectOutcome(.refused(.needsConsent), requests: 0, of: "P1", home)
      try await expectFailure("authorize", { try await home.service.authorize("P1") }) { ($0 as? ProcessorError)?.failure.cause == .needsConsent }
      try expect(home.dataRequestCount, is: 0, "data requests")
    },
    ProviderCheck("a lost response to a token request leaves the participant in doubt, and no data is requested") { home in
      home.answerTokenRequests(with: .loses)
      try await expectOutcome(.refused(.tokenInDoubt), requests: 0, of: "P1", home)
      try expect(home.dataRequestCount, is: 0, "data requests")
      home.answerTokenRequests(with: .grants)
      try await expectOutcome(.answer, requests: 1, of: "P2", home)
    },
  ]

  // MARK: Answers

  private static let answers = [
    (ProviderAnswer.missingScope, Cause.scope), (.notFound, .notFound), (.serverError, .serverError), (.truncated, .truncated),
  ].map { answer, cause in
    ProviderCheck("\(answer) is refused as \(cause.rawValue), once, and the next request is sent") { home in
      home.answer(with: [answer, .data])
      try await expectOutcome(.refused(cause), requests: 1, of: "P1", home)
      try await expectOutcome(.answer, requests: 1, of: "P1", home)
      try expect(home.dataRequestCount, is: 2, "data requests")
    }
  } + [
    ProviderCheck("a scope that was refused is not granted to this participant, and is to the other") { home in
      try expect(home.service.isGranted("sleep", for: "P1"), is: true, "before")
      home.service.refuse("sleep", for: "P1")
      try expect(home.service.isGranted("sleep", for: "P1"), is: false, "P1")
      try expect(home.service.isGranted("sleep", for: "P2"), is: true, "P2")
    },
    ProviderCheck("a link to another host is refused: a signed request would show it the token") { home in
      try await expectFailure("path", { _ = try home.service.path(ofLink: "https://elsewhere.example/next") }) {
        ($0 as? ProcessorError)?.failure.cause == .badData
      }
    },
  ]

  // MARK: Limits

  private static let limits = [
    ProviderCheck("a participant who must wait causes no request until the time is over, and the other is served") { home in
      home.answer(with: [.limitedFor30Seconds, .data])
      try await expectOutcome(.wait, requests: 1, of: "P1", home)
      try expect(home.service.wait(of: "P1").map { $0 > .zero && $0 <= .seconds(30) }, is: true, "at most 30 s")
      try await expectOutcome(.wait, requests: 0, of: "P1", home)
      try expect(home.service.wait(of: "P2"), is: nil, "P2")
      try await expectOutcome(.answer, requests: 1, of: "P2", home)
      home.advance(by: .seconds(31))
      try expect(home.service.wait(of: "P1"), is: nil, "P1 afterwards")
      try await expectOutcome(.answer, requests: 1, of: "P1", home)
      try expect(home.dataRequestCount, is: 3, "data requests")
    },
    ProviderCheck("a limit that names no time is waited for all the same") { home in
      home.answer(with: [.limited, .data])
      try await expectOutcome(.wait, requests: 1, of: "P1", home)
      try expect(home.service.wait(of: "P1").map { $0 > .zero }, is: true)
      try await expectOutcome(.wait, requests: 0, of: "P1", home)
      try expect(home.dataRequestCount, is: 1, "data requests")
    },
  ]

  // MARK: Secrecy

  private static let secrecy = [
    ProviderCheck("every token is known as a secret, and none is in a reply") { home in
      home.answer(with: ProviderAnswer.allCases)
      var replies = ""
      for _ in ProviderAnswer.allCases {
        let reply = await home.ask("P1")
        if case .answer = reply.outcome {} else { replies += "\(reply)" }
        home.advance(by: .seconds(3600))
      }
      let secrets = home.service.secrets(of: "P1")
      try expect(secrets.count > home.tokenRequestCount, is: true, "secrets: \(secrets.count)")
      try expect(secrets.contains { !$0.isEmpty && replies.contains($0) }, is: false, "a secret in a reply")
    }
  ]

  // MARK: Outcomes

  private enum Outcome: Sendable, Equatable {
    case answer, wait, refused(Cause), stop(Cause), interrupted

    init(_ outcome: ProviderReply.Outcome) {
      switch outcome {
      case .answer: self = .answer
      case .wait: self = .wait
      case .refused(let refusal): self = .refused(refusal.failure.cause)
      case .stop(let stop): self = .stop(stop.cause)
      case .interrupted: self = .interrupted
      }
    }
  }

  private static func expectOutcome(
    _ expected: Outcome, requests: Int, of participant: String, _ home: any ProviderHome, file: StaticString = #fileID, line: UInt = #line
  ) async throws {
    let reply = await home.ask(participant)
    try expect(Outcome(reply.outcome), is: expected, "outcome", file: file, line: line)
    try expect(reply.requestCount, is: requests, "requests of the reply", file: file, line: line)
  }
}

extension ProviderHome {
  /// The path that data requests go to.
  package static var dataPath: String { "/data.json" }

  fileprivate func ask(_ participant: String) async -> ProviderReply {
    await service.ask(HTTPRequest(url: ""), path: Self.dataPath, for: participant)
  }
}
