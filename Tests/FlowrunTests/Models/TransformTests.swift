import FlowSimulator
import FlowTesting
import Foundation
import Testing

@Suite("flowrun transform", .timeLimit(.minutes(5)))
struct TransformTests {
  private static func models(_ result: BuiltBinary.Result) throws -> [String: [String: Any]] {
    let list = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]] ?? []
    return Dictionary(uniqueKeysWithValues: list.map { ($0["name"] as? String ?? "", $0) })
  }

  @Test("builds every model whose tables are there and says which are not; an incremental one takes what is new and what has changed")
  func builds() async throws {
    let study = try await Study(participants: 6, days: 3)
    #expect(try await study.run().result.exit == 0)
    let first = try await study.flowrun(["transform"], ["--models", ModelImage.folder, "--format", "json"])
    #expect(first.exit == 0, "\(first.errors)")
    let models = try Self.models(first)
    #expect(models["daily_sleep"]?["skipped"] != nil)
    #expect((models["sleep_stages"]?["skipped"] as? String)?.contains("has no table 'fitbit_sleep_stage_local'") == true)
    let days = try study.rows("SELECT count(*) FROM fct_steps")[0], total = try study.rows("SELECT count(*) FROM fitbit_daily_activity")[0]
    #expect("\(models["fct_steps"]?["rows"] ?? "")" == days && days == total)
    let text = try await study.flowrun(["transform"], ["--models", ModelImage.folder])
    #expect(text.exit == 0 && text.output.contains("sleep_stages: skipped: database"), "\(text.output)")

    try study.simulator.advance(by: .seconds(26 * 3600))
    #expect(try await study.run().result.exit == 0)
    // A day from before, as a backfill would add it, and one that is revised.
    let before = try study.rows("SELECT participant, day, steps, transformed_at FROM fct_steps ORDER BY 1, 2")
    let later = try Self.models(try await study.flowrun(["transform"], ["--models", ModelImage.folder, "--select", "fct_steps", "--format", "json"]))
    #expect(later.keys.sorted() == ["fct_steps"])
    #expect(later["fct_steps"]?["inserted"] as? Int ?? 0 > 0 && later["fct_steps"]?["updated"] as? Int ?? 0 > 0)
    let wanted = try study.rows("SELECT p.name, d.date, d.steps FROM fitbit_daily_activity AS d JOIN participant AS p ON p.participant_id = d.participant_id ORDER BY 1, 2")
    #expect(try study.rows("SELECT participant, day, steps FROM fct_steps ORDER BY 1, 2") == wanted)
    let after = try study.rows("SELECT participant, day, steps, transformed_at FROM fct_steps ORDER BY 1, 2")
    #expect(!Set(before).intersection(after).isEmpty, "days that have not changed are not written again")
    await study.simulator.stop()
  }

  @Test("finds every problem before it builds anything")
  func problems() async throws {
    let study = try await Study(participants: 3, days: 1)
    #expect(try await study.run().result.exit == 0)
    func transform(_ more: String...) async throws -> BuiltBinary.Result { try await study.flowrun(["transform"], more) }
    try study.binary.write("select * from {{ source('flowrun', 'fitbit_daily_activty') }}", to: "wrong/a.sql")
    try study.binary.write("select 1 as one", to: "wrong/participant.sql")
    try study.binary.write("select 1 as one", to: "wrong/good.sql")
    let wrong = try await transform("--models", "wrong")
    #expect(wrong.exit == 78)
    #expect(wrong.errors.contains("wrong/a.sql:1:36: error: ") && wrong.errors.contains("did you mean 'fitbit_daily_activity'?"), "\(wrong.errors)")
    #expect(wrong.errors.contains("'participant' is a table of flowrun's own"), "\(wrong.errors)")
    #expect(try await transform("--models", ModelImage.folder, "--select", "good").exit == 64)
    #expect(try await transform("--models", "nowhere").exit == 64)
    let missing = try await transform("--models", ModelImage.folder, "--select", "daily_sleep")
    #expect(missing.exit == 78 && missing.errors.contains("daily_sleep"), "\(missing.errors)")
    try study.binary.write("select nothing from {{ source('flowrun', 'participant') }}", to: "bad/one.sql")
    try study.binary.write("select * from {{ ref('one') }}", to: "bad/two.sql")
    try study.binary.write("{{ config(materialized='table') }} select name as participant from {{ source('flowrun', 'participant') }}", to: "bad/three.sql")
    let bad = try await transform("--models", "bad")
    #expect(bad.exit == 1 && bad.errors.contains("bad/one.sql") && bad.errors.contains("model 'two'"), "\(bad.errors)")
    #expect(try study.rows("SELECT count(*) FROM three") == ["3"])
    await study.simulator.stop()
  }

  @Test("killed at any statement, every model is as it was or as it will be, and the next time finishes the rest")
  func killed() async throws {
    let study = try await Study(participants: 4, days: 1)
    #expect(try await study.run().result.exit == 0)
    let select = ["--models", ModelImage.folder, "--select", "intraday_activity", "--select", "valid_days", "--select", "fct_steps"]
    #expect(try await study.flowrun(["transform"], select).exit == 0)
    let old = try study.rows("SELECT count(*) FROM valid_days") + study.rows("SELECT count(*) FROM fct_steps")
    try study.simulator.advance(by: .seconds(26 * 3600))
    #expect(try await study.run().result.exit == 0)
    let days = try study.rows("SELECT count(*) FROM fitbit_daily_activity")[0]
    for (boundary, call) in [("begin", 4), ("commit", 3), ("commit", 4), ("statement", 25), ("statement", 40)] {
      let rule = ["FLOWRUN_INTERFERENCE": "kill before sql.\(boundary) * \(call)"]
      _ = try await study.flowrun(["transform"], select, environment: rule)
      let found = try study.rows("SELECT count(*) FROM fct_steps")[0]
      #expect(found == old[1] || found == days, "\(boundary) \(call): \(found)")
    }
    let whole = try await study.flowrun(["transform"], select)
    #expect(whole.exit == 0, "\(whole.errors)")
    #expect(try study.rows("SELECT count(*) FROM fct_steps") == [days])
    #expect(try study.rows("SELECT count(*) FROM valid_days")[0] != old[0])
    await study.simulator.stop()
  }

  @Test("withdrawal with erasure takes the rows that models have made")
  func erasure() async throws {
    let study = try await Study(participants: 4, days: 2)
    #expect(try await study.run().result.exit == 0)
    #expect(try await study.flowrun(["transform"], ["--models", ModelImage.folder]).exit == 0)
    let names = try study.rows("SELECT DISTINCT participant FROM fct_steps ORDER BY 1"), name = try #require(names.first)
    let result = try await study.flowrun(["participants", "withdraw"], [name, "--erase-data"])
    #expect(result.exit == 0, "\(result.errors)")
    for model in ["fct_steps", "daily_activity", "valid_days", "intraday_activity", "active_zones"] {
      #expect(try study.rows("SELECT count(*) FROM \(model) WHERE participant = '\(name)'") == ["0"], "\(model)")
      #expect(try study.rows("SELECT count(DISTINCT participant) FROM \(model)") != ["0"], "\(model)")
    }
    await study.simulator.stop()
  }
}

