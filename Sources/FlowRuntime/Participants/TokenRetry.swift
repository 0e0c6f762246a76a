import FlowCore
import StudyModel
import StudyParticipants

/// Clears the refusals of refresh tokens, so that the next run tries them once more. Makes no request itself.
package struct TokenRetry: Sendable {
  package struct Change: Encodable, Sendable, Equatable {
    package enum Result: String, Encodable, Sendable {
      case retried, notRefused = "not_refused", noToken = "no_token", held, unreadable
    }
    package var participant: String
    package var result: Result
    /// Why the file cannot be read; nil if it can.
    package var problem: String?

    package enum CodingKeys: CodingKey { case participant, result }
  }

  package struct Report: Sendable, Equatable {
    /// The client whose refusals were cleared.
    package var asker: TokenAsker
    package var changes: [Change]

    package var status: ExitStatus {
      let results = Set(changes.map(\.result))
      if results.contains(.held) { return .retryableLeft }
      return results.isDisjoint(with: [.noToken, .unreadable]) ? .success : .needsPerson
    }
  }

  private let batch: ParticipantBatch

  package init(_ batch: ParticipantBatch) { self.batch = batch }

  /// Throws `Diagnostics` if the batch is encrypted with another key or a pattern matches no participant; nothing is
  /// changed then.
  package func run(_ patterns: [String]) async throws -> Report {
    try await batch.store.checkKey()
    let names = try await batch.store.list().map(\.name)
    let selection = ParticipantSelection(patterns: patterns)
    try selection.check(among: names, option: "participant", place: batch.path)
    return try await batch.services.whileLeasing {
      var changes: [Change] = []
      for name in names where selection.includes(name) { changes.append(try await retry(name)) }
      return Report(asker: batch.provider.settings.asker, changes: changes)
    }
  }

  private func retry(_ name: String) async throws -> Change {
    do {
      let result: Change.Result =
        switch try await batch.store.retryToken(of: name) {
        case .retried: .retried
        case .notRefused: .notRefused
        case .noToken: .noToken
        case nil: .held
        }
      return Change(participant: name, result: result)
    } catch let error as ProcessorError {
      return Change(participant: name, result: .unreadable, problem: error.description)
    }
  }
}
