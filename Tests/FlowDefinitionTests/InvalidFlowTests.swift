import FlowCore
import FlowDefinition
import Foundation
import StudyModel
import Testing

/// Each file of `Fixtures/Invalid` with the exact problems that it must cause.
///
/// Comments at the top of a file replace the command line and the environment: `# -p name=value`,
/// `# -p name=@text` (as if read from a file), `# NAME=value`. `RECORD=1` rewrites the expected texts and still fails.
@Suite("an invalid flow file")
struct InvalidFlowTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/Invalid")

  static let names: [String] = {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    } catch {
      return ["the folder of fixtures cannot be read: \(error)"]
    }
  }()

  @Test("reports exactly the expected problems", arguments: names)
  func problemsAreAsExpected(name: String) throws {
    let text = try Data(contentsOf: Self.folder.appending(path: name + ".yaml"))
    let (given, environment) = Self.settings(in: String(decoding: text, as: UTF8.self))
    let found =
      problems(of: load(bytes: Array(text), file: name + ".yaml", given: given, environment: environment))
      .joined(separator: "\n") + "\n"
    let place = Self.folder.appending(path: name + ".expected")
    if ProcessInfo.processInfo.environment["RECORD"] == "1" {
      try Data(found.utf8).write(to: place)
      Issue.record("recorded \(name).expected")
    }
    #expect(found == String(decoding: try Data(contentsOf: place), as: UTF8.self))
  }

  @Test("has at least 45 examples")
  func thereAreEnough() {
    #expect(Self.names.count >= 45)
  }

  static func settings(in text: String) -> (given: [String: ParameterValue], environment: [String: String]) {
    var given: [String: ParameterValue] = [:]
    var environment: [String: String] = [:]
    for line in text.split(separator: "\n").prefix(while: { $0.hasPrefix("# ") }) {
      let parts = line.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { continue }
      if parts[0].hasPrefix("-p ") {
        let isFile = parts[1].hasPrefix("@")
        given[String(parts[0].dropFirst(3))] = ParameterValue(
          text: isFile ? String(parts[1].dropFirst()) : parts[1], isFromFile: isFile)
      } else {
        environment[parts[0]] = parts[1]
      }
    }
    return (given, environment)
  }
}
