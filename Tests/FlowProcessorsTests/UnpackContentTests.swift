import FlowCore
import FlowPackaging
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("UnpackContent")
struct UnpackContentTests {
  private func unpack(_ flowFile: (Attributes, Content), _ properties: [String: PropertyLiteral] = ["packaging_format": "flowfile-stream-v3"]) async throws -> ProcessorTest.Outcome {
    let test = try ProcessorTest(UnpackContent.self, properties)
    return await test.run([test.flowFile(flowFile.0, content: flowFile.1)])
  }

  @Test("what was packed comes out again, several in a row, with a uuid of its own; the package goes to original")
  func unpacked() async throws {
    let first = try await PackageFlowFileTests.pack(["filename": "a.json", "mime.type": "application/json"], .bytes([1])), second = try await PackageFlowFileTests.pack(["age": "7"], .empty)
    guard case .bytes(let one) = first.package.content, case .bytes(let two) = second.package.content else {
      Issue.record("a package is no bytes")
      return
    }
    let outcome = try await unpack((["mime.type": "application/flowfile-v3", "carrier": "x"], .bytes(one + two)))
    let unpacked = outcome["success"]
    #expect(unpacked.map(\.content) == [.bytes([1]), .empty])
    #expect(unpacked.map { $0["filename"] } == ["a.json", second.original.id.text] && unpacked.allSatisfy { $0["carrier"] == "x" })
    // What the package does not say is not what its carrier is.
    #expect(unpacked.map { $0["mime.type"] } == ["application/json", "application/octet-stream"])
    #expect(Set(unpacked.map(\.id)).isDisjoint(with: [first.original.id, second.original.id]) && Set(unpacked.map(\.id)).count == 2)
    #expect(outcome["original"].count == 1 && outcome.counters == ["unpacked": 2])
  }

  static let media: [(type: String?, relationship: String)] = [
    ("application/flowfile-v3", "original"), ("text/plain", "success"), (nil, "failure"), ("application/zip", "failure"), ("application/x-tar", "failure"),
    ("application/flowfile-v2", "failure"),
  ]

  @Test("with use_mime.type_attribute, the attribute says how it is packaged", arguments: media)
  func mediaType(type: String?, relationship: String) async throws {
    let content = Content.bytes(FlowFilePackage(attributes: ["a": "b"], content: []).bytes)
    let outcome = try await unpack((type.map { ["mime.type": $0] } ?? [:], content), [:])
    let flowFile = try #require(outcome[relationship].first)
    #expect(flowFile.content == content)
    #expect(outcome["success"].count == (relationship == "failure" ? 0 : 1))
    #expect(flowFile.failure.map { $0.message.contains(type ?? "there is no attribute mime.type") } ?? (relationship != "failure"))
  }

  static let broken: [(content: Content, message: String)] = [
    (.empty, "the content is empty; expected one package or more"), (.bytes(Array("PK".utf8)), "package 1, byte 2: the end, within the beginning; expected 5 bytes more"),
    (.bytes(FlowFilePackage(attributes: ["a": "b"], content: []).bytes + [0]), "package 2, byte 24: the end, within the beginning; expected 6 bytes more"),
    (.bytes(FlowFilePackage(attributes: ["a": "b"], content: Array(repeating: 1, count: 1025)).bytes), "package 1, byte 15: a content of 1025 bytes; expected at most 1024"),
  ]

  @Test("what is not whole fails as it came, and nothing of it is passed on", arguments: broken)
  func refused(content: Content, message: String) async throws {
    let outcome = try await unpack((["mime.type": "application/flowfile-v3"], content), ["size": "1 KB"])
    let flowFile = try #require(outcome["failure"].first)
    #expect(flowFile.failure?.cause == .badData && flowFile.failure?.message == message && flowFile.content == content)
    #expect(outcome["success"].isEmpty && outcome["original"].isEmpty && outcome.counters.isEmpty)
  }
}
