import ArgumentParser
import FlowCore
import FlowErrors
import FlowRuntime
import StudyModel
import StudyParticipants

/// Withdraws participants: the file says so first, durably, so that no run collects them again; then their data go, where that is asked.
struct Withdrawal {
  let batch: ParticipantBatch
  /// The error folder.
  let errors: String
  let erasesData: Bool
  let terminal: Terminal

  private struct Report: Encodable {
    var participant: String
    var data: String
    var rows: [String: Int]?
    var slices: Int?
    var errors: Int?
  }

  func run(_ participants: [String], _ format: FormatOption.Format) async throws {
    let problems = try await batch.unknown(participants)
    for problem in problems { terminal.complain(problem.description) }
    if !problems.isEmpty { throw ExitCode.usage }
    var reports: [Report] = []
    var heldCount = 0
    for participant in participants {
      if let report = try await withdraw(participant) {
        reports.append(report)
        if format == .text { terminal.print(words(report)) }
      } else {
        heldCount += 1
        terminal.complain("held by another run, left as it is: \(participant); repeat it when that run has ended")
      }
    }
    if format == .json { terminal.print(try JSONOutput.text(reports)) }
    if !reports.isEmpty {
      terminal.note("nothing was revoked at the provider, and the tokens stay in the participant's file until you delete it")
    }
    if heldCount > 0 { throw ExitCode.retryableLeft }
  }

  /// nil: another run holds the participant.
  private func withdraw(_ participant: String) async throws -> Report? {
    guard try await batch.store.reserve(participant) else { return nil }
    do {
      let erasesData = erasesData
      _ = try await batch.store.change(participant) { file in
        file.collection = .withdrawn
        if erasesData { file.sync = SyncRecord() }
      }
      let report = erasesData ? try await erase(participant) : Report(participant: participant, data: "kept")
      try await batch.store.letGo(participant)
      return report
    } catch {
      try await batch.store.letGo(participant)
      throw error
    }
  }

  private func erase(_ participant: String) async throws -> Report {
    var report = Report(participant: participant, data: "erased", rows: [:], slices: 0, errors: 0)
    let folder = ErrorFolder(folder: errors, fileSystem: batch.environment.fileSystem, lane: batch.environment.lane("error folder"))
    let listing = try await folder.entries(flow: batch.graph.name)
    for damaged in listing.damaged { terminal.complain("warning: \(damaged); look whether it is \(participant)'s") }
    let own = try await EntryOwnership.read(batch.graph, batch.environment).owned(listing.entries)
    for entry in own where entry.participant == participant {
      try await folder.remove(entry)
      report.errors = (report.errors ?? 0) + 1
    }
    if try await batch.store.removeDamagedCopy(of: participant) {
      terminal.note("removed what a run had kept of \(participant)'s damaged file")
    }
    for store in batch.services.stores {
      // One that no run has made yet has nothing of anybody.
      if let path = store.localPath, try batch.environment.fileSystem.status(path) == nil { continue }
      let erasure = try await store.opened { try await $0.erase(participant: participant) }
      report.slices = (report.slices ?? 0) + erasure.slices
      report.rows?.merge(erasure.rows) { $0 + $1 }
    }
    return report
  }

  private func words(_ report: Report) -> String {
    guard let rows = report.rows else { return "\(report.participant): withdrawn, data kept" }
    let tables = rows.sorted { $0.key < $1.key }.map { "\($0.value) rows of \($0.key)" }
    let parts = tables + ["\(report.slices ?? 0) slices of the ledger", "\(report.errors ?? 0) error entries"]
    return "\(report.participant): withdrawn, erased: \(parts.joined(separator: ", "))"
  }
}
