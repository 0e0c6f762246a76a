import FlowTesting
import Foundation
import Testing

/// A mistyped name of a file to write costs nobody another file.
@Suite("Files that commands write", .timeLimit(.minutes(5)))
struct TargetFileTests {
  private let binary: BuiltBinary

  init() throws {
    binary = try BuiltBinary()
    try binary.write("flow: letters\nprocessors:\n  - { name: generate, type: GenerateFlowFile, to: { success: drop } }\n", to: "flow.yaml")
  }

  private static let commands: [[String]] = [
    ["errors", "export", "flow.yaml", "-o"], ["report", "flow.yaml", "-o"], ["test", "flow.yaml", "--junit"],
  ]

  @Test("replace only files of their kind", arguments: commands)
  func others(_ command: [String]) async throws {
    for (name, text) in [("flow.yaml", nil), ("data.sqlite", "SQLite format 3\0…"), ("short", "<")] as [(String, String?)] {
      if let text { try binary.write(text, to: name) }
      let before = try Data(contentsOf: URL(filePath: binary.folder.path(name)))
      let result = try await binary.run(command + [name])
      #expect(result.exit == 64 && result.errors.contains("'\(name)', which is there already and is not "), "\(result.errors)")
      #expect(try Data(contentsOf: URL(filePath: binary.folder.path(name))) == before)
    }
  }

  @Test("are told apart from folders, and from what is no name", arguments: commands)
  func names(_ command: [String]) async throws {
    try FileManager.default.createDirectory(atPath: binary.folder.path("folder"), withIntermediateDirectories: false)
    for name in ["folder", "folder/", "", "-"] {
      let result = try await binary.run(command + [name])
      #expect(result.exit == 64 && result.errors.contains("expected a file"), "\(result.errors)")
    }
  }
}
