import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

/// What `flowrun report --format json` prints.
private struct ReportAnswer: Decodable {
  struct Day: Decodable, Equatable {
    var date: String
    var state: String
    var heart_minutes: Int?
  }
  struct Week: Decodable {
    var week: Int
    var valid_days: Int
    var possible_days: Int
  }
  struct Participant: Decodable {
    var participant: String
    var standing: String
    var verdict: String
    var valid_days: Int
    var possible_days: Int
    var days: [Day]
    var weeks: [Week]
  }
  struct Trouble: Decodable {
    var participant: String
    var kind: String
    var next: String
    var days: Int?
  }
  struct Missing: Decodable {
    var state: String
    var cause: String?
    var data_type: String
    var unit: String
    var count: Int
  }
  struct Delay: Decodable {
    var data_type: String
    var rows: Int
  }
  struct Revision: Decodable, Equatable {
    var table: String
    var inserted: Int
    var updated: Int
    var unchanged: Int
  }
  struct Run: Decodable {
    var run: String
    var status: String
  }

  var verdict: String
  var standings: [String: Int]
  var participants: [Participant]
  var needs_person: [Trouble]
  var missing: [Missing]
  var delays: [Delay]
  var revisions: [Revision]
  var runs: [Run]
}

@Suite("flowrun report", .timeLimit(.minutes(5)))
struct ReportTests {
  private func report(_ study: Study, _ more: [String] = []) async throws -> (answer: ReportAnswer, html: String) {
    let result = try await study.flowrun(["report"], ["-o", "study.html", "--format", "json"] + more)
    #expect(result.exit == 0, "\(result.errors)")
    let answer = try JSONDecoder().decode(ReportAnswer.self, from: Data(result.output.utf8))
    return (answer, try String(contentsOfFile: study.binary.folder.path("study.html"), encoding: .utf8))
  }

  // MARK: Recomputed from coverage

  private struct Span {
    var from: Date
    var until: Date
    var state: String
    var dataType: String
  }

  private static func instant(_ text: String) throws -> Date {
    try Date(String(text.prefix(19)) + "Z", strategy: .iso8601)
  }