@Suite("BuildModels in a flow", .timeLimit(.minutes(5)))
struct BuildModelsRunTests {
  /// The shipped flow with the processor at its end.
  private static func edit(_ text: String, models: String = ModelImage.folder, select: String = "[fct_steps, +valid_days]") -> String {
    let processor = """
        - name: build models
          type: BuildModels
          properties: { database: database, models: "\(models)", select: \(select) }
          to: { success: drop, failure: errors }
      """
    return text.replacing("table: fitbit_daily_activity, key: [date], provider: fitbit }\n    retry: { attempts: 3, backoff: 1s, max_backoff: 10s, on: [failure] }\n    to: { success: drop,", with: "table: fitbit_daily_activity, key: [date], provider: fitbit }\n    retry: { attempts: 3, backoff: 1s, max_backoff: 10s, on: [failure] }\n    to: { success: build models,") + "\n" + processor + "\n"
  }

  @Test("the run builds them once when it has ended by itself, also when nothing was collected; a run that is stopped does not")
  func builds() async throws {
    let study = try await Study(participants: 5, days: 2)
    let flow = try study.editedFlow { Self.edit($0) }
    func run(_ more: [String] = [], signals: [BuiltBinary.Signal] = []) async throws -> (result: BuiltBinary.Result, models: [[String: Any]]?) {
      let result = try await study.flowrun(["run"], flow: flow, ["--format", "json"] + more, signals: signals)
      return (result, (try? result.json())?["models"] as? [[String: Any]])
    }
    let valid = try await study.flowrun(["validate"], flow: flow)
    #expect(valid.exit == 0, "\(valid.errors)")
    let first = try await run()
    #expect(first.result.exit == 0, "\(first.result.errors)")
    #expect(first.models?.compactMap { $0["name"] as? String }.sorted() == ["fct_steps", "intraday_activity", "valid_days"])
    let days = try study.rows("SELECT count(*) FROM fct_steps"), total = try study.rows("SELECT count(*) FROM fitbit_daily_activity")
    #expect(days == total && days != ["0"])
    // What a run that was killed has left.
    let next = try await run()
    #expect(next.models?.first { $0["name"] as? String == "fct_steps" }?["inserted"] as? Int == 0)
    try study.simulator.advance(by: .seconds(26 * 3600))
    let stopped = try await run(["--timeout", "1ms"])
    #expect(stopped.models == nil, "\(stopped.result.output)")
    #expect(try study.rows("SELECT count(*) FROM fct_steps") == days)
    let text = try await study.flowrun(["run"], flow: flow)
    #expect(text.exit == 0 && text.output.contains("model         fct_steps: "), "\(text.output)\(text.errors)")
    #expect(try study.rows("SELECT count(*) FROM fct_steps") != days)
    await study.simulator.stop()
  }

  @Test("a problem of a model file is one of the flow, and a model that fails fails the run")
  func problems() async throws {
    let study = try await Study(participants: 3, days: 1)
    try study.binary.write("select * from {{ reff('x') }}", to: "mine/a.sql")
    let flow = try study.editedFlow { Self.edit($0, models: "mine", select: "[]") }
    for command in ["validate", "run"] {
      let refused = try await study.flowrun([command], flow: flow)
      #expect(refused.exit == 78 && refused.errors.contains("mine/a.sql:1:18: error: unknown name 'reff'"), "\(refused.errors)")
    }
    try study.binary.write("select nothing from {{ source('flowrun', 'participant') }}", to: "mine/a.sql")
    let failed = try await study.flowrun(["run"], flow: flow)
    #expect(failed.exit == 1 && failed.errors.contains("the models cannot be built"), "\(failed.errors)")
    let unknown = try study.editedFlow(as: "unknown.yaml") { Self.edit($0, models: "mine", select: "[b]") }
    let refused = try await study.flowrun(["validate"], flow: unknown)
    #expect(refused.exit == 78 && refused.errors.contains("unknown.yaml:") && refused.errors.contains("'b'"), "\(refused.errors)")
    await study.simulator.stop()
  }
}
