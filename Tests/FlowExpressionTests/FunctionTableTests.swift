import Foundation
import Testing

@testable import FlowExpression

@Suite("The table of functions")
struct FunctionTableTests {
  @Test("an example has the documented result", arguments: FunctionTable.all.map(\.name))
  func example(name: String) throws {
    let function = try #require(FunctionTable.functions[name])
    let expression = try Expression(function.example.expression)
    let result = try expression.evaluate(function.example.attributes, environment: .fixed())
    #expect(result == function.example.result)
  }

  @Test("every function is documented on the page")
  func page() {
    let page = FunctionTable.page
    for function in FunctionTable.all {
      #expect(page.contains("`" + function.signature.replacing("|", with: "\\|") + "`"))
      #expect(function.meaning.hasSuffix("."), "\(function.name)")
    }
  }
}
