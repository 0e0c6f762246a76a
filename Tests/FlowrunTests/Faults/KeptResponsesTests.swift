import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

/// For every row that anybody can see, the response that it was made from is kept.
@Suite("Responses are kept before their rows are visible")
struct KeptResponsesTests {
  struct Point: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// nil: the run ends by itself.
    var rule: String?

    init(_ description: String, _ rule: String? = nil) {
      testDescription = description
      self.rule = rule
    }
  }

  static let points = [
    Point("not killed"),
    Point("before a journal has its name", "kill before file.rename .jsonl.zst 1"),
    Point("after a journal has its name", "kill after file.rename .jsonl.zst 1"),
    Point("before a response is in the spool", "kill before file.write .jsonl.zst 2"),
    Point("after a response is in the spool", "kill after file.write .jsonl.zst 3"),
    Point("before a group of responses is durable", "kill before file.synchronize .jsonl.zst 2"),
    Point("after a group of responses is durable, before its rows are written", "kill after file.synchronize .jsonl.zst 2"),
    Point("in the middle of a slice", "kill before sql.statement * 90"),
    Point("before a slice is committed", "kill before sql.commit * 5"),
    Point("between commit and acknowledgement", "kill before sql.committed * 5"),
    Point("while an object's file is made", "kill after file.write raw/provider 1"),
    Point("before an object has its name", "kill before file.rename raw/provider 1"),
    Point("after an object has its name", "kill after file.rename raw/provider 1"),
    Point("after the last object has its name", "kill after file.rename raw/provider 3"),
    Point("before a journal is removed", "kill before file.remove .jsonl.zst 1"),
    Point("after a journal is removed", "kill after file.remove .jsonl.zst 1"),
  ]

  @Test("looked at from a second connection all the time, killed at a named point; the next run has everything", .timeLimit(.minutes(5)), arguments: points, ShippedFlow.allCases)
  func killed(_ point: Point, _ shipped: ShippedFlow) async throws {
    let study = try await Study(participants: 3, days: 1, flow: shipped.rawValue) {
      $0.rotatesGoogleTokens = true
      $0.refreshGraceSeconds = 120
    }
    let kept = KeptResponses(study)
    let watch = LedgerWatch(study, kept)
    let first = try await study.flowrun(["run"], ["-q", "-p", "raw=raw"], environment: point.rule.map { ["FLOWRUN_INTERFERENCE": $0] } ?? [:]) { running in
      while kill(running.identifier, 0) == 0 {
        if StudyDatabase.isFile { try watch.look() }
        await Task.yield()
      }
    }
    #expect(first.exit == (point.rule == nil ? 0 : 9), "it was not met: \(first.errors)\(first.output)")
    _ = try? study.collected()
    try watch.look()
    #expect(watch.missing == [])
    try await study.expectNothingWrong("")

    let (second, report) = try await study.run(["-p", "raw=raw"])
    #expect(second.exit == 0, "\(second.errors)")
    #expect(report.number("errors", "count") == 0)
    try await study.expectEverything("")
    try expectAllKept(study, kept)
    await study.simulator.stop()
  }

  /// Every answered slice names an object that is in the raw folder and holds its answer, and nothing waits in the spool.
  private func expectAllKept(_ study: Study, _ kept: KeptResponses) throws {
    let collected = try study.collected()
    let unkept: Int? = try collected.value("SELECT count(*) FROM slice WHERE object IS NULL OR sha256 IS NULL")
    #expect(unkept == 0)
    let objects = try kept.objects
    for object in try collected.strings("SELECT DISTINCT object FROM slice") {
      #expect(objects.contains(object))
      let answers = try kept.answers(in: object)
      for sha256 in try collected.strings("SELECT DISTINCT sha256 FROM slice WHERE object = '\(object)'") {
        #expect(answers.contains(KeptResponses.Answer(object: object, sha256: sha256)))
      }
    }
    let named = try collected.strings("SELECT DISTINCT object FROM slice ORDER BY 1"), noted = try collected.strings("SELECT object FROM object_processed ORDER BY 1")
    #expect(Set(named).isSubset(of: noted))
    #expect(try kept.spooled.filter { !$0.hasSuffix(".new") } == [])
  }

  @Test("the storage is away for a whole run: it ends with 75, the next one puts everything there, and rows can be made again", .timeLimit(.minutes(5)), arguments: ShippedFlow.allCases)
  func away(_ shipped: ShippedFlow) async throws {
    let study = try await Study(participants: 3, days: 1, flow: shipped.rawValue)
    let kept = KeptResponses(study, in: "bucket/raw")
    // A file is in the place of a folder above.
    try study.binary.write("", to: "bucket")
    let watch = LedgerWatch(study, kept)
    let first = try await study.run(["-p", "raw=bucket/raw"])
    #expect(first.result.exit == 75, "\(first.result.errors)")
    #expect(first.result.errors.contains("3 objects of raw responses could not be put into bucket/raw") && first.result.errors.contains("next run"), "\(first.result.errors)")
    #expect(first.report.number("exit") == 75 && first.report["status"] as? String == "partial")
    try study.collected().expectEqual(to: study.truth)
    try watch.look()
    #expect(watch.missing == [] && watch.seenCount > 0)
    let again = try await study.flowrun(["run"], ["-p", "raw=bucket/raw"])
    #expect(again.exit == 75 && (again.output + again.errors).contains("exit 75"), "\(again.errors)\(again.output)")
    try FileManager.default.removeItem(atPath: study.binary.folder.path("bucket"))
    let last = try await study.run(["-p", "raw=bucket/raw"])
    #expect(last.result.exit == 0, "\(last.result.errors)")
    try await study.expectEverything("")
    try expectAllKept(study, kept)
    await study.simulator.stop()
    let rebuilt = try await study.rebuild(into: "rebuilt.sqlite", ["-p", "raw=bucket/raw"])
    #expect(rebuilt.exit == 0, "\(rebuilt.errors)")
    try Collected(study.binary.folder.path("rebuilt.sqlite")).expectEqual(to: study.truth)
  }

  @Test("a raw folder whose name is a file's: said, and what was collected is kept in the spool", .timeLimit(.minutes(5)))
  func fileInItsPlace() async throws {
    let study = try await Study(participants: 2, days: 1)
    try study.binary.write("notes", to: "raw")
    let result = try await study.flowrun(["run"], ["-p", "raw=raw"])
    #expect(result.exit == 75 && result.errors.contains("raw"), "\(result.errors)")
    #expect(try String(contentsOfFile: study.binary.folder.path("raw"), encoding: .utf8) == "notes")
    await study.simulator.stop()
  }
}

extension Study {
  /// `flowrun rebuild` with the study's parameters, into another database.
  func rebuild(flow: String? = nil, into database: String, _ more: [String] = []) async throws -> BuiltBinary.Result {
    let parameters = parameters.map { $0.hasPrefix("database=") ? "database=\(database)" : $0 }
    return try await binary.run(["rebuild", flow ?? BuiltBinary.flow(self.flow)] + parameters + more)
  }
}
