import FlowCore
import Foundation
import NIOCore

/// Asks a run for FlowFiles, and reads them, a line each. What comes before them is skipped.
final class TapLines: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// No FlowFile's attributes are as long.
  private static let longestLineBytes = 16 << 20

  private let target: TapTarget
  private let continuation: AsyncStream<TapLine>.Continuation
  private var line: [UInt8] = []
  /// FlowFiles that the reader of the sequence was too slow for.
  private var lost = 0
  /// What the run has dropped.
  private var dropped = 0

  init(_ target: TapTarget, _ continuation: AsyncStream<TapLine>.Continuation) {
    self.target = target
    self.continuation = continuation
  }

  func channelActive(context: ChannelHandlerContext) {
    guard let request = try? JSONEncoder().encode(TapRequest(tap: target)) else { preconditionFailure("two names can be encoded") }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: Array(request) + [UInt8(ascii: "\n")])), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    for byte in unwrapInboundIn(data).readableBytesView {
      if byte == UInt8(ascii: "\n") { take() } else { line.append(byte) }
    }
    if line.count > Self.longestLineBytes { context.close(promise: nil) }
  }

  private func take() {
    defer { line.removeAll(keepingCapacity: true) }
    // An update that the run sent before it read what is wanted.
    guard let found = try? JSONDecoder().decode(TapLine.self, from: Data(line)) else { return }
    if case .dropped(let count) = found { dropped = count } else if case .enqueued = continuation.yield(found) { return } else { lost += 1 }
    // If there is no room for the count, a later one says the same.
    continuation.yield(.dropped(dropped + lost))
  }

  func channelInactive(context: ChannelHandlerContext) { continuation.finish() }
  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
