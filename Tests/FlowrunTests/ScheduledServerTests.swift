import FlowCore
import FlowTesting
import Foundation
import Testing

/// The schedule of a flow, as the built server keeps it.
@Suite("A server with a schedule", .timeLimit(.minutes(5)))
struct ScheduledServerTests {
  private static let record = ".flowrun/schedule.json"

  private static func handled(_ binary: BuiltBinary) throws -> Instant? {
    let data = try Data(contentsOf: URL(filePath: binary.folder.path(record)))
    let members = try JSONSerialization.jsonObject(with: data) as? [String: [String: [String: String]]]
    return (members?["flows"]?["waiting"]?["handled"]).flatMap { Instant(rfc3339: $0) }
  }

  @Test("makes up once for the time without a server, drains at a signal, and repeats nothing afterwards")
  func missedOnce() async throws {
    let waiting = try WaitingRun(schedule: "{ cron: \"@daily\", zone: Europe/Berlin }"), binary = waiting.binary
    let past = "2026-01-01T23:00:00Z"
    try binary.write("{\"flows\": {\"waiting\": {\"cron\": \"@daily\", \"zone\": \"Europe/Berlin\", \"handled\": \"\(past)\"}}}", to: Self.record)
    let first = try await binary.run(["serve", "waiting.yaml", "--listen", "127.0.0.1:0"]) { running in
      let run = try await waiting.seen()
      #expect(run["flow"] as? String == "waiting")
      running.interrupt()
    }
    #expect(first.exit == 130)
    #expect(first.errors.components(separatedBy: "scheduled run started").count == 2, "\(first.errors)")
    #expect(first.errors.components(separatedBy: "run started").count == 2, "one line for one start: \(first.errors)")
    #expect(first.errors.contains("run ended") && first.errors.contains("status=partial"))
    let handled = try #require(try Self.handled(binary))
    #expect(handled > (try #require(Instant(rfc3339: past))) + .seconds(86_400))
    let second = try await binary.run(["serve", "waiting.yaml", "--listen", "127.0.0.1:0"]) { running in
      // Its address is printed before it looks at the schedule, which the record then shows; nothing is due.
      for _ in 0..<400 where try !String(contentsOfFile: running.output, encoding: .utf8).contains("http://") {
        _ = try await binary.run(["top", "--once"])
      }
      #expect(try await binary.run(["top", "--once"]).output == "")
      running.interrupt()
    }
    #expect(second.exit == 130 && !second.errors.contains("scheduled run started"), "\(second.errors)")
    #expect(try Self.handled(binary) == handled)
  }
}
