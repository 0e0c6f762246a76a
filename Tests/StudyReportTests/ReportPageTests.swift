import FlowCore
@testable import FlowRuntime
import FlowTesting
import Foundation
import StudyModel
import StudyParticipants
import StudyProcessors
@testable import StudyReport
import Testing

@Suite("Report page")
struct ReportPageTests {
  private static func participant(_ name: String, cells: [ParticipantDays.Cell], standing: CoverageVerdict.Standing = .complete) -> ParticipantFigures {
    let first = CivilDate(year: 2026, month: 1, day: 5)
    let days = ParticipantDays(first: first.daysSince1970, cells: cells)
    return ParticipantFigures(
      participant: name, enrolled: first.startOfDayUTC, latestSync: first.startOfDayUTC, zone: "UTC",
      verdict: CoverageVerdict(standing: standing, finding: standing.words(1), next: "nothing to do"), days: days,
      weeks: StudyWeek.weeks(days, enrolled: first, validMinutes: 600))
  }

  private static func figures(_ participants: [ParticipantFigures]) -> StudyFigures {
    StudyFigures(
      flow: "fitbit", databases: ["study.sqlite"], isSimulated: false, madeAt: Instant(seconds: 1_770_000_000), until: Instant(seconds: 1_770_000_000),
      from: nil, before: nil, verdict: "\(participants.count) participants",
      standings: CoverageVerdict.Standing.allCases.map { standing in (standing, participants.count { $0.verdict.standing == standing }) }, dataTypes: [],
      participants: participants, troubles: [], hasHeartRate: true, validMinutes: 600, missing: [], delays: [], revisions: [], vanished: [], runs: [],
      hasMoreRuns: false)
  }

  private static func cells(_ count: Int, _ dice: SeededRandomSource) -> [ParticipantDays.Cell] {
    var cells: [ParticipantDays.Cell] = []
    while cells.count < count {
      let state = CoverageState.allCases[Int(dice.next() % 7)]
      cells += [ParticipantDays.Cell](
        repeating: .init(state: state, share: 80, heartMinutes: state == .have ? Int16(dice.next() % 1440) : 0), count: Int(dice.next() % 20) + 1)
    }
    return Array(cells.prefix(count))
  }

  @Test("an empty study is a whole page that says what there is not")
  func empty() throws {
    let html = try ReportPage(Self.figures([])).html()
    for words in ["Nobody.", "No participant has a day to show yet.", "There are no participants.", "Nothing is missing.", "No answer with rows yet.", "No runs yet."] {
      #expect(html.contains(words), "\(words)")
    }
    #expect(html.hasSuffix("</html>\n"))
  }

  @Test("nothing that a study says becomes markup, not even a quote with a combining mark")
  func hostile() throws {
    let hostile = "<script>alert(1)</script>\"\u{301} onmouseover=\"\u{301}x'&amp;"
    var figures = Self.figures([Self.participant(hostile, cells: [.init(state: .have, share: 100, heartMinutes: 700)])])
    figures.flow = hostile
    figures.databases = [hostile]
    figures.verdict = hostile
    figures.missing = [.init(state: .failed, cause: .badData, dataType: hostile, unit: .minute, count: 1443, participants: 1)]
    figures.revisions = [.init(table: hostile)]
    figures.runs = [
      RunFigures(
        summary: RunSummary(run: hostile, flow: "f", file: "", flowSHA256: "", started: hostile, finished: hostile, status: .failed, exit: 1), report: nil)
    ]
    let html = try ReportPage(figures).html()
    #expect(!html.contains("<script") && !html.unicodeScalars.contains("\u{0}"))
    // Beside a mark, a quote is a character of another kind to Swift; a browser sees the quote.
    let scalars = Array(html.unicodeScalars)
    #expect(!zip(scalars, scalars.dropFirst()).contains { ($0 == "\"" || $0 == "<") && $1 == "\u{301}" })
    #expect(html.contains("&lt;script&gt;"))
  }

