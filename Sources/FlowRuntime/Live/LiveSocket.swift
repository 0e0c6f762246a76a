import FlowCore
import Foundation
import NIOCore
import NIOPosix

/// Tells a run's updates to other processes of this user, through a socket in its state folder: a line of JSON each.
///
/// Nothing is written while nobody is connected. A reader that is slow gets the newest update once it has taken the one before.
final class LiveSocket: Sendable {
  /// How long the end of a run waits for readers that do not take their last update.
  static let patience = Duration.seconds(2)

  private let folder: LiveFolder
  private let run: String
  private let group: MultiThreadedEventLoopGroup
  private let server: any Channel
  private let readers: LiveReaders
  private let time: any TimeSource
  private let lane: any Lane

  /// Throws `FileSystemError` and NIO's errors; nothing is left then.
  static func open(run: String, state: String, feed: LiveFeed, taps: TapSource, time: any TimeSource, lane: any Lane) async throws -> LiveSocket {
    let folder = LiveFolder(state: state)
    try await lane.run { try folder.make() }
    // Sockets that killed runs have left.
    await LiveClient(state: state, time: time).sweep()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let readers = LiveReaders(feed: feed, taps: taps, time: time)
    do {
      // A socket that can be found also answers: whoever is refused takes it for one of a killed run.
      let server = try await folder.withAddress(folder.hidden(of: run)) { address in
        try await ServerBootstrap(group: group)
          .childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(LiveReaderHandler(readers)) }
          }
          .bind(to: address).get()
      }
      try await lane.run { try folder.show(run) }
      return LiveSocket(folder, run, group, server, readers, time, lane)
    } catch {
      folder.remove(run)
      try await group.shutdownGracefully()
      throw error
    }
  }

  private init(
    _ folder: LiveFolder, _ run: String, _ group: MultiThreadedEventLoopGroup, _ server: any Channel, _ readers: LiveReaders, _ time: any TimeSource,
    _ lane: any Lane
  ) {
    self.folder = folder
    self.run = run
    self.group = group
    self.server = server
    self.readers = readers
    self.time = time
    self.lane = lane
  }

  /// Removes the socket, and returns once the readers have taken their last update. Call it after the feed has ended.
  func close() async {
    folder.remove(run)
    server.close(promise: nil)
    let impatience = time.schedule(after: Self.patience) { [readers] in readers.cut() }
    await readers.finished()
    impatience.cancel()
    await withCheckedContinuation { continuation in group.shutdownGracefully { _ in continuation.resume() } }
  }
}

/// The connections of a run's socket.
private final class LiveReaders: Sendable {
  private struct Reader: Sendable {
    var channel: any Channel
    var task: Task<Void, Never>
  }
  private let feed: LiveFeed
  private let taps: TapSource
  private let time: any TimeSource
  private let readers = Locked<[ObjectIdentifier: Reader]>([:])

  init(feed: LiveFeed, taps: TapSource, time: any TimeSource) {
    self.feed = feed
    self.taps = taps
    self.time = time
  }

  func add(_ channel: any Channel) {
    let updates = feed.subscribe()
    let task = Task {
      do {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Each write ends when the system has taken it: meanwhile the feed keeps the newest update only.
        for await update in updates { try await channel.writeAndFlush(ByteBuffer(bytes: try encoder.encode(update) + [UInt8(ascii: "\n")])) }
      } catch {
        // The reader has gone; the run goes on.
      }
      // A reader that wants FlowFiles instead stays.
      if !Task.isCancelled { channel.close(promise: nil) }
    }
    readers.withLock { $0[ObjectIdentifier(channel)] = Reader(channel: channel, task: task) }
  }

  /// The reader gets FlowFiles from now on instead of updates.
  func tap(_ channel: any Channel, _ target: TapTarget) {
    let updates = readers.withLock { $0[ObjectIdentifier(channel)]?.task }
    guard let updates else { return }
    let task = Task { [feed, taps, time] in
      updates.cancel()
      await updates.value
      do {
        try await taps.serve(target, time: time, hasEnded: { feed.hasEnded }) { lines in
          try await channel.writeAndFlush(ByteBuffer(bytes: lines.flatMap(\.bytes)))
        }
      } catch {
        // The reader has gone; the run goes on.
      }
      channel.close(promise: nil)
    }
    readers.withLock { $0[ObjectIdentifier(channel)]?.task = task }
  }

  func remove(_ channel: any Channel) {
    let reader = readers.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) }
    reader?.task.cancel()
  }

  func finished() async {
    for reader in readers.withLock({ Array($0.values) }) { await reader.task.value }
  }

  /// Writes that wait fail, which ends their tasks.
  func cut() {
    for reader in readers.withLock({ Array($0.values) }) { reader.channel.close(promise: nil) }
  }
}

private final class LiveReaderHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let readers: LiveReaders
  private var line: [UInt8] = []
  private var hasAsked = false

  init(_ readers: LiveReaders) { self.readers = readers }

  func channelActive(context: ChannelHandlerContext) { readers.add(context.channel) }
  func channelInactive(context: ChannelHandlerContext) { readers.remove(context.channel) }
  /// A reader may ask for FlowFiles, once, and has nothing else to say.
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !hasAsked else { return }
    for byte in unwrapInboundIn(data).readableBytesView {
      guard byte == UInt8(ascii: "\n") else {
        line.append(byte)
        continue
      }
      hasAsked = true
      if let request = try? JSONDecoder().decode(TapRequest.self, from: Data(line)) { readers.tap(context.channel, request.tap) }
      return
    }
    if line.count > TapRequest.longestBytes { context.close(promise: nil) }
  }
  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
