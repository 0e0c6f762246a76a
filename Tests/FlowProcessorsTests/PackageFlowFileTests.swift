import FlowCore
import FlowPackaging
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("PackageFlowFile")
struct PackageFlowFileTests {
  /// The package of a FlowFile, and what went on beside it.
  static func pack(_ attributes: Attributes, _ content: Content) async throws -> (package: FlowFile, original: FlowFile) {
    let test = try ProcessorTest(PackageFlowFile.self, [:])
    let outcome = await test.run([test.flowFile(attributes, content: content)])
    return (try #require(outcome["success"].first), try #require(outcome["original"].first))
  }

  @Test("a package holds attributes, uuid and content, and is named after the FlowFile", arguments: [(nil, Content.empty), ("a.json", .bytes([1, 2]))])
  func packed(name: String?, content: Content) async throws {
    let (package, original) = try await Self.pack(name.map { ["filename": $0, "age": "7"] } ?? ["age": "7"], content)
    guard case .bytes(let bytes) = package.content else {
      Issue.record("the package is no bytes")
      return
    }
    let expected = FlowFilePackage(
      attributes: ["age": "7", "filename": name ?? original.id.text, "path": "./", "uuid": original.id.text], content: content == .empty ? [] : [1, 2])
    #expect(bytes == expected.bytes)
    #expect(package["mime.type"] == "application/flowfile-v3" && package["filename"] == (name ?? original.id.text) + ".pkg")
    #expect(original.content == content && original["mime.type"] == nil && package.id != original.id)
  }
}
