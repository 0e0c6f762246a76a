import FlowCore
import Foundation
import NIOCore
import NIOPosix
import StudyModel

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Watches the runs of a state folder from outside of their processes.
package struct LiveClient: Sendable {
  /// How long a run may take to say what it does.
  private static let patience = Duration.seconds(2)

  private let folder: LiveFolder
  /// The folder again, where its calls may block.
  private let files: QueueConfined<LiveFolder>
  private let time: any TimeSource

  /// - Parameter state: path of the state folder.
  package init(state: String, time: any TimeSource = DispatchTimeSource()) {
    folder = LiveFolder(state: state)
    files = QueueConfined(label: "flowrun.live", folder)
    self.time = time
  }

  /// What each run under way does, the oldest first. A run that does not answer in time is left out.
  /// - Parameter known: ids of runs that are not asked.
  package func runs(except known: Set<String> = []) async -> [LiveUpdate] {
    let names = await names()
    return await withTaskGroup(of: LiveUpdate?.self) { group in
      for run in names where !known.contains(run) { group.addTask { await present(run) } }
      var updates: [LiveUpdate] = []
      for await update in group { if let update, update.ended == nil { updates.append(update) } }
      return updates.sorted { $0.run < $1.run }
    }
  }

  /// The newest run under way of a flow and its batch; if there is none of the batch, of the flow.
  package func run(of request: RunRequest) async -> LiveUpdate? {
    let runs = await runs().filter { $0.flow == request.graph.name }
    return runs.last { $0.batch == request.batch } ?? runs.last
  }

  /// What a run does: now, then as it moves; the last has `ended`. nil if no such run is under way. If the run is killed, the last update says so.
  /// - Parameter run: its id.
  package func updates(of run: String) async -> AsyncStream<LiveUpdate>? { await open(run)?.updates }

  /// The FlowFiles that a processor of a run sends on, from now on until the run ends. nil if no such run is under way.
  package func tap(_ target: TapTarget, of run: String) async -> AsyncStream<TapLine>? {
    let (lines, continuation) = AsyncStream.makeStream(of: TapLine.self, bufferingPolicy: .bufferingOldest(Self.longestBacklog))
    guard let channel = await connect(run, { TapLines(target, continuation) }) else { return nil }
    continuation.onTermination = { _ in channel.close(promise: nil) }
    return lines
  }

  /// FlowFiles that wait to be printed. The rest is dropped and counted.
  private static let longestBacklog = 10_000

  /// Removes the sockets of runs that were killed.
  func sweep() async {
    for run in await names() { await open(run)?.channel.close(promise: nil) }
    let moment = time.now - .seconds(60)
    await onQueue { $0.removeHidden(before: moment) }
  }

  private func names() async -> [String] { await onQueue { $0.runs() } }

  private func onQueue<Result: Sendable>(_ body: @escaping @Sendable (LiveFolder) -> Result) async -> Result {
    await withCheckedContinuation { continuation in
      files.submit { folder in continuation.resume(returning: body(folder)) }
    }
  }

  private func present(_ run: String) async -> LiveUpdate? {
    guard let (updates, channel) = await open(run) else { return nil }
    let impatience = time.schedule(after: Self.patience) { channel.close(promise: nil) }
    defer { impatience.cancel() }
    for await update in updates { return update }
    return nil
  }

  private func open(_ run: String) async -> (updates: AsyncStream<LiveUpdate>, channel: any Channel)? {
    let (updates, continuation) = AsyncStream.makeStream(of: LiveUpdate.self, bufferingPolicy: .bufferingNewest(1))
    guard let channel = await connect(run, { LiveLines(continuation) }) else { return nil }
    continuation.onTermination = { _ in channel.close(promise: nil) }
    return (updates, channel)
  }

  /// nil if nobody listens; the socket is then removed.
  /// - Parameter handler: makes the reader of the connection.
  private func connect(_ run: String, _ handler: @escaping @Sendable () -> some ChannelInboundHandler) async -> (any Channel)? {
    guard LiveFolder.isRun(run) else { return nil }
    do {
      return try await folder.withAddress(folder.socket(of: run)) { address in
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
          .channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(handler()) }
          }
          .connect(to: address).get()
      }
    } catch {
      if (error as? IOError)?.errnoCode == ECONNREFUSED { await onQueue { $0.remove(run) } }
      return nil
    }
  }
}

/// Reads updates, a line each.
private final class LiveLines: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  /// No run's update is as long.
  private static let longestLineBytes = 16 << 20

  private let continuation: AsyncStream<LiveUpdate>.Continuation
  private var line: [UInt8] = []
  private var last: LiveUpdate?

  init(_ continuation: AsyncStream<LiveUpdate>.Continuation) { self.continuation = continuation }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    for byte in unwrapInboundIn(data).readableBytesView {
      if byte == UInt8(ascii: "\n") { take(context) } else { line.append(byte) }
    }
    if line.count > Self.longestLineBytes { context.close(promise: nil) }
  }

  private func take(_ context: ChannelHandlerContext) {
    defer { line.removeAll(keepingCapacity: true) }
    guard let update = try? JSONDecoder().decode(LiveUpdate.self, from: Data(line)) else {
      // Another version's run, which this one cannot show.
      context.close(promise: nil)
      return
    }
    last = update
    continuation.yield(update)
  }

  func channelInactive(context: ChannelHandlerContext) {
    if var last, last.ended == nil {
      last.ended = RunReport.Status.failed.rawValue
      last.stopping = "its process ended without a report"
      continuation.yield(last)
    }
    continuation.finish()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
