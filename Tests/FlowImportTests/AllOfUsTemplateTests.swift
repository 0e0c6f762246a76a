import FlowImport
import Foundation
import Testing

@Suite("The guide's page about the All of Us template")
struct AllOfUsTemplateTests {
  /// A line of the page's tables.
  private struct Defect {
    /// The process group whose table it is in.
    var group: String
    var title: String
    /// Names of the template's processors.
    var places: [String]
    /// `MODULE.SUITE/FUNCTION`.
    var tests: [String]
  }

  private static let defects: [Defect] = {
    let page = ImportBench.repository.appending(path: "Sources/flowrun/Guide.docc/AllOfUsTemplate.md")
    var group = "", defects: [Defect] = []
    for line in ((try? String(contentsOf: page, encoding: .utf8)) ?? "").components(separatedBy: "\n") {
      if line.hasPrefix("## ") { group = String(line.dropFirst(3)) }
      guard line.hasPrefix("| "), !line.hasPrefix("| Defect |") else { continue }
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == 5 else { continue }
      defects.append(Defect(group: group, title: cells[0], places: quoted(cells[1]), tests: quoted(cells[4])))
    }
    return defects
  }()

  private static func quoted(_ cell: String) -> [String] { cell.matches(of: #/`([^`]+)`/#).map { String($0.1) } }

  @Test("has a check for each defect, and a test of what flowrun does")
  func complete() {
    #expect(Self.defects.count > 30 && Set(Self.defects.map(\.title)) == Set(TemplateDefects.all.keys))
    #expect(Set(Self.defects.map(\.title)).count == Self.defects.count)
    for defect in Self.defects { #expect(!defect.tests.isEmpty, "\(defect.title)") }
  }

  @Test("the template has the defect", .enabled(if: ImportBench.hasPublic), arguments: TemplateDefects.all.keys.sorted())
  func present(_ title: String) throws {
    let check = try #require(TemplateDefects.all[title])
    #expect(try check(TemplateGraph()))
  }

  @Test("names the template's own groups, processors and relationships", .enabled(if: ImportBench.hasPublic))
  func names() throws {
    let template = try TemplateGraph()
    let groups = Set(template.flow.groups.map(\.name)), processors = Set(template.processors.map(\.name))
    let words = Set(template.processors.flatMap(\.relationships)).union(template.processors.flatMap(\.properties).map(\.name))
    // What is quoted of values: a file, a folder, an attribute of the query, the tables' columns.
    let values: Set = ["info.json", "./failure", "tablename", "fitbit_hr_summary", "distance", "zone", "date"]
    for defect in Self.defects {
      #expect(groups.contains(defect.group), "\(defect.group)")
      for place in defect.places { #expect(!processors.union(groups).union(words).union(values).isDisjoint(with: [place]), "\(defect.title): \(place)") }
    }
  }

  @Test("names tests that exist")
  func tests() throws {
    var functions: [String: Set<String>] = [:]
    let folder = ImportBench.repository.appending(path: "Tests")
    for case let path as String in FileManager.default.enumerator(atPath: folder.path()) ?? .init() where path.hasSuffix("Tests.swift") {
      let source = try String(contentsOf: folder.appending(path: path), encoding: .utf8), module = path.prefix { $0 != "/" }
      guard let suite = source.firstMatch(of: #/\n(?:final )?(?:struct|class) (\w+Tests)\b/#)?.1 else { continue }
      for test in source.matches(of: #/@Test\b[\s\S]*?\n  func (\w+)\(/#) { functions["\(module).\(suite)", default: []].insert(String(test.1)) }
    }
    for test in Set(Self.defects.flatMap(\.tests)) {
      let parts = test.split(separator: "/").map(String.init)
      #expect(parts.count == 2 && functions[parts[0]]?.contains(parts[1]) == true, "there is no test \(test)")
    }
  }
}
