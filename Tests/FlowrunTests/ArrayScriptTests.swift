import ArgumentParser
import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@testable import flowrun

/// The job array of Slurm and the indexed Job of Kubernetes that README shows.
@Suite("README's scripts for several hosts")
struct ArrayScriptTests {
  /// The text of a fenced block between the markers.
  private static func block(_ marker: String) throws -> String {
    let text = try String(contentsOf: BuiltBinary.repository.appending(path: "README.md"), encoding: .utf8)
    let start = try #require(text.range(of: "<!-- \(marker): begin -->\n")).upperBound
    let finish = try #require(text.range(of: "<!-- \(marker): end -->")).lowerBound
    return text[start..<finish].split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("```") }.joined(separator: "\n")
  }

  private static func check(_ words: [String], tasks: Int) throws {
    let command = try #require(try Flowrun.parseAsRoot(words) as? RunCommand)
    #expect(command.shard.shard == "auto/\(tasks)")
    #expect(try ParticipantShard(option: "auto/\(tasks)") { _ in "\(tasks - 1)" }.index == tasks - 1)
    #expect(FileManager.default.fileExists(atPath: BuiltBinary.repository.appending(path: command.flow).path()))
  }

  @Test("the Slurm script is a script, and its command line parses")
  func slurm() async throws {
    let script = try Self.block("slurm")
    let binary = try BuiltBinary()
    try binary.write(script, to: "array.sh")
    let result = try await binary.run([], through: ["/bin/bash", "-n", binary.folder.path("array.sh")])
    #expect(result.exit == 0, "\(result.errors)")
    #expect(script.hasPrefix("#!/bin/bash\n#SBATCH "), "sbatch reads the options before the first command")
    let range = try #require(script.firstMatch(of: /#SBATCH --array=0-(\d+)\n/)?.1)
    let line = try #require(script.replacingOccurrences(of: "\\\n", with: " ").split(separator: "\n").first { $0.hasPrefix("exec flowrun ") })
    let words = line.split(separator: " ").dropFirst(2).map { $0.replacingOccurrences(of: "\"", with: "") }
    try Self.check(words, tasks: try #require(Int(range)) + 1)
  }

  @Test("the Job of Kubernetes has as many completions as shards, and its command line parses")
  func kubernetes() throws {
    let manifest = try Self.block("kubernetes")
    let completions = try #require(manifest.firstMatch(of: /completions: (\d+)\n/)?.1)
    let list = try #require(manifest.firstMatch(of: /command: \[flowrun, ([^\]]*)\]/)?.1)
    let words = list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespacesAndNewlines).replacingOccurrences(of: "\"", with: "") }
    try Self.check(words, tasks: try #require(Int(completions)))
    #expect(manifest.contains("completionMode: Indexed"))
  }

  private static let sbatch = ["/usr/bin/sbatch", "/usr/local/bin/sbatch"].first { FileManager.default.isExecutableFile(atPath: $0) }

  @Test("Slurm runs the script, and its tasks collect every participant once", .enabled(if: sbatch != nil, "Slurm is not installed"), .timeLimit(.minutes(5)))
  func runs() async throws {
    let sbatch = try #require(Self.sbatch)
    let study = try await Study(participants: 8, days: 1)
    let parameters = study.parameters.map { "'\($0)'" }.joined(separator: " ")
    let lines = try Self.block("slurm").replacingOccurrences(of: "\\\n", with: " ").split(separator: "\n").map { line -> String in
      guard line.hasPrefix("exec flowrun "), let end = line.range(of: " -p ") else { return String(line) }
      return line[..<end.lowerBound].replacingOccurrences(of: "exec flowrun ", with: "exec '\(BuiltBinary.executable.path())' ")
        .replacingOccurrences(of: "Flows/google-health.yaml", with: "'\(BuiltBinary.flow("fitbit"))'") + " " + parameters
    }
    try study.binary.write(lines.joined(separator: "\n") + "\n", to: "array.sh")
    let result = try await study.binary.run([], through: [sbatch, "--wait", study.binary.folder.path("array.sh")])
    #expect(result.exit == 0, "\(result.output)\(result.errors)")
    try await study.expectEverything("")
    await study.simulator.stop()
  }
}
