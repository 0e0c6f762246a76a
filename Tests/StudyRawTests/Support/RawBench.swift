import FlowCompression
import FlowCore
import FlowObjects
import FlowTesting
import StudyModel

@testable import StudyRaw

/// Answers to keep, and how others read what was kept.
enum RawBench {
  static let run = "20260106T101500Z-00ff"
  static let fetched = Instant(seconds: 1_767_694_500)

  /// An answer whose bodies tell it from every other.
  static func answer(
    _ participant: String = "P0001", _ bodies: [String] = [#"{"value":61}"#], provider: String = "fitbit", flowFile: String = "flowfile-1", isComplete: Bool = true
  ) -> RawAnswer {
    RawAnswer(
      participant: participant, provider: provider, processor: "get heart rate", flowFile: flowFile,
      attributes: ["participant": participant, "data_type": "intraday-heart-rate", "slice.start": "2026-01-05T00:00:00Z", "slice.end": "2026-01-06T00:00:00Z"],
      responses: bodies.enumerated().map { number, body in response(Array(body.utf8), page: bodies.count > 1 ? number : nil) }, isComplete: isComplete)
  }

  static func response(_ body: [UInt8], page: Int? = nil) -> RawResponse {
    RawResponse(
      place: RawResponse.Place(page: page), url: "https://provider.example/1/day", status: 200, headers: [("Content-Type", "application/json")], fetchedAt: fetched,
      body: body)
  }

  static func environment(
    _ fileSystem: any FileSystem, run: String = RawBench.run, lane: @escaping @Sendable (String) -> any Lane = { _ in InlineLane() }
  ) -> RuntimeEnvironment {
    .undriven(time: ManualTime(now: fetched), fileSystem: fileSystem, run: run, lane: lane)
  }

  /// The lines of an object, as any reader finds them.
  static func lines(_ object: [UInt8]) throws -> [RawLine] {
    try Zstandard.content(of: object, limitBytes: 1 << 26).split(separator: UInt8(ascii: "\n")).map { try RawLine(parsing: Array($0)) }
  }
  static func bodies(_ object: [UInt8]) throws -> [String] { try lines(object).map { String(decoding: try $0.checkedBody(), as: UTF8.self) } }
}

extension RawSpool {
  func close(_ participant: String? = nil) async throws -> [SpoolState.Segment] {
    let given = Locked<[SpoolState.Segment]>([])
    try await close(participant) { segments in given.withLock { $0 += segments } }
    return given.withLock { $0 }
  }

  /// The bytes of an object, from its file or from memory.
  func bytes(_ segment: SpoolState.Segment, _ fileSystem: any FileSystem) async throws -> [UInt8] {
    let object = try await object(of: segment, on: InlineLane())
    switch object.source {
    case .bytes(let bytes): return bytes
    case .file(let path):
      let bytes = try fileSystem.read(path)
      await discard(object, on: InlineLane())
      return bytes
    }
  }

  func bodies(_ segment: SpoolState.Segment, _ fileSystem: any FileSystem) async throws -> [String] {
    let object = try await bytes(segment, fileSystem)
    return try RawBench.bodies(object)
  }
}
