import ArgumentParser
import FlowCore
import FlowRuntime
import StudyModel
import StudyParticipants

/// Forgets the refusals of participants' refresh tokens, so that the next run asks with them once more.
struct TokenRetry {
  let patterns: [String]

  private struct Change: Encodable {
    enum Result: String, Encodable {
      case retried, notRefused = "not_refused", noToken = "no_token", held, unreadable
    }
    var participant: String
    var result: Result
  }

  func run(flow: String, options: FlowOptions, format: FormatOption.Format, terminal: Terminal) async throws {
    try await CommandFailure.exiting(terminal) {
      let batch = try ParticipantBatch.open(flow, options, terminal)
      try await batch.store.checkKey()
      let names = try await batch.store.list().map(\.name)
      let selection = ParticipantSelection(patterns: patterns)
      try selection.check(among: names, option: "participant", place: batch.store.path)
      var changes: [Change] = []
      for name in names where selection.includes(name) { changes.append(try await retry(name, batch, terminal)) }
      if format == .json { terminal.print(try JSONOutput.text(changes)) } else { changes.forEach { show($0, batch, terminal) } }
      if changes.contains(where: { $0.result == .held }) { throw ExitCode.retryableLeft }
      if changes.contains(where: { $0.result == .noToken || $0.result == .unreadable }) { throw ExitCode.needsPerson }
    }
  }

  private func retry(_ name: String, _ batch: ParticipantBatch, _ terminal: Terminal) async throws -> Change {
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
      terminal.complain(error.description)
      return Change(participant: name, result: .unreadable)
    }
  }

  private func show(_ change: Change, _ batch: ParticipantBatch, _ terminal: Terminal) {
    let asker = batch.provider.settings.asker
    let words =
      switch change.result {
      case .retried: "the next run asks with its refresh token once more, at \(asker.endpoint) for client \(asker.client)"
      case .notRefused: "as before: its refresh token was not refused at \(asker.endpoint) for client \(asker.client)"
      case .noToken: "there is no refresh token to ask with: flowrun authorize"
      case .held: "held by another run, left as it is; repeat it when that run has ended"
      case .unreadable: "its file cannot be read"
      }
    terminal.print("\(change.participant): \(words)")
  }
}
