import FlowExport
import FlowSimulator
import FlowTesting
import Foundation
import GRDB
import Testing

@Suite("flowrun export")
struct ExportCommandTests {
  /// The files below a folder, by their paths in it; without those that are not finished.
  private static func files(_ folder: String) -> [String: Data] {
    let root = URL(filePath: folder).resolvingSymlinksInPath()
    var files: [String: Data] = [:]
    for case let file as URL in FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil) ?? .init() {
      let key = String(file.resolvingSymlinksInPath().path.dropFirst(root.path.count + 1))
      if !key.contains(".flowrun-"), let data = try? Data(contentsOf: file) { files[key] = data }
    }
    return files
  }

  private static func manifest(_ files: [String: Data]) throws -> ExportManifest {
    try JSONDecoder().decode(ExportManifest.self, from: try #require(files["_manifest.json"]))
  }

  @Test("has every row of the database, in each layout; a later sync changes only partitions that have changed", .timeLimit(.minutes(5)))
  func laterSync() async throws {
    let study = try await Study(participants: 4, days: 3)
    #expect(try await study.run().result.exit == 0)
    func export(_ target: String, _ more: String...) async throws -> [String: Data] {
      let result = try await study.flowrun(["export"], ["-o", target] + more)
      #expect(result.exit == 0, "\(result.errors)")
      return Self.files(study.binary.folder.path(target))
    }
    let first = try await export("data")
    #expect(try await export("data") == first, "the same export again")
    let rows = Dictionary(grouping: try Self.manifest(first).files, by: \.table).mapValues { $0.reduce(0) { $0 + $1.rows } }
    try study.store.mirror(to: study.database)
    let queue = try DatabaseQueue(path: study.database)
    for table in ["fitbit_daily_activity", "fitbit_hr_summary", "fitbit_intraday_hr", "fitbit_intraday_steps"] {
      let count = try await queue.read { try Int64.fetchOne($0, sql: "SELECT count(*) FROM \(table)") }
      #expect(rows[table] == count, "\(table)")
    }
    for layout in ["all-of-us", "mydatahelps", "rapids"] { #expect(try await export(layout, "--layout", layout, "--format", "csv").count > 3, "\(layout)") }
    try study.simulator.advance(by: .seconds(26 * 3600))
    #expect(try await study.run().result.exit == 0)
    let second = try await export("data")
    let entries = try Self.manifest(second).files
    for (key, data) in first where second[key] == data { #expect(entries.contains { $0.key == key }) }
    #expect(second["_manifest.json"] != first["_manifest.json"] && entries.reduce(0) { $0 + $1.rows } > rows.values.reduce(0, +))
    await study.simulator.stop()
  }

  @Test("killed at a file's rename, each file is the old one or the new one, and the next export completes it", .timeLimit(.minutes(5)))
  func killed() async throws {
    let study = try await Study(participants: 3, days: 2)
    #expect(try await study.run().result.exit == 0)
    func export(_ target: String, _ rule: String? = nil) async throws -> Int32 {
      try await study.flowrun(["export"], ["-o", target, "--format", "csv"], environment: rule.map { ["FLOWRUN_INTERFERENCE": $0] } ?? [:]).exit
    }
    #expect(try await export("data") == 0)
    let old = Self.files(study.binary.folder.path("data"))
    try study.simulator.advance(by: .seconds(20 * 3600))
    #expect(try await study.run().result.exit == 0)
    #expect(try await export("reference") == 0)
    let new = Self.files(study.binary.folder.path("reference"))
    for (moment, call) in [("before", 1), ("after", 2), ("before", 4), ("after", new.count)] {
      try? FileManager.default.removeItem(atPath: study.binary.folder.path("data"))
      try FileManager.default.createDirectory(atPath: study.binary.folder.path("data"), withIntermediateDirectories: true)
      for (key, data) in old {
        let file = URL(filePath: study.binary.folder.path("data/\(key)"))
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
      }
      #expect(try await export("data", "kill \(moment) file.rename data/ \(call)") == 9, "\(moment) \(call)")
      let found = Self.files(study.binary.folder.path("data"))
      for key in Set(old.keys).union(new.keys) { #expect(found[key] == old[key] || found[key] == new[key], "\(moment) \(call): \(key)") }
      #expect(try await export("data") == 0)
      #expect(Self.files(study.binary.folder.path("data")) == new, "\(moment) \(call)")
      #expect(Self.files(study.binary.folder.path(".flowrun/export")).isEmpty)
    }
    await study.simulator.stop()
  }

  @Test("what cannot be exported is said with its exit code, and nothing is written")
  func refusals() async throws {
    let study = try await Study(participants: 2, days: 1)
    func result(_ more: [String]) async throws -> BuiltBinary.Result { try await study.flowrun(["export"], more) }
    let none = try await result(["-o", "data"])
    #expect(none.exit == 64 && none.errors.contains("run the flow first: flowrun "), "\(none.errors)")
    #expect(try await study.run().result.exit == 0)
    let cases: [(options: [String], words: String)] = [
      (["-o", "data", "--participant", "P9999"], "no participant in the database matches"), (["-o", "data", "--layout", "rapid"], "did you mean 'rapids'?"),
      (["-o", "data", "--from", "2026-02-01", "--until", "2026-01-01"], "half-open"), ([], "target"), (["-o", "~/data"], "expected"),
    ]
    for (options, words) in cases {
      let result = try await result(options)
      #expect(result.exit == 64 && result.errors.contains(words), "\(options): \(result.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: study.binary.folder.path("data")))
    #expect(try await result(["-o", "data"]).exit == 0)
    let other = try await result(["-o", "data", "--format", "csv"])
    #expect(other.exit == 64 && other.errors.contains("it holds an export with format 'parquet'"), "\(other.errors)")
    let location = try await result(["-o", "s3://Bad_Bucket"])
    #expect(location.exit == 78, "\(location.errors)")
    await study.simulator.stop()
  }
}
