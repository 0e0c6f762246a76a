import FlowCore
import FlowTesting
import Foundation
import Testing

/// A run of the built program, watched by another process of it.
@Suite("flowrun top", .timeLimit(.minutes(5)))
struct TopTests {
  @Test("shows a run of another process, to several readers, in lines that fit")
  func shows() async throws {
    let waiting = try WaitingRun(), binary = waiting.binary
    let result = try await binary.run(["waiting.yaml", "-q"]) { running in
      let run = try await waiting.seen()
      let id = try #require(run["run"] as? String)
      #expect(run["flow"] as? String == "waiting" && run["ended"] == nil)
      async let first = binary.run(["top", "--once"])
      async let second = binary.run(["top", String(id.prefix(20)), "--once"])
      for answer in [try await first, try await second] {
        #expect(answer.exit == 0 && answer.errors == "")
        let lines = answer.output.split(separator: "\n").map(String.init)
        #expect(lines.allSatisfy { $0.count <= 80 }, "\(answer.output)")
        #expect(lines.first?.hasPrefix("waiting  \(id)  0:") == true)
        #expect(lines.contains { $0.hasPrefix("keep") && $0.contains("1200") && $0.contains("waits: retry at ") }, "\(answer.output)")
      }
      let unknown = try await binary.run(["top", "20200101T000000Z-0000", "--once"])
      #expect(unknown.exit == 64 && unknown.errors.contains("no such run is under way in .flowrun"))
      running.interrupt()
    }
    #expect(result.exit == 130)
    let none = try await binary.run(["top", "--once"])
    #expect(none.exit == 0 && none.output == "" && none.errors == "no run is under way in .flowrun; flowrun runs lists those that have ended\n")
    #expect(try await binary.run(["top", "--once", "--format", "json"]).output == "[\n\n]\n")
    #expect(try FileManager.default.contentsOfDirectory(atPath: binary.folder.path(".flowrun/live")) == [])
  }

  @Test("finds no run that was killed, and removes its socket")
  func killed() async throws {
    let waiting = try WaitingRun(), binary = waiting.binary
    let result = try await binary.run(["waiting.yaml", "-q"]) { running in
      _ = try await waiting.seen()
      kill(running.identifier, SIGKILL)
    }
    #expect(result.exit == 9)
    let folder = binary.folder.path(".flowrun/live")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 1)
    #expect(try await binary.run(["top", "--once"]).output == "")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
  }
}
