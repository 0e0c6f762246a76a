import FlowCore
import FlowRuntime
import Foundation
import HTTPTypes
import Hummingbird

/// Streams of server-sent events, of which each client may have a few.
final class EventStreams: Sendable {
  private struct State {
    var clients: [String: Int] = [:]
    var count: Int { clients.values.reduce(0, +) }

    mutating func begin(_ client: String) -> Bool {
      guard count < ServerLimits.eventStreams, clients[client, default: 0] < ServerLimits.eventStreamsOfOneClient else { return false }
      clients[client, default: 0] += 1
      return true
    }

    mutating func end(_ client: String) {
      clients[client, default: 1] -= 1
      if clients[client] == 0 { clients[client] = nil }
    }
  }

  /// Without events, so much time passes until a comment shows that the connection lives.
  private static let heartbeat = Duration.seconds(10)

  /// How long the last events may take to be sent.
  private static let patience = Duration.seconds(2)

  private let time: any TimeSource
  private let state = Locked(State())

  init(time: any TimeSource) { self.time = time }

  /// The number of streams under way.
  var count: Int { state.withLock { $0.count } }

  /// Waits until no stream is under way: each ends with its run, after an event that says how. Not for long, since a run of another process may go on.
  func settle() async {
    let end = time.monotonic + Self.patience
    while count > 0, time.monotonic < end { await time.sleep(for: .milliseconds(20)) }
  }

  /// Throws a `WebProblem` (429) if the client has too many.
  func response(_ updates: AsyncStream<LiveUpdate>, client: String) throws -> Response {
    guard state.withLock({ $0.count < ServerLimits.eventStreams && $0.clients[client, default: 0] < ServerLimits.eventStreamsOfOneClient }) else {
      throw WebProblem(.tooManyRequests, "too many streams of events are open; close another page of a run and try again", headers: [.retryAfter: "5"])
    }
    let headers: HTTPFields = [
      .contentType: "text/event-stream", .cacheControl: "no-store",
      // nginx would hold the events back.
      HTTPField.Name("X-Accel-Buffering").unsafelyKnown: "no",
    ]
    return Response(
      status: .ok, headers: headers,
      body: ResponseBody { [self] writer in
        // The body of a HEAD is never asked for, so that a stream begins here.
        guard state.withLock({ $0.begin(client) }) else { return try await writer.finish(nil) }
        defer { state.withLock { $0.end(client) } }
        try await write(updates, &writer)
        try await writer.finish(nil)
      })
  }

  private func write(_ updates: AsyncStream<LiveUpdate>, _ writer: inout any ResponseBodyWriter) async throws {
    let (events, event) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(16))
    let forwarding = Task {
      for await update in updates { event.yield(.update(update)) }
      event.finish()
    }
    let beat = Locked(ScheduledAction {})
    @Sendable func waitForBeat() {
      let next = time.schedule(after: Self.heartbeat) {
        // After the end nobody waits for another.
        if case .terminated = event.yield(.heartbeat) { return }
        waitForBeat()
      }
      beat.withLock { $0 = next }
    }
    waitForBeat()
    defer {
      beat.withLock { $0 }.cancel()
      forwarding.cancel()
      event.finish()
    }
    for await event in events {
      switch event {
      case .update(let update): try await writer.write(ByteBuffer(string: try Self.text(update)))
      case .heartbeat: try await writer.write(ByteBuffer(string: ":\n\n"))
      }
    }
  }

  private enum Event: Sendable {
    case update(LiveUpdate)
    case heartbeat
  }

  /// One line of JSON.
  private static func text(_ update: LiveUpdate) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return "data: \(String(decoding: try encoder.encode(update), as: UTF8.self))\n\n"
  }
}
