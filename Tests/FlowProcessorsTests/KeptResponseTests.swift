import FlowCore
import FlowProcessors
import Testing

@Suite("The response is kept with the rows extracted from it")
struct KeptResponseTests {
  private static let mapping = """
    rows: /summary
    columns:
      steps: { kind: integer, from: steps, required: true }
    """

  @Test("rows carry the response they were extracted from, and its weight")
  func kept() async throws {
    let document = Array("{\"summary\":{\"steps\":61}}".utf8)
    let outcome = try await ExtractRecordsBench(Self.mapping).run(.bytes(document))
    #expect(outcome.relationship == "success" && outcome.batch?.count == 1)
    #expect(outcome.flowFile.response == document)
    #expect(outcome.flowFile.sizeBytes > outcome.flowFile.content.sizeBytes + document.count)
  }

  @Test("a response that could not be extracted is kept as the content")
  func refused() async throws {
    let document = Array("{\"summary\":{}}".utf8)
    let outcome = try await ExtractRecordsBench(Self.mapping).run(.bytes(document))
    #expect(outcome.relationship == "failure")
    #expect(outcome.flowFile.content == .bytes(document) && outcome.flowFile.response == nil)
  }
}
