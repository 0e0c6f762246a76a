import FlowCore
import FlowFileSystem
import FlowTesting
import Foundation
import StudyModel
import Testing

@testable import FlowModels

/// A folder of model files.
private struct Models {
  let folder: TemporaryFolder

  init(_ files: [String: String]) throws {
    folder = try TemporaryFolder()
    for (name, text) in files {
      let url = URL(filePath: folder.path("models/" + name))
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: url, atomically: true, encoding: .utf8)
    }
  }

  func read() throws -> ModelProject { try ModelProject.read(folder.path("models"), fileSystem: POSIXFileSystem()) }

  /// The problems, without the folder.
  func problems() -> [String] {
    do {
      _ = try read()
      return []
    } catch let problems as Diagnostics {
      return problems.all.map { $0.description.replacing(folder.path("models"), with: "M") }
    } catch {
      return ["\(error)"]
    }
  }
}

@Suite("A folder of models")
struct ModelProjectTests {
  @Test("is put into the order of references; of a dbt project the folder models is read, with its folders")
  func order() throws {
    let files = ["a.sql": "select * from {{ ref('c') }}", "b.sql": "select 1 as x", "deep/c.sql": "select * from {{ ref('b') }}", ".hidden.sql": "{{", "note.txt": "{{"]
    #expect(try Models(files).read().models.map(\.name) == ["b", "c", "a"])
    let project = Dictionary(uniqueKeysWithValues: files.map { ("models/" + $0, $1) }).merging(["dbt_project.yml": "name: x", "tests/t.sql": "{{ nothing"]) { first, _ in first }
    #expect(try Models(project).read().models.map(\.name) == ["b", "c", "a"])
  }

  @Test(
    "with a mistake is refused", arguments: [
      ([:], ["M: error: there is no such folder of models; expected a folder with model files, or a dbt project such as Flows/models"]),
      (["x.txt": ""], ["M: error: the folder has no models; expected files NAME.sql, one for each relation"]),
      (
        ["daily.sql": "select 1 as a", "x.sql": "select *\nfrom {{ ref('dialy') }}"],
        ["M/x.sql:2:13: error: there is no model 'dialy'; expected one of the project's 2 models; did you mean 'daily'?"]
      ),
      (
        ["a.sql": "select * from {{ ref('b') }}", "b.sql": "select * from {{ ref('c') }}", "c.sql": "select * from {{ ref('a') }}", "d.sql": "select * from {{ ref('d') }}"],
        [
          "M/a.sql:1:22: error: models refer to each other in a circle: a → b → c → a; expected references that end",
          "M/d.sql:1:22: error: models refer to each other in a circle: d → d; expected references that end",
        ]
      ),
      (["a b.sql": "select 1"], ["M/a b.sql: error: the model would be called 'a b'; expected at most 48 letters, digits and _, not beginning with a digit"]),
      (["flowrun_x.sql": "select 1"], ["M/flowrun_x.sql: error: the name 'flowrun_x' is reserved by the database or by flowrun; expected another name"]),
      (["a.sql": "select 1", "in/A.sql": "select 1"], ["M/in/A.sql: error: M/a.sql has the same name; expected each name once, ignoring case"]),
      (["a.sql": "{{ x }}", "b.sql": "{% y %}"], [
        "M/a.sql:1:4: error: unknown name 'x'; expected one of source, ref, this, config", "M/b.sql:1:4: error: unknown name 'y'; expected one of if, endif",
      ]),
    ] as [([String: String], [String])])
  func mistakes(files: [String: String], problems: [String]) throws {
    let models = try Models(files)
    if files.isEmpty { #expect(!FileManager.default.fileExists(atPath: models.folder.path("models"))) }
    #expect(models.problems() == problems)
  }
}

@Suite("The plan of a build")
struct ModelPlanTests {
  private static let relations = [
    StoredRelation(name: "days", kind: .table, isOwn: true), StoredRelation(name: "mine", kind: .table), StoredRelation(name: "built", kind: .table, builtAs: .table),
  ]

  private static func plan(_ files: [String: String], _ select: [String] = []) throws -> [String] {
    let project = try Models(files).read(), selection = ModelSelection(select)
    try selection.check(project)
    return try ModelPlan(project, selection, relations: relations, tables: ["days", "nights"], in: "d").steps.map { step in
      switch step.action {
      case .build: step.name
      case .skip(let reason): "\(step.name) skipped: \(reason)"
      }
    }
  }

  private static func problems(_ files: [String: String], _ select: [String] = []) -> [String] {
    do {
      _ = try plan(files, select)
      return []
    } catch let problems as Diagnostics {
      return problems.all.map { String($0.message) }
    } catch {
      return ["\(error)"]
    }
  }

  private static let days = "select * from {{ source('flowrun', 'days') }}"
  private static let nights = "select * from {{ source('flowrun', 'nights') }}"

  @Test("skips what has no table, and what refers to it, and builds the rest")
  func skips() throws {
    let files = ["a.sql": Self.days, "b.sql": Self.nights, "c.sql": "select * from {{ ref('b') }}, {{ ref('a') }}"]
    #expect(
      try Self.plan(files) == [
        "a", "b skipped: database 'd' has no table 'nights'", "c skipped: model 'b', which it refers to, is skipped",
      ])
    #expect(Self.problems(files, ["c"]) == ["model 'c': model 'b', which it refers to, is skipped; expected it in database 'd', since the model is selected"])
  }

  @Test("of selected models has these alone, or with what they refer to")
  func selected() throws {
    let files = ["a.sql": Self.days, "built.sql": "{{ config(materialized='table') }}" + Self.days, "c.sql": "select * from {{ ref('built') }}", "d.sql": "select * from {{ ref('a') }}, {{ ref('c') }}"]
    #expect(try Self.plan(files, ["c"]) == ["c"])
    #expect(try Self.plan(files, ["+d"]) == ["a", "built", "c", "d"])
    #expect(Self.problems(files, ["d"]).count == 2, "a and c are not there")
    #expect(Self.problems(files, ["dd"]).first?.hasPrefix("--select 'dd': there is no such model in ") == true)
  }

  @Test(
    "is refused for a table that no flow has, and for a name that is taken", arguments: [
      (
        ["a.sql": "select * from {{ source('flowrun', 'dayz') }}"],
        "there is no table or view 'dayz' in database 'd'; expected one of the tables that the study's flows fill; did you mean 'days'?"
      ),
      (["days.sql": "select 1 as a"], "model 'days': 'days' is a table of flowrun's own in database 'd'; expected a name of its own; rename the model's file"),
      (
        ["mine.sql": "select 1 as a"],
        "model 'mine': database 'd' has a table 'mine' that flowrun did not build, and the model is a view; expected the name to be free, or a view; rename the model, or remove the table if it is not needed (DROP TABLE \"mine\")"
      ),
    ])
  func refused(files: [String: String], problem: String) { #expect(Self.problems(files) == [problem]) }
}
