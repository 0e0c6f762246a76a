import FlowCore
import FlowTesting
import Foundation
import Testing

/// FlowFiles of a run of the built program, seen by other processes of it.
@Suite("flowrun tap", .timeLimit(.minutes(5)))
struct TapTests {
  /// - Parameter attached: called once the tap sees what passes.
  private static func tap(_ waiting: WaitingRun, _ arguments: [String], attached: @escaping (BuiltBinary.Running) async throws -> Void) async throws -> BuiltBinary.Result {
    try await waiting.binary.run(["tap", "waiting.yaml"] + arguments) { running in
      for _ in 0..<4000 {
        if try String(contentsOfFile: running.errors, encoding: .utf8).hasPrefix("tap of run ") { return try await attached(running) }
        _ = try await waiting.binary.run(["--version"])
      }
      Issue.record("the tap was not attached")
    }
  }

  @Test("several taps see the FlowFiles of a run as they pass, until as many as wanted have, or the run ends")
  func passes() async throws {
    let waiting = try WaitingRun(wait: "1s")
    let result = try await waiting.binary.run(["waiting.yaml", "-q"]) { _ in
      _ = try await waiting.seen()
      // One is attached until the run ends, the other until it has seen three.
      let seen = try await Self.tap(waiting, ["keep.success", "--format", "json"]) { _ in
        let some = try await Self.tap(waiting, ["keep", "-n", "3"]) { _ in try waiting.release() }
        #expect(some.exit == 0, "\(some.errors)")
        let heads = some.output.split(separator: "\n").filter { !$0.hasPrefix("    ") }
        #expect(heads.count == 3 && heads.allSatisfy { $0.contains("  keep.success > drop  ") && $0.hasSuffix("no content") }, "\(some.output)")
      }
      #expect(seen.exit == 0)
      let lines = seen.output.split(separator: "\n")
      var uuids: Set<String> = []
      for line in lines {
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        uuids.insert(try #require(object["uuid"] as? String))
        #expect(object["attributes"] is [String: String] && object["processor"] as? String == "keep" && object["to"] as? String == "drop")
      }
      #expect(uuids.count == lines.count && !lines.isEmpty)
      // What was not shown is counted: together they are all that passed.
      let dropped = seen.errors.split(separator: "\n").last?.firstMatch(of: #/^(\d+) more passed/#).flatMap { Int($0.1) } ?? 0
      #expect(lines.count + dropped == 1200, "\(lines.count), \(seen.errors)")
    }
    #expect(result.exit == 0, "\(result.errors)")
  }

  @Test("ends with a signal, and the run goes on")
  func interrupted() async throws {
    let waiting = try WaitingRun()
    let result = try await waiting.binary.run(["waiting.yaml", "-q"]) { running in
      _ = try await waiting.seen()
      let tap = try await Self.tap(waiting, ["keep"]) { $0.interrupt() }
      #expect(tap.exit == 130 && tap.output == "")
      #expect(kill(running.identifier, 0) == 0)
      running.interrupt()
    }
    #expect(result.exit == 130)
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    var target: String
    var exit: Int32
    var says: [String]
    var testDescription: String { target }
  }

  @Test("refuses what is not there, with the nearest name or the command that starts a run", arguments: [
    Refusal(target: "kep", exit: 64, says: ["it has no processor 'kep'", "did you mean 'keep'?"]),
    Refusal(target: "kep.success", exit: 64, says: ["it has no processor 'kep.success'", "did you mean 'keep'?"]),
    Refusal(target: "keep.sucess", exit: 64, says: ["processor 'keep'", "it has no relationship 'sucess'", "did you mean 'success'?"]),
    Refusal(target: "keep", exit: 69, says: ["no run of 'waiting' is under way in s", "flowrun waiting.yaml --state s"]),
    Refusal(target: "keep.failure", exit: 69, says: ["no run of 'waiting' is under way in s"]),
  ])
  func refused(_ refusal: Refusal) async throws {
    let waiting = try WaitingRun()
    let result = try await waiting.binary.run(["tap", "waiting.yaml", refusal.target, "--state", "s"])
    #expect(result.exit == refusal.exit && result.output == "", "\(result.errors)")
    for words in refusal.says { #expect(result.errors.contains(words), "\(result.errors)") }
    #expect(!FileManager.default.fileExists(atPath: waiting.binary.folder.path("s")))
  }
}
