import FlowCore
import FlowErrors
import FlowFileSystem
import FlowRuntime
import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import StudyProcessors
import Testing

/// Rows and ledger can be made again of the kept responses, without the provider.
@Suite("Rebuilt from kept responses", .serialized)
struct RebuildTests {
  /// Collects, once or with later syncs.
  private static func collected(_ name: String, hours: [Int] = [0], participants: Int = 3) throws -> WholeFlow {
    let flow = try WholeFlow(participants: participants, flow: name, keepsResponses: true)
    var start = WholeFlow.firstStart
    for (number, hours) in hours.enumerated() {
      try flow.simulator.advance(by: .seconds(hours * 3600))
      start = start + .seconds(hours * 3600)
      let run = try flow.drive(seed: UInt64(number + 1), start: start)
      #expect(run.isComplete, "\(run)")
      start = run.ended
    }
    return flow
  }

  @Test("into an empty database: the same tables and ledger, whichever order things happen in", .timeLimit(.minutes(5)), arguments: WholeFlow.all, [[0], [0, 9, 26]])
  func empty(_ name: String, _ hours: [Int]) throws {
    let flow = try Self.collected(name, hours: hours)
    let collected = try flow.kept()
    #expect(collected.rows["slice"]?.isEmpty == false && collected.rows["object_processed"]?.count == hours.count * 3)
    for seed in 1...3 as ClosedRange<UInt64> {
      let run = try flow.rebuild(into: "rebuilt-\(seed).sqlite", seed: seed)
      #expect(run.isComplete, "\(run)")
      #expect(try flow.kept(in: "rebuilt-\(seed).sqlite").differences(from: collected) == [], "seed \(seed)")
    }
  }

  @Test("into the database that was collected: nothing changes", .timeLimit(.minutes(5)), arguments: WholeFlow.all, [[0], [0, 9, 26]])
  func filled(_ name: String, _ hours: [Int]) throws {
    let flow = try Self.collected(name, hours: hours)
    // An object whose slices were asked again later has fewer of them than when it was noted.
    let leftOut: Set<String> = hours.count > 1 ? ["rows"] : []
    let before = try flow.kept(), noted = try flow.kept(leavingOut: leftOut).rows["object_processed"]
    let run = try flow.rebuild(into: "study.sqlite")
    #expect(run.isComplete, "\(run)")
    var after = try flow.kept()
    #expect(try flow.kept(leavingOut: leftOut).rows["object_processed"] == noted)
    if !leftOut.isEmpty { after.rows["object_processed"] = before.rows["object_processed"] }
    #expect(after.differences(from: before) == [])
  }

  // MARK: Edits

  struct Edit: Sendable, CustomTestStringConvertible {
    var flow: String
    var old: String
    var new: String
    /// SQL that does to the collected database what the edit says.
    var statement: String
    var testDescription: String { "\(flow): \(new)" }
  }
  static let edits = [
    Edit(flow: "fitbit", old: "from: caloriesBMR", new: "from: activityCalories", statement: "UPDATE fitbit_daily_activity SET calories_bmr = activity_calories"),
    Edit(flow: "fitbit", old: "floors: { kind: integer, from: floors", new: "floors: { kind: integer, from: steps", statement: "UPDATE fitbit_daily_activity SET floors = steps"),
    Edit(
      flow: "google-health", old: "from: steps/countSum, accept_text: true, default: 0,", new: "from: steps/countSum, accept_text: true, default: 0, factor: 10,",
      statement: "UPDATE fitbit_intraday_steps SET value = value * 10"),
    Edit(flow: "google-health", old: "max: { kind: integer, from: maxBeatsPerMinute", new: "max: { kind: integer, from: minBeatsPerMinute", statement: "UPDATE fitbit_hr_summary SET max = min"),
  ]

