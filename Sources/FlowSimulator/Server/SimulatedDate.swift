import FlowCore
import NIOCore

/// Replaces the `Date` header with simulated time. Hummingbird sets it from the machine's clock without a hook, so the
/// field is overwritten on its way to the socket; all dates have the same length.
final class SimulatedDate: ChannelOutboundHandler, Sendable {
  typealias OutboundIn = IOData
  typealias OutboundOut = IOData

  private static let fields = ["\r\nDate: ", "\r\ndate: "].map { Array($0.utf8) }
  private static let length = "Sun, 06 Nov 1994 08:49:37 GMT".utf8.count
  /// Seconds since 1970.
  private let now: @Sendable () -> Int

  init(now: @escaping @Sendable () -> Int) { self.now = now }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard case .byteBuffer(var buffer) = unwrapOutboundIn(data), buffer.readableBytesView.starts(with: "HTTP/1.".utf8),
      let field = Self.fields.lazy.compactMap({ buffer.readableBytesView.firstRange(of: $0) }).first,
      field.upperBound + Self.length <= buffer.writerIndex
    else {
      context.write(data, promise: promise)
      return
    }
    buffer.setString(Instant(seconds: Int64(now())).httpDateText, at: field.upperBound)
    context.write(wrapOutboundOut(.byteBuffer(buffer)), promise: promise)
  }
}

/// Adds a `SimulatedDate` next to the socket of each accepted connection, and registers the connection.
final class SimulatedDates: ChannelInboundHandler, Sendable {
  typealias InboundIn = any Channel

  private let connections: Connections
  private let now: @Sendable () -> Int

  init(connections: Connections, now: @escaping @Sendable () -> Int) {
    self.connections = connections
    self.now = now
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let connection = unwrapInboundIn(data)
    connections.accept(connection)
    connection.pipeline.addHandler(SimulatedDate(now: now), position: .first).whenFailure { _ in connection.close(promise: nil) }
    context.fireChannelRead(data)
  }
}
