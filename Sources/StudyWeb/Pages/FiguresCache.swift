import FlowCore
import FlowDrawing
import FlowRuntime
import StudyModel
import StudyParticipants
import StudyReport

/// The figures of each flow's study, gathered once for many readers.
///
/// They are gathered again when a run has begun or ended. When the database or a participant's file has changed, which happens all the time while a
/// run is under way, they are gathered again after twenty times as long as that takes: readers of the page cost the run little. Where gathering takes
/// longer than a reader waits, readers have the earlier figures, whose time the page shows, until the new ones are there. May be used from any task.
final class FiguresCache: Sendable {
  /// What a page shows of a study.
  struct Study: Sendable {
    /// Differs from that of all others.
    var number: Int
    var figures: StudyFigures
    /// Drawings as text, each with a label.
    var maps: [(label: String, svg: String)]
    /// Participants who were invited to consent.
    var invited: [ParticipantStatus]
  }

  private struct Kept {
    var study: Study
    var age: FiguresAge
  }

  private struct State {
    var kept: [String: Kept] = [:]
    var gathering: [String: Task<Study, any Error>] = [:]
    var count = 0
  }

  private let machine: Machine
  private let lane: any Lane
  private let state = Locked(State())

  init(on machine: Machine) {
    self.machine = machine
    lane = machine.lane("pages")
  }

  /// Throws as `StudyFigures.gather` does; then nothing is kept, so that the next reader has figures or the reason.
  /// - Parameter underWay: the flow's runs.
  func study(_ access: StudyAccess, underWay: [String]) async throws -> Study {
    let name = access.flow.name, kept = state.withLock { $0.kept[name] }
    let run = try await access.latestRun(underWay: underWay)
    if let kept, kept.age.isResting(run, now: machine.time.monotonic) { return kept.study }
    let basis = try await basis(access, run)
    let use = kept?.age.use(basis, now: machine.time.monotonic) ?? .wait
    if let kept, use == .keep { return kept.study }
    let task = state.withLock { state in
      if let task = state.gathering[name] { return task }
      let task = Task { try await self.gather(access, basis) }
      state.gathering[name] = task
      return task
    }
    if let kept, use == .keepMeanwhile { return kept.study }
    return try await task.value
  }

  private func gather(_ access: StudyAccess, _ basis: FiguresAge.Basis) async throws -> Study {
    let name = access.flow.name, begin = machine.time.monotonic
    do {
      let study = try await gather(access)
      let age = FiguresAge(basis: basis, at: begin, cost: machine.time.monotonic - begin)
      state.withLock { state in
        state.gathering[name] = nil
        state.kept[name] = Kept(study: study, age: age)
      }
      return study
    } catch {
      state.withLock { state in
        state.gathering[name] = nil
        state.kept[name] = nil
      }
      throw error
    }
  }

  private func gather(_ access: StudyAccess) async throws -> Study {
    let figures = try await access.figures()
    let maps = StudyHeatMap.drawings(figures) { PageRequest.link(["participants", $0], [("flow", access.flow.name)], flow: nil) }
    let invited = try await access.participants().filter { $0.invitation != nil }
    let number = state.withLock { state in
      state.count += 1
      return state.count
    }
    return Study(number: number, figures: figures, maps: maps.map { ($0.title, $0.svg.text) }, invited: invited)
  }

  private func basis(_ access: StudyAccess, _ run: RunSummary?) async throws -> FiguresAge.Basis {
    let folder = try access.batchFolder, fileSystem = machine.fileSystem
    let databases = access.flow.graph.services.compactMap { $0.values.optional(DatabaseDeclaration.path) }.filter { !$0.contains("://") }
    return try await lane.run {
      let names = try fileSystem.status(folder)?.isFolder == true ? fileSystem.names(in: folder).filter { !$0.hasPrefix(".") } : []
      let files = try names.map { "\($0) \(try fileSystem.modificationTime("\(folder)/\($0)")?.milliseconds ?? 0)" }
      return FiguresAge.Basis(run: run, files: files, databases: try databases.flatMap { [try fileSystem.modificationTime($0), try fileSystem.modificationTime($0 + "-wal")] })
    }
  }
}
