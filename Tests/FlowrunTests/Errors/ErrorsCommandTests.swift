import FlowPackaging
import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("flowrun errors")
struct ErrorsCommandTests {
  private static func count(_ study: Study, _ arguments: [String]) async throws -> Int {
    let list = try await study.binary.run(["errors", "list", "--format", "json"] + arguments)
    #expect(list.exit == 0, "\(list.errors)")
    return try #require(try JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [Any]).count
  }

  @Test("chosen by participant, run and age; summed up by cause, participant and processor; no line wider than the terminal", .timeLimit(.minutes(5)))
  func lists() async throws {
    let (study, _, count) = try await OwnEntriesTests.failedStudy(participants: 3)
    let entries = try await OwnEntriesTests.entries(study)
    let run = try #require(entries.first?["run"] as? String)
    let ofFirst = entries.filter { ($0["attributes"] as? [String: String])?["participant"] == "P0001" }.count
    #expect(try await Self.count(study, ["--participant", "P0001"]) == ofFirst)
    #expect(try await Self.count(study, ["--participant", "P000*", "--run", run, "--since", "1h"]) == count)
    let unknown = try await study.binary.run(["errors", "list", "--run", "no-such-run"])
    #expect(unknown.exit == 64 && unknown.errors.contains("no entry of errors is of this run"), "\(unknown.errors)")
    for by in ["cause", "participant", "processor"] {
      let list = try await study.binary.run(["errors", "list", "--by", by, "--format", "json"])
      let sums = try #require(try JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [[String: Any]])
      #expect(sums.reduce(0) { $0 + ($1["count"] as? Int ?? 0) } == count, "\(list.output)")
      #expect(sums.allSatisfy { $0[by] is String })
    }
    let nobody = try await study.binary.run(["errors", "list", "--participant", "p0001"])
    #expect(nobody.exit == 64 && nobody.errors.contains("did you mean 'P0001'"), "\(nobody.errors)")
    for arguments in [[], ["--by", "cause"], ["--by", "participant"]] {
      let narrow = try await study.binary.run(["errors", "list"] + arguments, environment: ["COLUMNS": "80"])
      let lines = narrow.output.split(separator: "\n")
      #expect(lines.count > 1 && lines.allSatisfy { $0.count <= 80 }, "\(narrow.output)")
      #expect(narrow.output.contains("…"))
    }
    await study.simulator.stop()
  }

  @Test("exported as packages that hold attributes, content and the reason, and no secret; the entries stay", .timeLimit(.minutes(5)))
  func exports() async throws {
    let (study, flow, count) = try await OwnEntriesTests.failedStudy()
    let entries = try await OwnEntriesTests.entries(study)
    func export(_ arguments: [String] = []) async throws -> BuiltBinary.Result {
      try await study.flowrun(["errors", "export"], flow: flow, ["-o", "errors.pkg"] + arguments)
    }
    let exported = try await export()
    #expect(exported.exit == 0 && exported.output == "errors.pkg: \(count == 1 ? "1 entry" : "\(count) entries")\n", "\(exported.errors)")
    let path = study.binary.folder.path("errors.pkg"), bytes = Array(try Data(contentsOf: URL(filePath: path)))
    var reader = PackageReader(bytes), packages: [FlowFilePackage] = []
    while let package = try reader.next() { packages.append(package) }
    #expect(packages.count == count && Set(packages.map { $0.attributes["uuid"] }) == Set(entries.map { $0["uuid"] as? String }))
    for package in packages {
      let entry = try #require(entries.first { $0["uuid"] as? String == package.attributes["uuid"] })
      let own = try #require(entry["attributes"] as? [String: String])
      #expect(own.allSatisfy { package.attributes[$0.key] == $0.value })
      for name in ["cause", "message", "processor"] { #expect(package.attributes[own[name] == nil ? name : "error.\(name)"] == entry[name] as? String) }
      let folder = ["errors", "flow", "run", "processor", "uuid"].map { ($0 == "errors" ? $0 : entry[$0] as? String ?? "").replacing(" ", with: "-") }
      let content = FileManager.default.contents(atPath: study.binary.folder.path(folder.joined(separator: "/") + "/content"))
      #expect(package.content == content.map { Array($0) } ?? [])
    }
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
    #expect(try await Self.count(study, []) == count)
    let cause = try #require(entries.first?["cause"] as? String), other = cause == "scope" ? "bad_data" : "scope"
    let some = try await export(["--cause", cause, "--participant", "P*", "--since", "1h", "--format", "json"])
    let object = try #require(try JSONSerialization.jsonObject(with: Data(some.output.utf8)) as? [String: Any])
    #expect(object["entries"] as? Int == entries.count { $0["cause"] as? String == cause } && object["file"] as? String == "errors.pkg", "\(some.output)")
    let none = try await export(["--cause", other])
    #expect(none.exit == 0 && none.output.isEmpty && none.errors.contains("none of the"), "\(none.errors)")
    let unknown = try await export(["--processor", "no such processor"])
    #expect(unknown.exit == 64 && unknown.errors.contains("there is no such processor"), "\(unknown.errors)")
    let nowhere = try await study.binary.run(["errors", "export", "flow.yaml", "-o", "nowhere/errors.pkg"])
    #expect(nowhere.exit == 64 && nowhere.errors.contains("mkdir -p nowhere"), "\(nowhere.errors)")
    await study.simulator.stop()
  }

  @Test("a missing folder is reported")
  func noFolder() async throws {
    let binary = try BuiltBinary()
    let list = try await binary.run(["errors", "list", "--errors", "nowhere"])
    #expect(list.exit == 64 && list.errors.contains("there is no folder nowhere"), "\(list.errors)")
  }

  @Test("discard removes the named entries after all were found, and reports what is not collected and what would collect it", .timeLimit(.minutes(5)))
  func discards() async throws {
    let (study, _, count) = try await OwnEntriesTests.failedStudy()
    let entries = try await OwnEntriesTests.entries(study)
    let uuid = try #require(entries.first?["uuid"] as? String)
    let mistaken = try await study.binary.run(["errors", "discard", uuid, "no-such-entry"])
    #expect(mistaken.exit == 64 && mistaken.errors.contains("no-such-entry"), "\(mistaken.errors)")
    #expect(try await Self.count(study, []) == count)
    let discarded = try await study.binary.run(["errors", "discard", String(uuid.prefix(13))])
    #expect(discarded.exit == 0, "\(discarded.errors)")
    #expect(discarded.output.contains(uuid) && discarded.output.contains("not collected: daily-activity of P000"), "\(discarded.output)")
    #expect(discarded.output.contains("flowrun flow.yaml"), "\(discarded.output)")
    #expect(try await Self.count(study, []) == count - 1)
    await study.simulator.stop()
  }
}