  @Test("after a mapping was mended: exactly what the edit says, in an empty database and in the filled one", .timeLimit(.minutes(5)), arguments: edits)
  func edited(_ edit: Edit) throws {
    let flow = try Self.collected(edit.flow)
    try DatabaseImage.execute(edit.statement, on: flow.database, copiedTo: flow.folder.path("expected.sqlite"))
    let expected = try flow.kept(in: "expected.sqlite", leavingOut: ["flow_sha256"])
    #expect(try expected.differences(from: flow.kept(leavingOut: ["flow_sha256"])) != [])
    for database in ["rebuilt.sqlite", "study.sqlite"] {
      let run = try flow.rebuild(into: database) { text in
        #expect(text.contains(edit.old))
        return text.replacingOccurrences(of: edit.old, with: edit.new)
      }
      #expect(run.isComplete, "\(run)")
      #expect(try flow.kept(in: database, leavingOut: ["flow_sha256"]).differences(from: expected) == [], "\(database)")
    }
  }

  @Test("answers that the flow now refuses become entries, with what was kept of them, and no rows", .timeLimit(.minutes(5)))
  func refused() async throws {
    let flow = try Self.collected("fitbit")
    let run = try flow.rebuild { $0.replacingOccurrences(of: "from: caloriesBMR,", with: "from: caloriesBMR, required: true, maximum: 1,") }
    #expect(run.report?.exit == 65, "\(run)")
    var expected = try flow.kept(leavingOut: ["flow_sha256", "rows"])
    let collected = expected
    expected.rows["fitbit_daily_activity"] = []
    expected.rows["slice"] = expected.rows["slice"]?.filter { !$0.contains(" daily-activity ") }
    var rebuilt = try flow.kept(in: "rebuilt.sqlite", leavingOut: ["flow_sha256", "rows"])
    rebuilt.rows["slice"] = rebuilt.rows["slice"]?.filter { !$0.contains(" daily-activity ") }
    #expect(rebuilt.differences(from: expected) == [] && collected.rows["fitbit_daily_activity"]?.isEmpty == false)
    let entries = try await flow.entries()
    #expect(!entries.isEmpty && entries.allSatisfy { $0.cause == .badData && $0.document.processor == "extract activity" })
  }

  // MARK: Scopes

  @Test("only some participants, data types or days", .timeLimit(.minutes(5)))
  func scopes() throws {
    let flow = try Self.collected("fitbit", hours: [0, 26])
    let collected = try flow.kept()
    func slices(_ database: String) throws -> [String] { try flow.kept(in: database).rows["slice"] ?? [] }

    #expect(try flow.rebuild(into: "participant.sqlite", participants: ["P0002"]).isComplete)
    var expected = collected
    expected.rows = expected.rows.mapValues { $0.filter { $0.hasPrefix("P0002 ") } }
    #expect(try flow.kept(in: "participant.sqlite").differences(from: expected) == [])

    #expect(try flow.rebuild(into: "type.sqlite", RebuildRequest(dataTypes: ["intraday-steps"])).isComplete)
    let typed = try flow.kept(in: "type.sqlite")
    #expect(typed.rows["fitbit_intraday_steps"] == collected.rows["fitbit_intraday_steps"] && typed.rows["fitbit_intraday_hr"] == [])
    #expect(typed.rows["slice"] == collected.rows["slice"]?.filter { $0.contains(" intraday-steps ") })

    #expect(try flow.rebuild(into: "none.sqlite", RebuildRequest(window: BackfillWindow(from: nil, until: CivilDate(text: "2010-01-01")))).isComplete)
    #expect(try slices("none.sqlite") == [])

    let day = try #require(CivilDate(text: "2026-03-09"))
    #expect(try flow.rebuild(into: "from.sqlite", RebuildRequest(window: BackfillWindow(from: day, until: nil))).isComplete)
    #expect(try flow.rebuild(into: "until.sqlite", RebuildRequest(window: BackfillWindow(from: nil, until: day))).isComplete)
    let from = try slices("from.sqlite"), until = try slices("until.sqlite")
    #expect(Set(from + until) == Set(collected.rows["slice"] ?? []) && !from.isEmpty && !until.isEmpty)
    // An answer for several days is made again as a whole.
    let both = Set(from).intersection(until)
    #expect(both.allSatisfy { $0.contains(" heart-rate-zones ") }, "\(both)")
  }

