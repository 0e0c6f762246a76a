import Hummingbird
import NIOCore
import NIOHTTPTypes

/// Closes a connection whose client does not read: while an answer is written, the server's idle time does not run.
final class SlowReaderHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart

  /// Of the kernel for one connection. With more of it, a slow client that reads all the time makes no room for minutes, and looks like one that reads
  /// nothing.
  private static let sendBufferBytes = 128 << 10

  private let patience: TimeAmount
  private var cut: Scheduled<Void>?

  /// - Parameter patience: for a client that reads nothing of what waits for it.
  init(patience: TimeAmount) { self.patience = patience }

  func handlerAdded(context: ChannelHandlerContext) {
    // Where a channel has no such buffer, there is nothing to limit.
    _ = context.channel.setOption(.socketOption(.so_sndbuf), value: Self.sendBufferBytes)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    cut?.cancel()
    cut = context.channel.isWritable ? nil : context.eventLoop.scheduleTask(in: patience) { [channel = context.channel] in channel.close(promise: nil) }
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    cut?.cancel()
    context.fireChannelInactive()
  }
}

extension ResponseBody {
  private static let pieceBytes = 32 << 10

  /// A large or endless body whose every piece waits until the connection has taken up the one before, and with it whether there is room: the writer
  /// alone runs ahead of the connection by megabytes, which would be kept for a client that reads slowly.
  /// - Parameter turn: returns once the connection has taken up what was written before.
  func paced(_ turn: @escaping @Sendable () async throws -> Void) -> ResponseBody {
    guard contentLength.map({ $0 > Self.pieceBytes }) ?? true else { return self }
    return ResponseBody(contentLength: contentLength) { [body = self] writer in
      try await body.write(
        writer.map { piece in
          try await turn()
          return piece
        })
    }
  }

  /// A large body is written piece by piece, so that the answer is not taken as ended while most of it waits for its reader.
  static func inPieces(_ buffer: ByteBuffer) -> ResponseBody {
    guard buffer.readableBytes > pieceBytes else { return ResponseBody(byteBuffer: buffer) }
    return ResponseBody(contentLength: buffer.readableBytes) { writer in
      var rest = buffer
      while rest.readableBytes > 0, let piece = rest.readSlice(length: min(pieceBytes, rest.readableBytes)) { try await writer.write(piece) }
      try await writer.finish(nil)
    }
  }
}