  /// The state and the minutes of heart rate of each local day, from what `flowrun coverage` says.
  private static func days(_ participant: CoverageAnswer.Participant, until: String) throws -> [ReportAnswer.Day] {
    guard let enrolled = try participant.enrolled.map(instant) else { return [] }
    let spans = try participant.data_types.flatMap { type in
      try (type.gaps ?? []).map { Span(from: try instant($0.from), until: try instant($0.until), state: $0.state, dataType: type.data_type) }
    }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(identifier: participant.zone ?? "UTC") ?? .gmt
    let start = Date(timeIntervalSince1970: (enrolled.timeIntervalSince1970 / 60).rounded(.down) * 60)
    // A gap may end with a local day, after the end of the study's time.
    let end = max(try instant(until), spans.map(\.until).max() ?? enrolled)
    var days: [ReportAnswer.Day] = []
    var day = calendar.startOfDay(for: min(start, spans.map(\.from).min() ?? start))
    while day < end {
      guard let next = calendar.date(byAdding: .day, value: 1, to: day) else { break }
      func minutes(_ state: String?) -> Int {
        spans.filter { $0.dataType == "intraday-heart-rate" && (state == nil || $0.state == state) }.reduce(0) { sum, span in
          sum + max(Int(min(span.until, next).timeIntervalSince(max(span.from, day)) / 60), 0)
        }
      }
      let all = max(Int(min(next, try instant(until)).timeIntervalSince(max(day, start)) / 60), 0)
      let have = all - minutes(nil), answered = have + minutes("not_worn") + minutes("lost")
      let touching = Set(spans.filter { $0.from < next && $0.until > day }.map(\.state))
      let state =
        ["failed", "deferred", "never_asked", "lost"].first { touching.contains($0) }
        ?? (have > 0 ? "have" : minutes("not_worn") > 0 && minutes("not_worn") >= minutes("not_synced") ? "not_worn" : "not_synced")
      let parts = calendar.dateComponents([.year, .month, .day], from: day)
      let date = String(format: "%04d-%02d-%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
      days.append(.init(date: date, state: state, heart_minutes: answered > 0 ? have : nil))
      day = next
    }
    return days
  }

  private static func number(_ text: String) -> Int { Int(text.filter(\.isNumber)) ?? -1 }

  /// The table rows below a heading, as texts of cells.
  private static func rows(of id: String, in html: String) -> [[String]] {
    guard let section = html.components(separatedBy: "id=\"\(id)\"").dropFirst().first?.components(separatedBy: "</table>").first else { return [] }
    return section.components(separatedBy: "<tr").dropFirst(2).map { row in
      row.matches(of: /<t[hd][^>]*>(.*?)<\/t[hd]>/).map { String($0.1).replacing(/<[^>]*>/, with: "") }
    }
  }

  @Test("its numbers are those of coverage, runs and the tables, after trouble and several runs")
  func numbers() async throws {
    let study = try await Study(participants: 14, days: 5) { configuration in
      configuration.faults = [Fault(.invalidGrant, share: 0.2), Fault(.status(404), share: 0.1, of: .data), Fault(.scope(.heartrate), share: 0.1)]
    }
    _ = try await study.run()
    try await study.restart()
    try study.simulator.advance(by: .seconds(20 * 3600))
    _ = try await study.run(["--only", "P000*"])
    let earliest = try await study.coverage()
    let (answer, html) = try await report(study)
    let coverage = try await study.coverage()
    await study.simulator.stop()

    #expect(answer.verdict == coverage.verdict)
    #expect(answer.participants.map(\.participant) == coverage.participants.map(\.participant))
    for (found, expected) in zip(answer.participants, coverage.participants) {
      #expect(found.standing == expected.standing && found.verdict == expected.verdict)
      let days = try Self.days(expected, until: coverage.until)
      // The machine's clock is years beyond the simulated one.
      #expect(Array(found.days.prefix(12)) == Array(days.prefix(12)), "\(found.participant)")
      #expect(found.days.count == days.count && found.days.last == days.last, "\(found.participant)")
      #expect(html.contains(">\(found.participant)</text>"))
    }
    // What is not synced grows with every minute: the report counted between the two commands.
    for (first, last) in zip(earliest.totals, coverage.totals) {
      for (state, count) in first.missing {
        let later = try #require(last.missing[state]), parts = answer.missing.filter { $0.data_type == first.data_type && $0.state == state }
        let sum = parts.reduce(0) { $0 + $1.count }
        #expect(count <= sum && sum <= later && parts.allSatisfy { $0.unit == first.unit }, "\(first.data_type) \(state): \(sum), \(count) to \(later)")
        #expect(state == "not_synced" || count == later, "\(first.data_type) \(state)")
      }
    }
    // The page says the same as the figures, each amount with its unit.
    let rows = Self.rows(of: "missing", in: html)
    #expect(rows.count == answer.missing.count)
    for (row, time) in zip(rows, answer.missing) {
      #expect(row[0] == time.state.replacing("_", with: " ") && row[1] == (time.cause ?? "") && row[2] == time.data_type)
      #expect(Self.number(row[3]) == time.count && row[3].hasSuffix(time.unit == "minute" ? " min" : time.count == 1 ? " day" : " days"), "\(row)")
    }
    // Who needs a person does so in coverage, and the page names them.
    let needing = coverage.participants.filter { $0.standing == "needs_person" }.map(\.participant)
    #expect(!needing.isEmpty && Set(needing).isSubset(of: answer.needs_person.map(\.participant)))
    #expect(Set(Self.rows(of: "person", in: html).map { $0[0] }) == Set(answer.needs_person.map(\.participant)))
    #expect(answer.runs.count == 2 && answer.runs.allSatisfy { html.contains($0.run) })
    try compareTables(study, answer)
  }

  /// The tables say the same as the figures that come from them, asked in SQL.
  private func compareTables(_ study: Study, _ answer: ReportAnswer) throws {
    let collected = try study.collected()
    for participant in answer.participants {
      let minutes: Int? = try collected.value(
        "SELECT count(DISTINCT instant / 60) FROM fitbit_intraday_hr JOIN participant USING (participant_id) WHERE name = '\(participant.participant)'")
      #expect(participant.days.reduce(0) { $0 + ($1.heart_minutes ?? 0) } == minutes ?? 0, "\(participant.participant)")
      let valid: Int? = try collected.value(
        """
        SELECT count(*) FROM (SELECT (instant + utc_offset) / 86400 AS day FROM fitbit_intraday_hr JOIN participant USING (participant_id)
        WHERE name = '\(participant.participant)' GROUP BY day HAVING count(DISTINCT instant / 60) >= 600)
        """)
      #expect(participant.valid_days == valid ?? 0, "\(participant.participant)")
      #expect(participant.weeks.reduce(0) { $0 + $1.valid_days } == participant.valid_days)
    }
    for delay in answer.delays {
      let rows: Int? = try collected.value("SELECT sum(rows) FROM slice WHERE data_type = '\(delay.data_type)' AND state IN ('written', 'provisional')")
      #expect(delay.rows == rows ?? 0)
    }
    for table in answer.revisions {
      let rows: Int? = try collected.value("SELECT count(*) FROM \(table.table)")
      #expect(table.inserted == rows ?? 0, "\(table.table)")
    }
  }

  @Test("before any run there is a page, which says so; it makes no request and writes nothing else")
  func beforeAnyRun() async throws {
    let study = try await Study(participants: 2, days: 2)
    let (answer, html) = try await report(study)
    #expect(answer.participants.count == 2 && answer.runs.isEmpty && html.contains("No runs yet."))
    #expect(answer.participants.allSatisfy { $0.days.allSatisfy { $0.state == "never_asked" } })
    #expect(study.simulator.statistics.totalRequests == 0)
    for name in ["study.sqlite", ".flowrun", "errors"] { #expect(!FileManager.default.fileExists(atPath: study.binary.folder.path(name)), "\(name)") }
    await study.simulator.stop()
  }

  @Test("--from, --until, --participant and --valid-minutes choose")
  func choices() async throws {
    let study = try await Study(participants: 4, days: 4)
    #expect(try await study.run().result.exit == 0)
    let whole = try await report(study).answer
    let first = try #require(whole.participants.first?.days.first?.date)
    let second = try #require(whole.participants.first?.days.dropFirst().first?.date)
    let one = try await report(study, ["--from", first, "--until", second, "--participant", "P0001"]).answer
    #expect(one.participants.map(\.participant) == ["P0001"])
    #expect(one.participants.first?.days == whole.participants.first.map { Array($0.days.prefix(1)) })
    // Whoever needs a person does today, whatever days are looked at.
    #expect(!whole.needs_person.isEmpty)
    for window in [["--until", first], ["--from", first, "--until", second]] {
      #expect(try await report(study, window).answer.needs_person.map(\.participant) == whole.needs_person.map(\.participant), "\(window)")
    }
    let easy = try await report(study, ["--valid-minutes", "1"])
    #expect(easy.answer.participants.allSatisfy { participant in participant.valid_days == participant.days.count { ($0.heart_minutes ?? 0) > 0 } })
    #expect(easy.html.contains("A day is valid with 1 minutes of heart rate or more."))
    await study.simulator.stop()
  }

  @Test(
    "a page that cannot be written is refused before anything is read",
    arguments: [
      (["-o", "nowhere/study.html"], "there is no folder 'nowhere'"), (["-o", "participants"], "which is a folder"), (["-o", "a/"], "expected a file"),
      (["-o", "~/study.html"], "-o is '~/study.html'"), (["-o", "a.html", "--valid-minutes", "0"], "1 to 1440"),
      (["-o", "a.html", "--from", "2026-02-01", "--until", "2026-02-01"], "not after"), ([], "-o"),
    ] as [([String], String)])
  func refused(_ options: [String], _ words: String) async throws {
    let study = try await Study(participants: 1, days: 1)
    let result = try await study.flowrun(["report"], options)
    #expect(result.exit == 64 && result.errors.contains(words), "\(result.errors)")
    await study.simulator.stop()
  }
}
