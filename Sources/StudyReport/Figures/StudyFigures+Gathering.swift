import FlowCore
import FlowDefinition
import FlowRuntime
import StudyModel
import StudyParticipants
import StudyProcessors

/// What figures to gather, and from where.
package struct FiguresRequest: Sendable {
  package var graph: FlowGraph
  /// Paths of the error folder and of the state folder.
  package var errors: String
  package var state: String
  /// For commands that the figures suggest.
  package var hint: CommandHint
  package var selection = ParticipantSelection.all
  /// Days in each participant's zone; all by default.
  package var view = CoverageView()
  /// Minutes of heart rate that make a day valid.
  package var validMinutes = StudyFigures.validMinutes
  /// At most this many runs are listed, the newest.
  package var runLimit = 200
  /// What the participant files said before, for a process that gathers again and again.
  package var known: KnownStatuses?

  package init(graph: FlowGraph, errors: String, state: String, hint: CommandHint) {
    self.graph = graph
    self.errors = errors
    self.state = state
    self.hint = hint
  }
}

extension StudyFigures {
  package static let validMinutes = 600

  /// Reads participant files, database, error folder and run history, makes no request and writes nothing. Ledger and rows of one participant at a
  /// time are in memory. Throws a `Diagnostic` if the flow collects nothing by slices or a pattern matches nobody, and `StopRun` if something
  /// cannot be read.
  /// - Parameter also: given each participant's evaluation, in order of their names.
  package static func gather(
    _ request: FiguresRequest, on machine: Machine, also: (CoverageEvaluation) -> Void = { _ in }
  ) async throws -> StudyFigures {
    let types = try CoveredDataType.all(of: request.graph)
    var collected = Collected(types, request, now: machine.time.now)
    let survey = CoverageSurvey(
      graph: request.graph, errors: request.errors, selection: request.selection, view: request.view, hint: request.hint, knowing: request.known, on: machine)
    let frame = try await survey.evaluate { evaluation, until in
      collected.add(evaluation, until: until)
      also(evaluation)
    }
    let history = try await RunHistoryFigures.read(request, isSimulated: frame.isSimulated, on: machine)
    let names = types.map(\.name)
    return StudyFigures(
      flow: request.graph.name, databases: request.graph.services.compactMap { $0.values.optional(DatabaseDeclaration.path) },
      isSimulated: frame.isSimulated, madeAt: collected.now, until: frame.until, from: request.view.from, before: request.view.until,
      verdict: CoverageReport.verdict(collected.headers),
      standings: CoverageVerdict.Standing.allCases.map { standing in (standing, collected.participants.count { $0.verdict.standing == standing }) },
      dataTypes: collected.missing.dataTypes, participants: collected.participants, troubles: collected.sortedTroubles,
      hasHeartRate: types.contains(where: \.isHeartRate), validMinutes: request.validMinutes, missing: collected.missing.missing,
      delays: collected.delays.figures(names), revisions: history.revisions, vanished: collected.vanished.figures(names), runs: history.runs,
      hasMoreRuns: history.hasMore)
  }

  /// What has been gathered of the participants so far.
  private struct Collected {
    let now: Instant
    var participants: [ParticipantFigures] = []
    /// For the verdict: participants without data types.
    var headers: [CoverageReport.Participant] = []
    var troubles: [StudyTrouble] = []
    var missing: MissingTally
    var delays = DelayTally()
    var vanished = VanishedTally()
    private let basis: DayBasis
    private let request: FiguresRequest

    init(_ types: [CoveredDataType], _ request: FiguresRequest, now: Instant) {
      self.now = now
      self.request = request
      missing = MissingTally(types)
      basis = DayBasis(types)
    }

    mutating func add(_ evaluation: CoverageEvaluation, until: Instant) {
      let subject = evaluation.subject
      let days = ParticipantDays(evaluation.coverages, zone: subject.zone, basis: basis)
      let window = request.view.range(in: subject.zone, knownUntil: until)
      participants.append(
        ParticipantFigures(
          participant: evaluation.participant, enrolled: evaluation.enrolled, latestSync: subject.latestSync, zone: subject.status.zone,
          verdict: evaluation.verdict, invitation: subject.status.invitation.map(ReportWords.invitation), days: days,
          weeks: StudyWeek.weeks(days, enrolled: evaluation.enrolled.map { subject.zone.date(at: $0.seconds) }, validMinutes: request.validMinutes)))
      headers.append(CoverageReport.Participant(participant: evaluation.participant, verdict: evaluation.verdict))
      // As the standing, which is today's: whoever needs a person does, whatever days are looked at.
      if let trouble = StudyTrouble(evaluation, until: until, now: now) { troubles.append(trouble) }
      missing.add(evaluation.coverages)
      delays.add(subject.records.ledger, within: window)
      vanished.add(subject.records.ledger, within: window)
    }

    /// By kind, longest first.
    var sortedTroubles: [StudyTrouble] {
      let rank = Dictionary(uniqueKeysWithValues: StudyTrouble.Kind.allCases.enumerated().map { ($1, $0) })
      return troubles.sorted { left, right in
        (rank[left.kind] ?? 0, -(left.days ?? 0), left.participant) < (rank[right.kind] ?? 0, -(right.days ?? 0), right.participant)
      }
    }
  }
}

extension StudyWeek {
  /// The weeks from enrolment on; those before the first day shown count nothing.
  static func weeks(_ days: ParticipantDays, enrolled: CivilDate?, validMinutes: Int) -> [StudyWeek] {
    guard let enrolled else { return [] }
    var weeks: [StudyWeek] = []
    for (offset, cell) in days.cells.enumerated() where cell.heartMinutes >= 0 {
      let index = Int(days.first + Int64(offset) - enrolled.daysSince1970).flooredDivision(by: 7)
      guard index >= 0 else { continue }
      while weeks.count <= index { weeks.append(StudyWeek(number: weeks.count + 1)) }
      weeks[index].possible += 1
      if Int(cell.heartMinutes) >= validMinutes { weeks[index].valid += 1 }
    }
    return weeks
  }
}
