import FlowCore
import FlowRuntime
import Foundation
import Testing

@Suite("The table of codes")
struct DiagnosticPageTests {
  private static let codes = DiagnosticPage.groups.flatMap(\.codes)
  private static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// RECORD=1 rewrites the page and still fails, so that it is not left set by accident.
  @Test("makes the documentation page")
  func page() throws {
    let file = Self.repository.appending(path: "Sources/FlowCore/FlowCore.docc/Diagnostics.md")
    let written = try? String(contentsOf: file, encoding: .utf8)
    if ProcessInfo.processInfo.environment["RECORD"] == "1" { try DiagnosticPage.text.write(to: file, atomically: true, encoding: .utf8) }
    #expect(written == DiagnosticPage.text, "run the tests once with RECORD=1 to rewrite the page")
  }

  @Test("has each code once, in the order of the numbers, with four digits")
  func identifiers() {
    let ids = Self.codes.map(\.id)
    #expect(Set(ids).count == ids.count)
    for id in ids { #expect(id.wholeMatch(of: #/[EWN]\d{4}/#) != nil, "\(id)") }
    for group in DiagnosticPage.groups {
      #expect(Set(group.codes.map { $0.id.dropFirst().prefix(2) }).count == 1, "\(group.title): one subject, one pair of digits")
      let errors = group.codes.filter { $0.severity == .error }.map(\.id)
      #expect(errors == errors.sorted())
    }
  }

  @Test("explains each code", arguments: codes)
  func isExplained(_ code: DiagnosticCode) {
    #expect(!code.title.isEmpty && code.title.last != ".")
    #expect(code.explanation.last == ".")
    #expect(!code.mistake.isEmpty && !code.fix.isEmpty)
    #expect((code.mistake == code.fix) == (code.severity == .note))
  }

  @Test("lists every code that the sources declare")
  func isWhole() throws {
    let sources = Self.repository.appending(path: "Sources")
    let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    var declared: [String] = []
    for case let file as URL in files where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      declared += text.matches(of: #/= DiagnosticCode\(\s*"([A-Z]\d{4})"/#).map { String($0.output.1) }
    }
    #expect(declared.sorted() == Self.codes.map(\.id).sorted())
  }
}
