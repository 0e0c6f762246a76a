import FlowCore
import FlowDefinition
import Foundation
import StudyModel
import Testing

/// The codes of all problems of the invalid flow files and of the mistakes in shipped flows.
@Suite("The code of a problem")
struct DiagnosticCodeTests {
  private static func diagnostics(of result: Result<FlowGraph, Diagnostics>) -> [Diagnostic] {
    if case .failure(let found) = result { found.all } else { [] }
  }

  private static func fixture(_ name: String) throws -> [Diagnostic] {
    let text = try Data(contentsOf: InvalidFlowTests.folder.appending(path: name + ".yaml"))
    let (given, environment) = InvalidFlowTests.settings(in: String(decoding: text, as: UTF8.self))
    return diagnostics(of: load(bytes: Array(text), file: name + ".yaml", given: given, environment: environment))
  }

  /// Codes are stable. `RECORD=1` rewrites the list and still fails.
  @Test("of each invalid flow file is stable")
  func codesAreStable() throws {
    let lines = try InvalidFlowTests.names.map { name in
      "\(name): " + (try Self.fixture(name)).map(\.code.id).joined(separator: " ")
    }
    let found = lines.joined(separator: "\n") + "\n"
    let place = InvalidFlowTests.folder.deletingLastPathComponent().appending(path: "codes.txt")
    if ProcessInfo.processInfo.environment["RECORD"] == "1" {
      try Data(found.utf8).write(to: place)
      Issue.record("recorded codes.txt")
    }
    #expect(found == String(decoding: try Data(contentsOf: place), as: UTF8.self))
  }

  @Test("is in the table, and every code of the table is used")
  func tableIsExact() throws {
    var raised: Set<DiagnosticCode> = []
    for name in InvalidFlowTests.names { raised.formUnion(try Self.fixture(name).map(\.code)) }
    for mistake in Mistake.all {
      let (text, _) = try mistake.edited()
      raised.formUnion(Self.diagnostics(of: ShippedFlows.load(text, mistake.flow)).map(\.code))
    }
    // A fixture would be too large.
    let tooLarge = [UInt8](repeating: UInt8(ascii: "#"), count: (1 << 20) + 1)
    raised.formUnion(Self.diagnostics(of: load(bytes: tooLarge)).map(\.code))
    // Known only where the run's folders are: `check` and a run give it, and have their tests.
    raised.insert(.protectedPath)
    let table = Set((DiagnosticGroup.language + [.study]).flatMap(\.codes).filter { $0.severity == .error })
    #expect(table.subtracting(raised).map(\.id).sorted() == [], "declared, and no example gives it")
    #expect(raised.subtracting(table).map(\.id).sorted() == [], "given, and not in the table")
  }

  @Test(
    "has a range that ends after the text in question",
    arguments: [
      ("unknown-property", "cuont", 5), ("unknown-destination", "stroe", 5), ("unknown-processor-type", "GenerateFlowFiles", 17),
      // Quoted in the file.
      ("duplicate-keys", "count", 7),
    ])
  func ends(name: String, text: String, length: Int) throws {
    let diagnostic = try #require(try Self.fixture(name).first { $0.found.contains("'\(text)'") })
    let start = try #require(diagnostic.position)
    #expect(diagnostic.place.end == SourcePosition(line: start.line, column: start.column + length))
  }
}
