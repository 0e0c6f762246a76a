import FlowCore
import FlowTesting
import StudyModel
import StudyTesting
import Testing

/// The batch and servers of a `StrictProvider`.
private final class StrictHome: ProviderHome {
  private struct Script {
    var answers: [ProviderAnswer] = [.data]
    var used = 0
  }
  private let script = Locked(Script())
  private let time = ManualTime()
  private let provider: Locked<StrictProvider?> = Locked(nil)

  var strict: StrictProvider {
    provider.withLock { provider in
      if let provider { return provider }
      let made = StrictProvider(["P1": .init(), "P2": .init()], time: time, limit: .seconds(30)) { [script] _, _, _ in
        try Self.response(to: script.withLock { script in
          defer { script.used += 1 }
          return script.answers[min(script.used, script.answers.count - 1)]
        })
      }
      provider = made
      return made
    }
  }

  private static func response(to answer: ProviderAnswer) throws -> HTTPResponse {
    switch answer {
    case .data: .json("{}")
    case .expiredToken: HTTPResponse(status: 401, headers: [:], body: [])
    case .limited, .limitedFor30Seconds: HTTPResponse(status: 429, headers: [:], body: [])
    case .missingScope: HTTPResponse(status: 403, headers: [:], body: [])
    case .notFound: HTTPResponse(status: 404, headers: [:], body: [])
    case .serverError: HTTPResponse(status: 500, headers: [:], body: [])
    case .truncated: throw TransportError(.truncated, "cut off")
    }
  }

  var service: any ProviderService { strict }
  func answer(with answers: [ProviderAnswer]) { script.withLock { $0 = Script(answers: answers) } }
  func answerTokenRequests(with answer: TokenEndpointAnswer) {
    for name in ["P1", "P2"] {
      strict.edit(name) { person in
        if case .refuses = answer { person.isRevoked = true } else { person.isRevoked = false }
        if case .loses = answer { person.losesNextRefresh = true } else { person.losesNextRefresh = false }
      }
    }
  }
  var dataRequestCount: Int { strict.asked.count }
  var tokenRequestCount: Int { strict.state.withLock { $0.refreshCount } }
  func hasCurrentToken(_ participant: String) throws -> Bool { strict.hasCurrentToken(participant) }
  func advance(by duration: Duration) { time.advance(by: duration) }
}

@Suite("The provider that processors are tested with")
struct StrictProviderTests {
  @Test("it meets every requirement of a provider", arguments: ProviderConformance.checks)
  func conforms(_ check: ProviderCheck) async throws { try await check.run(on: StrictHome()) }
}
