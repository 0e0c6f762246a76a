import FlowCore
import StudyModel

extension StoreConformance {
  /// For stores that build models.
  static let models: [StoreCheck] = [
    model("a view, a table and an incremental table hold what their SELECT gives, and are found with their kinds") { bench, models in
      try await bench.writeDays(["2026-01-05": 100, "2026-01-06": 200])
      try expect(try await models.build(Days.view, restoring: []), is: BuiltModel())
      try expect(try await models.build(Days.table, restoring: []), is: BuiltModel(rows: 2))
      try expect(try await models.build(Days.incremental, restoring: []), is: BuiltModel(rows: 2))
      let relations = try await models.relations()
      func found(_ name: String) -> StoredRelation? { relations.first { $0.name == name } }
      try expect(found("day_view"), is: StoredRelation(name: "day_view", kind: .view, builtAs: .view))
      try expect(found("day_table"), is: StoredRelation(name: "day_table", kind: .table, builtAs: .table))
      try expect(found("day_growing"), is: StoredRelation(name: "day_growing", kind: .table, builtAs: .incremental))
      for name in ["days", "participant", "slice"] { try expect(found(name)?.isOwn, is: true, name) }
    },
    model("a second build changes what has changed: a table as a whole, an incremental one by its key") { bench, models in
      try await bench.writeDays(["2026-01-05": 100, "2026-01-06": 200])
      for build in [Days.view, Days.table, Days.incremental] { _ = try await models.build(build, restoring: []) }
      try expect(try await models.build(Days.incremental, restoring: []), is: BuiltModel(rows: 2, inserted: 0, updated: 0))
      try await bench.writeDays(["2026-01-04": 50, "2026-01-06": 250], fetched: 2000)
      try expect(try await models.build(Days.view, restoring: []), is: BuiltModel())
      try expect(try await models.build(Days.table, restoring: []), is: BuiltModel(rows: 3))
      try expect(try await models.build(Days.incremental, restoring: []), is: BuiltModel(rows: 3, inserted: 1, updated: 1))
      try expect(try await models.build(Days.incremental, restoring: []), is: BuiltModel(rows: 3, inserted: 0, updated: 0))
    },
    model("a model whose columns or kind change is made anew, and says so; views of the project that stand on it are made again") { bench, models in
      try await bench.writeDays(["2026-01-05": 100])
      _ = try await models.build(Days.table, restoring: [])
      let above = ModelBuild(name: "above", kind: .view, select: "SELECT participant, steps FROM \"day_table\"")
      let higher = ModelBuild(name: "higher", kind: .view, select: "SELECT steps FROM \"above\"")
      for view in [above, higher] { _ = try await models.build(view, restoring: [above, higher]) }
      var wider = Days.table
      wider.select = "SELECT 1 AS one, m.* FROM (\(Days.table.select)) AS m"
      try expect(try await models.build(wider, restoring: [above, higher]), is: BuiltModel(rows: 1, rebuilt: "its columns have changed"))
      var incremental = wider
      incremental.kind = .incremental
      incremental.selectOnTop = wider.select
      try expect(try await models.build(incremental, restoring: [above, higher]), is: BuiltModel(rows: 2, inserted: 1, updated: 0))
      var view = wider
      view.kind = .view
      try expect(try await models.build(view, restoring: [above, higher]).rebuilt, is: "it was a table")
      let names = try await models.relations().map(\.name)
      try expect(names.contains("above") && names.contains("higher"), is: true)
      try expect(try await models.build(ModelBuild(name: "count", kind: .table, select: "SELECT steps FROM \"higher\""), restoring: []), is: BuiltModel(rows: 1))
    },
    model("flowrun's own tables and relations with other columns are not replaced") { bench, models in
      try await bench.writeDays(["2026-01-05": 100])
      for name in ["days", "slice", "participant"] {
        try await expectFailure(name) { _ = try await models.build(ModelBuild(name: name, kind: .table, select: "SELECT 1 AS a"), restoring: []) } _: {
          ($0 as? Diagnostic)?.code == .relationTaken
        }
      }
      try expect(try await bench.rows(in: Bench.days), is: ["2026-01-05|100|NULL"])
    },
    model("a model that fails leaves the old relation as it was") { bench, models in
      try await bench.writeDays(["2026-01-05": 100])
      _ = try await models.build(Days.table, restoring: [])
      var broken = Days.table
      broken.select = "SELECT * FROM there_is_no_such_table"
      try await expectFailure("a missing table") { _ = try await models.build(broken, restoring: []) }
      try expect(try await models.build(ModelBuild(name: "copy", kind: .table, select: "SELECT * FROM \"day_table\""), restoring: []), is: BuiltModel(rows: 1))
    },
    model("after an interruption at any point the old relation is there, or the new one") { bench, models in
      try await bench.writeDays(["2026-01-05": 100])
      for build in [Days.table, Days.incremental] { _ = try await models.build(build, restoring: []) }
      try await bench.writeDays(["2026-01-06": 200])
      for failing in 1..<60 {
        let calls = Locked<Int?>(nil)
        let store = try await bench.another { _ in
          let isNow = calls.withLock { calls in
            calls = calls.map { $0 + 1 }
            return calls == failing
          }
          if isNow { throw ProcessorError(.disk, "injected by the test") }
        }
        guard let broken = store.models else { throw BrokenPromise(description: "a store that builds models has another that does not") }
        var isWhole = true
        for build in [Days.table, Days.incremental] {
          calls.withLock { $0 = 0 }
          do { _ = try await broken.build(build, restoring: []) } catch { isWhole = false }
          calls.withLock { $0 = nil }
          let rows = try await models.build(ModelBuild(name: "copy", kind: .table, select: "SELECT * FROM \"\(build.name)\""), restoring: []).rows ?? 0
          try expect(rows == 1 || rows == 2, is: true, "\(build.name) has \(rows) rows after call \(failing)")
        }
        try await store.close()
        if isWhole { return }
      }
      throw BrokenPromise(description: "a build passes more boundaries than were tried")
    },
    model("builds at the same time wait for each other") { bench, models in
      try await bench.writeDays(["2026-01-05": 100])
      let other = try await bench.another()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<6 {
          group.addTask { _ = try await (number % 2 == 0 ? models : other.models ?? models).build(Days.incremental, restoring: []) }
        }
        try await group.waitForAll()
      }
      try expect(try await models.build(Days.incremental, restoring: []), is: BuiltModel(rows: 1, inserted: 0, updated: 0))
    },
    model("erasing a participant erases the rows that models made, by name, and no one else's") { bench, models in
      for participant in ["P0001", "P0002"] { try await bench.writeDays(["2026-01-05": 100, "2026-01-06": 200], of: participant) }
      for build in [Days.view, Days.table, Days.incremental] { _ = try await models.build(build, restoring: []) }
      let erasure = try await bench.store.erase(participant: "P0001")
      try expect(erasure.rows, is: ["days": 2, "day_table": 2, "day_growing": 2])
      for name in ["day_view", "day_table", "day_growing"] {
        let left = ModelBuild(name: "left_rows", kind: .table, select: "SELECT * FROM \"\(name)\" WHERE participant = 'P0002'")
        try expect(try await models.build(left, restoring: []).rows, is: 2, name)
      }
      try expect(try await models.build(Days.incremental, restoring: []), is: BuiltModel(rows: 2, inserted: 0, updated: 0))
    },
  ]

  private static func model(_ description: String, _ body: @escaping @Sendable (StoreBench, any ModelDatabase) async throws -> Void) -> StoreCheck {
    StoreCheck(description) { bench in
      guard let models = bench.store.models else { return }
      try await body(bench, models)
    }
  }

  /// Models of the table `days`.
  private enum Days {
    private static let select = "SELECT p.name AS participant, d.date AS day, d.steps AS steps FROM \"days\" AS d JOIN \"participant\" AS p ON p.participant_id = d.participant_id"
    static let view = ModelBuild(name: "day_view", kind: .view, select: select)
    static let table = ModelBuild(name: "day_table", kind: .table, select: select)
    static let incremental = ModelBuild(
      name: "day_growing", kind: .incremental, select: select,
      selectOnTop: select + " LEFT JOIN \"day_growing\" AS k ON k.participant = p.name AND k.day = d.date WHERE k.steps IS NULL OR k.steps <> d.steps",
      uniqueKey: ["participant", "day"])
  }
}

extension StoreBench {
  /// Steps by date.
  fileprivate func writeDays(_ steps: [String: Int64], fetched: Int64 = 1000, of participant: String = "P0001") async throws {
    let days = steps.sorted { $0.key < $1.key }
    let batch = RecordBatch(
      columns: [.init(name: "date", values: .text(days.map(\.key))), .init(name: "steps", values: .integer(days.map(\.value)))], count: days.count)
    let first = CivilDate(text: days[0].key).map { Int64($0.daysSince1970) * 1440 - Self.day / 60 } ?? 0
    try await write(batch, Self.slice(first, first + 4320, fetched: fetched, type: "days", of: participant), in: Self.days, of: participant)
  }
}
