import FlowCore
import FlowRuntime
import FlowTesting
import Testing

@Suite("New files of text are written together, and change no other file")
struct FlowTextFileTests {
  private let files = MemoryFileSystem(folders: ["batch"])

  private func write(_ names: String...) throws -> String? {
    try FlowTextFile.write(names.map { ("text of \($0)", "batch/" + $0) }, files)
  }

  @Test("each gets its text, for everybody to read, and nothing else is left")
  func together() throws {
    #expect(try write("flow.yaml", "report.json") == nil)
    #expect(files.text("batch/flow.yaml") == "text of flow.yaml" && files.text("batch/report.json") == "text of report.json")
    #expect(files.mode("batch/flow.yaml") == 0o644 && files.paths().filter { $0.hasPrefix("batch/") } == ["batch/flow.yaml", "batch/report.json"])
  }

  @Test("if something has one of the names, none is written", arguments: ["flow.yaml", "report.json"], [MemoryFileSystem.Kind.file, .folder, .link])
  func taken(_ name: String, _ kind: MemoryFileSystem.Kind) throws {
    files.put("batch/" + name, "mine", kind: kind)
    #expect(try write("flow.yaml", "report.json") == "batch/" + name)
    #expect(files.text("batch/" + name) == "mine" && files.paths().filter { $0.hasPrefix("batch/") } == ["batch/" + name])
  }

  @Test("a file or link that has a temporary name stays as it is", arguments: [MemoryFileSystem.Kind.file, .link])
  func temporaryNames(_ kind: MemoryFileSystem.Kind) throws {
    files.put("batch/flow.yaml.new", "mine", kind: kind)
    files.put("batch/flow.yaml.new2", "mine too")
    #expect(try write("flow.yaml") == nil)
    #expect(files.text("batch/flow.yaml") == "text of flow.yaml")
    #expect(files.text("batch/flow.yaml.new") == "mine" && files.text("batch/flow.yaml.new2") == "mine too")
  }

  @Test("wherever it fails, nothing of it is left", arguments: 1...10)
  func failures(_ call: Int) throws {
    files.set(.failure(call: call))
    #expect(throws: FileSystemError.self) { try write("flow.yaml", "report.json") }
    #expect(files.calls.count >= call && files.paths().filter { $0.hasPrefix("batch/") } == [])
  }
}
