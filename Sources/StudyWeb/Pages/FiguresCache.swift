import FlowCore
import FlowDrawing
import FlowRuntime
import StudyModel
import StudyParticipants
import StudyReport

/// The figures of each flow's study, gathered once for many readers.
///
/// They are gathered again when a run has begun or ended. When the database or a participant's file has changed, which happens all the time while a
/// run is under way, they are gathered again after ten times as long as that takes: readers of the page cost the run little. May be used from any
/// task.
final class FiguresCache: Sendable {
  /// What a page shows of a study.
  struct Study: Sendable {
    var figures: StudyFigures
    /// Drawings as text, each with a label.
    var maps: [(label: String, svg: String)]
    /// Participants who were invited to consent.
    var invited: [ParticipantStatus]
  }

  /// What the figures depend on.
  private struct Basis: Equatable {
    var run: RunSummary?
    var files: [String]
    var databases: [Instant?]
  }

  private struct Kept {
    var study: Study
    var basis: Basis
    /// When they were gathered, on the running clock.
    var at: Duration
    /// How long that took.
    var cost: Duration
  }

  private struct State {
    var kept: [String: Kept] = [:]
    var gathering: [String: Task<Study, any Error>] = [:]
  }

  /// For so long at least, changes are not looked at unless a run has begun or ended.
  private static let rest = Duration.seconds(5)
  /// What the basis does not show, such as a discarded error entry, is seen after this time.
  private static let lifetime = Duration.seconds(60)

  private let machine: Machine
  private let lane: any Lane
  private let state = Locked(State())

  init(on machine: Machine) {
    self.machine = machine
    lane = machine.lane("pages")
  }

  /// Throws as `StudyFigures.gather` does.
  func study(_ access: StudyAccess) async throws -> Study {
    let basis = try await basis(access), name = access.flow.name, now = machine.time.monotonic
    if let kept = state.withLock({ $0.kept[name] }), kept.basis.run == basis.run {
      let age = now - kept.at
      if age < max(Self.rest, kept.cost * 10) || (age < Self.lifetime && kept.basis == basis) { return kept.study }
    }
    let task = state.withLock { state in
      if let task = state.gathering[name] { return task }
      let task = Task { try await self.gather(access) }
      state.gathering[name] = task
      return task
    }
    let result = await task.result
    state.withLock { state in
      guard state.gathering[name] == task else { return }
      state.gathering[name] = nil
      if case .success(let study) = result { state.kept[name] = Kept(study: study, basis: basis, at: now, cost: machine.time.monotonic - now) }
    }
    return try result.get()
  }

  private func gather(_ access: StudyAccess) async throws -> Study {
    let flow = access.flow
    let figures = try await StudyFigures.gather(FiguresRequest(graph: flow.graph, errors: flow.errors, state: flow.state, hint: flow.hint), on: machine)
    let maps = StudyHeatMap.drawings(figures) { PageRequest.link(["participants", $0], [("flow", flow.name)], flow: nil) }
    let invited = try await access.participants().filter { $0.invitation != nil }
    return Study(figures: figures, maps: maps.map { ($0.title, $0.svg.text) }, invited: invited)
  }

  private func basis(_ access: StudyAccess) async throws -> Basis {
    let runs: [RunSummary]
    do {
      runs = try await access.history.runs(limit: 1)
    } catch let problems as Diagnostics where problems.isUsage {
      runs = []
    }
    let folder = try ParticipantBatch(access.flow.graph, on: machine).path, fileSystem = machine.fileSystem
    let databases = access.flow.graph.services.compactMap { $0.values.optional(DatabaseDeclaration.path) }.filter { !$0.contains("://") }
    return try await lane.run {
      let names = try fileSystem.status(folder)?.isFolder == true ? fileSystem.names(in: folder).filter { !$0.hasPrefix(".") } : []
      let files = try names.map { "\($0) \(try fileSystem.modificationTime("\(folder)/\($0)")?.milliseconds ?? 0)" }
      return Basis(run: runs.first, files: files, databases: try databases.flatMap { [try fileSystem.modificationTime($0), try fileSystem.modificationTime($0 + "-wal")] })
    }
  }
}
