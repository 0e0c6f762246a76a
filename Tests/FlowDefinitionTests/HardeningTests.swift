import FlowCore
import FlowDefinition
import Foundation
import StudyModel
import Testing

@Suite("A flow file with hostile content")
struct HardeningTests {
  private let files = ReadingFileSystem()

  private func refusal(_ path: String) throws -> String {
    do {
      _ = try FlowLoader.read(path, fileSystem: files)
      return "was read"
    } catch let problems as Diagnostics {
      return problems.description.replacing(path, with: "FILE")
    }
  }

  @Test("of 100 MB is rejected without being read")
  func largeFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.makeHole("large.yaml", sizeBytes: 100 << 20)
    #expect(
      try refusal(path)
        == "FILE: error: the file has 104857600 bytes; expected a flow file of at most 1048576 bytes")
    #expect(files.bytesRead == 0)
  }

  @Test("one byte above the limit is rejected as bytes too")
  func largeBytes() {
    let bytes = [UInt8](repeating: UInt8(ascii: "#"), count: 1 << 20)
    #expect(problems(of: load(bytes: bytes)).first?.contains("the file is empty") == true)
    #expect(
      problems(of: load(bytes: bytes + [UInt8(ascii: "#")]))
        == ["flow.yaml: error: the file has 1048577 bytes; expected a flow file of at most 1048576 bytes"])
  }

  @Test("that is a folder is rejected")
  func folder() throws {
    let folder = try TemporaryFolder()
    #expect(try refusal(folder.url.path) == "FILE: error: this is a folder; expected a flow file")
  }

  @Test("that does not exist is a different error")
  func missing() throws {
    let folder = try TemporaryFolder()
    #expect(throws: FileSystemError.self) { try FlowLoader.read(folder.path("none.yaml"), fileSystem: files) }
  }

  @Test("that exists is read")
  func readable() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Flows.whole, to: "flow.yaml")
    let bytes = try FlowLoader.read(path, fileSystem: files)
    #expect(problems(of: load(bytes: bytes)) == [])
  }

  @Test("nested too deeply is rejected at the first excess level", arguments: [64, 1000, 100_000])
  func deepNesting(depth: Int) {
    let text = "flow: test\nservices: " + String(repeating: "[", count: depth)
    #expect(
      problems(of: load(text))
        == ["flow.yaml:2:74: error: maps and lists are nested too deeply; expected at most 64 levels"])
  }

  @Test("nested too deeply by indentation is rejected too")
  func deepIndentation() {
    let text = "flow: test\nservices:\n" + (1...500).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
    #expect(
      problems(of: load(text))
        == ["flow.yaml:65:64: error: maps and lists are nested too deeply; expected at most 64 levels"])
  }

  @Test("that nests by aliases is rejected before expansion")
  func nestedAliases() {
    let open = String(repeating: "[", count: 30)
    let close = String(repeating: "]", count: 30)
    let text = "flow: test\nx: &a \(open)1\(close)\ny: &b \(open)*a\(close)\nz: \(open)*b\(close)\nprocessors: []\n"
    #expect(problems(of: load(text)).contains { $0.contains("nested too deep") })
  }

  @Test("with tens of thousands of references or expressions that do not end, or attributes that nobody writes, costs what it has", .timeLimit(.minutes(2)), arguments: [
    "#{", "${", "${#{", "${'", "${\"${'", "${#{a ", "${size}", "#{a",
  ])
  func unclosed(_ text: String) {
    let value = String(repeating: text, count: 20_000 / text.utf8.count).replacing("\"", with: "\\\"")
    let found = problems(of: ShippedFlows.load("flow: test\nprocessors:\n  - { name: a, type: GenerateFlowFile, properties: { content: \"\(value)\" }, to: { success: drop } }\n", .fitbit))
    #expect(!found.isEmpty && found.count <= 100, "\(found.count)")
  }

  @Test("of many lines loads quickly")
  func longFile() {
    let processors = (0..<2000).map { "  - { name: p\($0), type: GenerateFlowFile, to: { success: drop } }\n" }.joined()
    #expect(problems(of: load("flow: test\nprocessors:\n" + processors)) == [])
  }
}
