import ArgumentParser
import FlowCore
import FlowRuntime
import StudyModel
import StudyParticipants

/// Pauses or resumes participants.
struct CollectionChange {
  let target: ParticipantFile.Collection
  let revivesWithdrawn: Bool

  private struct Change: Encodable {
    var participant: String
    var before: String
    var state: String
  }

  func run(
    flow: String, participants: [String], options: FlowOptions, format: FormatOption.Format, terminal: Terminal
  ) async throws {
    try await CommandFailure.exiting(terminal) {
      let batch = try ParticipantBatch.open(flow, options, terminal)
      let problems = try await batch.unknown(participants) + withdrawn(participants, batch)
      for problem in problems { terminal.complain(problem.description) }
      if !problems.isEmpty { throw ExitCode.usage }
      var changes: [Change] = []
      var heldCount = 0
      for participant in participants {
        let target = target, revivesWithdrawn = revivesWithdrawn
        let result = try await batch.store.change(participant) { file in
          let before = file.collection
          // Withdrawn a moment ago: left so.
          if before != .withdrawn || revivesWithdrawn { file.collection = target }
          return Change(participant: participant, before: before.rawValue, state: file.collection.rawValue)
        }
        switch result {
        case .done(let change): changes.append(change)
        case .heldByAnotherRun:
          heldCount += 1
          terminal.complain("held by another run, left as it is: \(participant); repeat it when that run has ended")
        }
      }
      if format == .json {
        terminal.print(try JSONOutput.text(changes))
      } else {
        for change in changes {
          terminal.print("\(change.participant): \(change.state)\(change.before == change.state ? ", as before" : ", was \(change.before)")")
        }
      }
      if heldCount > 0 { throw ExitCode.retryableLeft }
    }
  }

  private func withdrawn(_ participants: [String], _ batch: ParticipantBatch) async throws -> [Diagnostic] {
    guard !revivesWithdrawn else { return [] }
    let withdrawn = Set(try await batch.store.standings().filter { $0.collection == .withdrawn }.map(\.participant))
    return participants.filter(withdrawn.contains).map { participant in
      Diagnostic(
        .withdrawnParticipant, subject: "participant '\(participant)'", found: "it is withdrawn", expected: "a participant that is active or paused",
        hint: "where the participant has consented again: flowrun participants resume --withdrawn")
    }
  }
}