  @Test("nothing is fetched and nothing runs")
  func selfContained() throws {
    let dice = SeededRandomSource(seed: 3)
    let html = try ReportPage(Self.figures((1...5).map { Self.participant("P\($0)", cells: Self.cells(30, dice)) })).html()
    for word in ["<script", "http:", "https:", "url(", "@import", "<img", "<link", "src="] { #expect(!html.contains(word), "\(word)") }
    #expect(html.firstMatch(of: #/\son[a-z]+=/#) == nil)
    #expect(html.firstMatch(of: #/\sstyle=/#) == nil)
  }

  @Test("1,000 participants × 365 days are a page of bounded size, made in moments")
  func large() throws {
    let dice = SeededRandomSource(seed: 4)
    let figures = Self.figures((1...1000).map { Self.participant("P\(10_000 + $0)", cells: Self.cells(365, dice)) })
    let html = try ReportPage(figures).html()
    #expect(html.utf8.count < 1_500_000, "\(html.utf8.count)")
    #expect(html.components(separatedBy: "<figure").count - 1 == 29, "a drawing for each 36 participants, and the weeks")
    #expect(html.contains(">P10777</text>"))
  }

  @Test("headings, tables and drawings can be walked: one h1, no level left out, heads with scope, drawings with a title")
  func walkable() throws {
    let dice = SeededRandomSource(seed: 5)
    let html = try ReportPage(Self.figures((1...3).map { Self.participant("P\($0)", cells: Self.cells(30, dice)) })).html()
    let levels = html.matches(of: #/<h([1-6])/#).compactMap { Int($0.1) }
    #expect(levels.filter { $0 == 1 }.count == 1 && levels.first == 1)
    #expect(zip(levels, levels.dropFirst()).allSatisfy { $1 <= $0 + 1 })
    #expect(html.matches(of: #/<th /#).count == html.matches(of: #/<th scope="(col|row)"/#).count)
    let titlesOfPaths = html.matches(of: #/<title>[^<]*</title></path>/#).count
    #expect(html.matches(of: #/role="img"/#).count == html.matches(of: #/<title>/#).count - 1 - titlesOfPaths)
    let ids = html.matches(of: #/ id="([^"]+)"/#).map { String($0.1) }
    #expect(Set(ids).count == ids.count)
    for reference in html.matches(of: ##/(aria-labelledby="|href="#)([^"]+)"/##) { #expect(ids.contains(String(reference.2))) }
    #expect(html.contains("<html lang=\"en\">"))
  }

  @Test("what became of invitations stands beside the participants, if anybody was invited")
  func invitations() throws {
    var participants = ["P1", "P2"].map { Self.participant($0, cells: [.init(state: .notSynced, share: 0, heartMinutes: -1)]) }
    #expect(!(try ReportPage(Self.figures(participants)).html()).contains("Invitation to consent"))
    participants[0].invitation = "refused 2026-02-01 10:00"
    let html = try ReportPage(Self.figures(participants)).html()
    #expect(html.contains("Invitation to consent") && html.contains("<td class=\"words\">refused 2026-02-01 10:00</td>"))
    #expect(html.contains("<td class=\"words\">–</td>"))
  }

  @Test(
    "an invitation in words",
    arguments: [
      (.invited, [], "invited 2026-02-01 10:00, until 2026-02-15 10:00"), (.wrongAccount, [], "wrong account 2026-02-01 10:00, until 2026-02-15 10:00"),
      (.refused, [], "refused 2026-02-01 10:00"), (.expired, [], "expired 2026-02-01 10:00"), (.consented, ["sleep"], "consented 2026-02-01 10:00, without sleep"),
    ] as [(InvitationStatus.State, [String], String)])
  func invitationWords(_ state: InvitationStatus.State, _ lacking: [String], _ words: String) {
    var status = InvitationStatus.unreadable
    status.state = state
    status.since = Instant(rfc3339: "2026-02-01T10:00:00Z")
    status.expires = Instant(rfc3339: "2026-02-15T10:00:00Z")
    status.lacking = lacking
    #expect(ReportWords.invitation(status) == words)
  }

  @Test("a report replaces the one before in one step, whichever call fails, and only its owner can read it")
  func file() throws {
    var call = 0
    while true {
      call += 1
      let fileSystem = MemoryFileSystem()
      let file = ReportFile(path: "batch/study.html", fileSystem: fileSystem)
      try file.write("old")
      fileSystem.set(.crash(call: call))
      let isWritten = (try? file.write("new")) != nil
      let after = fileSystem.afterCrash(losingUnsynchronized: true)
      #expect(["old", "new"].contains(after.text("batch/study.html")), "call \(call)")
      guard isWritten else { continue }
      #expect(after.text("batch/study.html") == "new" && after.mode("batch/study.html") == 0o600)
      #expect(after.paths().filter { $0.hasPrefix("batch/") } == ["batch/study.html"])
      break
    }
    #expect(call > 3)
  }

  @Test("the folder of a report", arguments: [("study.html", "."), ("a/study.html", "a"), ("/study.html", "/"), ("/a/b/study.html", "/a/b")])
  func folder(_ path: String, _ folder: String) { #expect(ReportFile(path: path, fileSystem: MemoryFileSystem()).folder == folder) }
}
