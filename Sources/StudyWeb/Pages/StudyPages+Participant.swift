import FlowCore
import FlowDrawing
import FlowErrors
import FlowRuntime
import Hummingbird
import StudyModel
import StudyParticipants
import StudyProcessors
import StudyReport

extension StudyPages {
  private static let listedGaps = 60

  func participant(_ id: String, _ request: PageRequest) async throws -> Response {
    let study = request.study
    guard let file = try await study.basis(ofParticipant: id) else {
      let page = try await turns.turn { try await participantHTML(id, request) }
      return .page(page)
    }
    let entries = try await entryNames(), databases = try await study.databaseIdentities()
    let basis = PageAge.Basis(sharp: ["\(file)"], soft: databases.map { ["\($0)"] + entries })
    return try await keptPage(request, basis) { [self] request in try await participantHTML(id, request) }
  }

  private func participantHTML(_ id: String, _ request: PageRequest) async throws -> String {
    let study = request.study, flow = study.flow
    let status = try await study.participant(id)
    // Figures and coverage come from one look at the participant's rows.
    let evaluated = Locked<CoverageReport.Participant?>(nil)
    let figures = try await study.surveying {
      try await study.figures(ParticipantSelection(patterns: [id]), runLimit: 0) { evaluation in evaluated.withLock { $0 = evaluation.report } }
    }
    let own = figures.participants.first
    let errors = try await ownEntries(study).entries.count { $0.participant == id }
    var values: [String: Any] = [
      "participant": id, "path": PercentEncoding.encode(id), "verdict": own?.verdict.finding ?? "", "next": own?.verdict.next ?? "", "facts": Self.facts(status, own, figures),
      "has_errors": errors > 0, "errors": PageWords.count(errors, "error", "errors"), "errors_href": request.link(["errors"], [("participant", id)]),
      "has_dygraphs": hasDygraphs, "states": CoverageState.allCases.map(\.words),
    ]
    if request.studies.count > 1 { values["flow_field"] = flow.name }
    if let map = StudyHeatMap.drawings(figures).first {
      values["map"] = map.svg.text
      values["legend"] = Self.legend(figures)
    }
    values.merge(Self.coverage(evaluated.withLock { $0 }, flow)) { $1 }
    values.merge(try await ParticipantSeries(id, request).values()) { $1 }
    values["charts"] = try await DailyCharts(id, request).values()
    return html(.participant, title: id, section: "/participants", request, values)
  }

  private static func facts(_ status: ParticipantStatus, _ own: ParticipantFigures?, _ figures: StudyFigures) -> [[String: Any]] {
    var facts: [(name: String, value: String)] = [
      ("Enrolled", PageWords.time(status.enrolled ?? own?.enrolled)), ("Latest sync", PageWords.time(own?.latestSync ?? status.sync.latest)), ("Zone", status.zone ?? "-"),
      ("Consent", status.tokenState.map { PageWords.words($0.rawValue) } ?? "-"), ("Collection", status.collection.map { PageWords.words($0.rawValue) } ?? "-"),
      ("Valid days", figures.hasHeartRate ? own.map { "\($0.validDays) of \($0.possibleDays)" } ?? "-" : "-"),
    ]
    if let invitation = status.invitation { facts.append(("Invitation to consent", words(invitation))) }
    if let problem = status.problem { facts.append(("Problem", problem)) }
    return facts.map { ["name": $0.name, "value": $0.value] }
  }

  private static func coverage(_ participant: CoverageReport.Participant?, _ flow: ServedFlow) -> [String: Any] {
    guard let participant else { return [:] }
    let gaps = participant.dataTypes.flatMap { type in (type.gaps ?? []).filter(\.isProblem).map { (type, $0) } }
    var values: [String: Any] = [
      "types": participant.dataTypes.map { type in
        [
          "name": type.dataType, "counts": CoverageState.allCases.map { PageWords.number(type.counts[$0]) }, "unit": PageWords.units(type.counts.unit, 2),
        ] as [String: Any]
      },
      "has_gaps": !gaps.isEmpty,
      "gaps": gaps.prefix(listedGaps).map { type, gap in
        [
          "data_type": type.dataType, "from": PageWords.time(gap.from), "until": PageWords.time(gap.until), "state": PageWords.words(gap.state),
          "count": "\(PageWords.number(gap.count)) \(PageWords.units(type.counts.unit, gap.count))", "why": gap.why, "next": gap.next,
        ]
      },
    ]
    if gaps.count > listedGaps {
      values["more_gaps"] = PageWords.number(gaps.count - listedGaps)
      values["command"] = flow.hint.command("coverage", flow.file, "--participant", participant.participant, "--problems")
    }
    return values
  }
}
