import FlowExpression
import Foundation
import Testing

@Suite("The page of expressions")
struct ExpressionsPageTests {
  /// RECORD=1 rewrites the page and still fails, to prevent recording by accident.
  @Test("it matches the function table")
  func page() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Sources/FlowCore/FlowCore.docc/Expressions.md")
    let page = FunctionTable.page
    let written = try? String(contentsOf: file, encoding: .utf8)
    if ProcessInfo.processInfo.environment["RECORD"] == "1" { try page.write(to: file, atomically: true, encoding: .utf8) }
    #expect(written == page, "run the tests once with RECORD=1 to rewrite the page")
  }
}
