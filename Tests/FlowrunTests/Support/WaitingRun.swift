import FlowTesting
import Foundation
import Testing

/// A folder with a flow whose 1,200 FlowFiles wait for a retry, because the folder that they are written to cannot be made.
struct WaitingRun: Sendable {
  private static let count = 1200

  let binary: BuiltBinary

  /// - Parameters:
  ///   - schedule: of the flow; nil for none.
  ///   - wait: for a retry.
  init(schedule: String? = nil, wait: String = "1h") throws {
    binary = try BuiltBinary()
    let flow = """
      flow: waiting
      \(schedule.map { "schedule: \($0)" } ?? "")
      processors:
        - name: begin with a name that is far too long for a narrow terminal
          type: GenerateFlowFile
          properties: { count: \(Self.count) }
          to: { success: keep }
        - name: keep
          type: PutFile
          properties: { folder: file/out, name: "${uuid}.txt" }
          retry: { attempts: 100, backoff: \(wait), max_backoff: \(wait), on: [failure] }
          to: { success: drop, failure: errors }

      """
    try binary.write(flow, to: "waiting.yaml")
    try binary.write("", to: "file")
  }

  /// Lets the next retry of each FlowFile succeed.
  func release() throws { try FileManager.default.removeItem(atPath: binary.folder.path("file")) }

  /// Asks another process until all FlowFiles of the run wait.
  func seen() async throws -> [String: Any] {
    for _ in 0..<400 {
      let answer = try await binary.run(["top", "--once", "--format", "json"])
      let runs = try #require(try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [[String: Any]])
      let processors = runs.first?["processors"] as? [[String: Any]] ?? []
      if let run = runs.first, processors.contains(where: { $0["penalised"] as? Int == Self.count }) { return run }
    }
    throw NotSeen()
  }

  private struct NotSeen: Error, CustomStringConvertible {
    let description = "no run is seen to wait"
  }
}
