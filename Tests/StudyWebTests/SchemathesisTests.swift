import FlowTesting
import StudyWeb
import Testing

@Suite("The API keeps to its document, as another program reads it")
struct SchemathesisTests {
  @Test("no server error, no answer that the document does not know", .enabled(if: PythonTools.mayRun, "\(PythonTools.remedy)"))
  func document() async throws {
    try await ServerUnderTest.run { server async throws in
      server.desk.show("r", [.example(run: "r")])
      let output = try await PythonTools.run(
        "Tests/StudyWebTests/Scripts/schemathesis_run.py", ["http://127.0.0.1:\(server.port)/api/v1/openapi.json", ServerUnderTest.token], input: [])
      let text = String(decoding: output, as: UTF8.self)
      #expect(text.contains("No issues found"), "\(text)")
      #expect(!server.desk.orders.isEmpty, "no order was right")
    }
  }
}
