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
  func study(_ request: PageRequest) async throws -> Response {
    let active = await desk.active().filter { $0.flow == request.study.flow.name }
    let shown: FiguresCache.Study
    do {
      shown = try await figures.study(request.study, underWay: active.map(\.run))
    } catch let problem as Diagnostic {
      return unavailable(WebProblem.text(of: problem), request)
    } catch let problems as Diagnostics {
      return unavailable(problems.all.map { WebProblem.text(of: $0) }.joined(separator: "\n"), request)
    } catch let stop as StopRun {
      return unavailable(stop.message, request)
    }
    let entries = try await entryNames(), today = machine.time.now.dateUTC.text
    let basis = PageAge.Basis(
      sharp: ["\(shown.number)", today] + active.map(\.run),
      soft: active.map { "\($0.participants.done) \($0.participants.total) \($0.flowfiles.inErrors)" } + entries)
    return try await keptPage(request, basis) { [self] request in try await html(of: shown, active, today, request) }
  }

  private func html(of shown: FiguresCache.Study, _ active: [LiveUpdate], _ today: String, _ request: PageRequest) async throws -> String {
    let figures = shown.figures, own = try await ownEntries(request.study), entries = own.entries.count + own.damaged.count
    var values: [String: Any] = [
      "verdict": figures.verdict, "figures": cards(figures, errors: entries, active: active.count), "has_errors": entries > 0,
      "errors": PageWords.count(entries, "entry", "entries"), "made": PageWords.time(figures.madeAt), "until": PageWords.time(figures.until),
      "import_command": request.study.flow.hint.command("participants", "import", request.study.flow.file, "people.csv"),
      "valid_rule": figures.hasHeartRate
        ? "A day is valid with \(figures.validMinutes) minutes of heart rate or more." : "This flow collects no heart rate, by which days would be valid.",
    ]
    values.merge(troubles(figures, request)) { $1 }
    values.merge(map(figures, shown.maps)) { $1 }
    values.merge(runsToday(figures, active, today, request)) { $1 }
    values.merge(participants(figures, request)) { $1 }
    values.merge(missing(figures)) { $1 }
    values.merge(invitations(shown.invited, request)) { $1 }
    return html(.study, title: "Study", section: "/", request, values)
  }

  /// The page while nothing can be counted, as before the first run.
  private func unavailable(_ reason: String, _ request: PageRequest) -> Response {
    page(.study, title: "Study", section: "/", request, [
      "unavailable": ["reason": reason, "command": request.study.flow.hint.command(request.study.flow.file)] as [String: Any],
    ])
  }

  private func cards(_ figures: StudyFigures, errors: Int, active: Int) -> [[String: Any]] {
    var cards: [[String: Any]] = [["value": PageWords.number(figures.participants.count), "name": figures.participants.count == 1 ? "participant" : "participants"]]
    // They add up to the participants, as in the verdict; whoever has to be reminded besides is listed below.
    for (standing, count) in figures.standings where count > 0 || standing == .complete || standing == .needsPerson {
      var card: [String: Any] = ["value": PageWords.number(count), "name": standing.words(count)]
      if count > 0 { card["accent"] = PageWords.standing(standing).kind }
      cards.append(card)
    }
    if figures.hasHeartRate {
      let valid = figures.participants.reduce(0) { $0 + $1.validDays }, possible = figures.participants.reduce(0) { $0 + $1.possibleDays }
      cards.append(["value": "\(PageWords.number(valid)) of \(PageWords.number(possible))", "name": "days valid"])
    }
    var entries: [String: Any] = ["value": PageWords.number(errors), "name": errors == 1 ? "error" : "errors"]
    if errors > 0 { entries["accent"] = "bad" }
    cards.append(entries)
    if active > 0 { cards.append(["value": "\(active)", "name": active == 1 ? "run under way" : "runs under way", "accent": "wait"]) }
    return cards
  }

  private func troubles(_ figures: StudyFigures, _ request: PageRequest) -> [String: Any] {
    [
      "has_troubles": !figures.troubles.isEmpty, "trouble_count": figures.troubleCount, "no_troubles": figures.participants.isEmpty ? "There is no participant yet." : "Nobody. Runs do the rest by themselves.",
      "troubles": figures.troubles.map { trouble in
        [
          "href": request.link(["participants", trouble.participant]), "participant": trouble.participant, "title": trouble.title,
          "days": trouble.days.map { "\($0)" } ?? "-", "why": trouble.why, "next": trouble.next,
        ] as [String: Any]
      },
    ]
  }

  private func map(_ figures: StudyFigures, _ maps: [(label: String, svg: String)]) -> [String: Any] {
    [
      "has_map": !maps.isEmpty, "legend": Self.legend(figures),
      "maps": maps.map { ["label": $0.label, "svg": $0.svg] as [String: Any] },
    ]
  }

  static func legend(_ figures: StudyFigures) -> [[String: Any]] {
    StudyHeatMap.states(figures).map { ["name": $0.label, "swatch": HeatMap.swatch($0).text] }
  }

  /// Today's runs, and the latest before them.
  private static func shown(_ runs: [RunFigures], _ today: String) -> [RunFigures] {
    let ofToday = runs.filter { $0.summary.started.hasPrefix(today) }
    return ofToday + runs.filter { !$0.summary.started.hasPrefix(today) }.prefix(20)
  }

  private func runsToday(_ figures: StudyFigures, _ active: [LiveUpdate], _ today: String, _ request: PageRequest) -> [String: Any] {
    let live = Set(active.map(\.run))
    let rows: [[String: Any]] =
      active.sorted { $0.run > $1.run }.map { update in
        [
          "href": request.link(["runs", update.run]), "run": update.run, "started": "-", "status": "under way", "kind": "wait",
          "participants": "\(update.participants.done) of \(update.participants.total) done", "inserted": "", "updated": "", "errors": PageWords.number(update.flowfiles.inErrors),
        ]
      }
      + Self.shown(figures.runs.filter { !live.contains($0.summary.run) }, today).map { run in
        let status = PageWords.status(run.summary)
        return [
          "href": request.link(["runs", run.summary.run]), "run": run.summary.run, "started": PageWords.time(run.summary.started), "status": status.words,
          "kind": status.kind, "participants": run.participants.map { "\($0.complete) of \($0.total) complete" } ?? "-", "inserted": PageWords.number(run.inserted),
          "updated": PageWords.number(run.updated), "errors": PageWords.number(run.errors),
        ]
      }
    return ["has_runs": !rows.isEmpty, "runs": rows]
  }

  private func participants(_ figures: StudyFigures, _ request: PageRequest) -> [String: Any] {
    [
      "has_participants": !figures.participants.isEmpty,
      "participants": figures.participants.map { one in
        let standing = PageWords.standing(one.verdict.standing)
        return [
          "href": request.link(["participants", one.participant]), "participant": one.participant, "standing": standing.words, "kind": standing.kind,
          "enrolled": one.enrolled.map { $0.dateUTC.text } ?? "-", "sync": PageWords.time(one.latestSync),
          "valid": figures.hasHeartRate ? "\(one.validDays)" : "-", "possible": "\(one.possibleDays)", "finding": one.verdict.finding,
        ] as [String: Any]
      },
    ]
  }

  private func invitations(_ invited: [ParticipantStatus], _ request: PageRequest) -> [String: Any] {
    let counts = Dictionary(grouping: invited.compactMap(\.invitation), by: \.state).map { (PageWords.words($0.key.rawValue), $0.value.count) }.sorted { $0 < $1 }
    return [
      "has_invitations": !invited.isEmpty, "invitation_counts": counts.map { "\($1) \($0)" }.joined(separator: ", "),
      "invitations": invited.sorted { $0.participant < $1.participant }.map { status in
        [
          "href": request.link(["participants", status.participant]), "participant": status.participant, "state": status.invitation.map(Self.words) ?? "-",
          "since": PageWords.time(status.invitation?.since), "expires": PageWords.time(status.invitation?.expires),
        ] as [String: Any]
      },
    ]
  }

  /// `consented, without location`.
  static func words(_ invitation: InvitationStatus) -> String {
    PageWords.words(invitation.state.rawValue) + (invitation.lacking.isEmpty ? "" : ", without \(invitation.lacking.joined(separator: ", "))")
  }

  private func missing(_ figures: StudyFigures) -> [String: Any] {
    [
      "has_missing": !figures.missing.isEmpty,
      "missing": figures.missing.map { missing in
        [
          "state": missing.state.words, "cause": missing.cause.map { PageWords.words($0.rawValue) } ?? "-", "data_type": missing.dataType,
          "count": PageWords.number(missing.count), "unit": PageWords.units(missing.unit.rawValue, missing.count), "participants": "\(missing.participants)",
        ] as [String: Any]
      },
    ]
  }
}