  @Test("a participant or data type that is not there is a mistake, with the nearest name", arguments: [(["P0009"], [], "P000"), (nil, ["intraday-step"], "intraday-steps")] as [([String]?, [String], String)])
  func unknown(_ participants: [String]?, _ dataTypes: [String], _ hint: String) throws {
    let flow = try Self.collected("fitbit", participants: 1)
    let failure: (any Error)?
    do { failure = try flow.rebuild(participants: participants, RebuildRequest(dataTypes: dataTypes)).failure } catch { failure = error }
    let problems = try #require(failure as? Diagnostics)
    #expect(problems.all.allSatisfy { $0.code == .unknownName } && "\(problems)".contains(hint), "\(problems)")
  }

  // MARK: Trouble

  enum Damage: String, CaseIterable, Sendable { case changed, brokenOff, foreign, ofAnother }

  @Test("a damaged object is an entry of its participant, and no rows; the others' are there. Restored, it is read", .timeLimit(.minutes(5)), arguments: Damage.allCases)
  func damaged(_ damage: Damage) async throws {
    let flow = try Self.collected("fitbit")
    let path = try #require(try flow.objects(of: "P0002").first)
    let whole = try flow.fileSystem.read(path)
    var bytes = whole
    switch damage {
    case .changed: bytes[bytes.count / 2] ^= 0x08
    case .brokenOff: bytes.removeLast(7)
    case .foreign: bytes = Array("notes".utf8)
    case .ofAnother: bytes = try flow.fileSystem.read(try #require(try flow.objects(of: "P0001").first))
    }
    try flow.fileSystem.writeDurably(bytes, to: path)
    let run = try flow.rebuild()
    #expect(run.report?.exit == 65 && run.register.outcomes["P0002"] == .failed && run.register.outcomes["P0001"] == .complete, "\(run)")
    let collected = try flow.kept()
    var expected = collected
    expected.rows = expected.rows.mapValues { $0.filter { !$0.hasPrefix("P0002 ") } }
    #expect(try flow.kept(in: "rebuilt.sqlite").differences(from: expected) == [])
    let entries = try await flow.entries()
    #expect(entries.map(\.cause) == [.badData] && entries.map(\.participant) == ["P0002"], "\(entries)")
    try flow.fileSystem.writeDurably(whole, to: path)
    #expect(try flow.rebuild().isComplete)
    #expect(try await flow.entries() == [], "what was wrong is mended")
    #expect(try flow.kept(in: "rebuilt.sqlite").differences(from: collected) == [])
  }

  @Test("what waits in the spool of an earlier run is put into the storage first, and rebuilt with the rest", .timeLimit(.minutes(5)))
  func spooled() throws {
    let flow = try WholeFlow(participants: 2, keepsResponses: true)
    // A file is in the place of the folder: no object can be put there.
    try flow.fileSystem.writeDurably([], to: flow.folder.path("raw"))
    let run = try flow.drive(seed: 1)
    #expect(run.report?.exit == 75, "\(run)")
    try flow.fileSystem.removeFile(flow.folder.path("raw"))
    let rebuilt = try flow.rebuild()
    #expect(rebuilt.isComplete, "\(rebuilt)")
    let leftOut: Set<String> = []
    var collected = try flow.kept(leavingOut: leftOut), again = try flow.kept(in: "rebuilt.sqlite", leavingOut: leftOut)
    collected.rows["object_processed"] = nil
    again.rows["object_processed"] = nil
    #expect(again.differences(from: collected) == [])
  }
}
