import NIOCore
import NIOHTTP1

/// One connection: reads a request, has it answered, and writes the response as its fault demands. NIO holds back the next request of
/// the connection until the response is complete.
final class SimulatorConnection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  /// The largest body of a request, in bytes.
  private static let bodyLimit = 1 << 20

  private let responder: SimulatorResponder
  private let connections: Connections
  private var head: HTTPRequestHead?
  private var body = ByteBuffer()

  init(_ responder: SimulatorResponder, _ connections: Connections) {
    self.responder = responder
    self.connections = connections
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body.clear()
    case .body(var part):
      guard body.readableBytes + part.readableBytes <= Self.bodyLimit else { return context.close(promise: nil) }
      body.writeBuffer(&part)
    case .end:
      guard let head else { return }
      answer(WireRequest(head, body: body), isLast: !head.isKeepAlive, on: context.channel)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func answer(_ request: WireRequest, isLast: Bool, on channel: any Channel) {
    connections.answer { [responder] in
      do {
        let reply = try await responder.respond(to: request)
        channel.eventLoop.execute { Self.write(reply, date: responder.date, isLast: isLast, to: channel) }
      } catch is CancellationError {
        channel.close(promise: nil)
      } catch {
        let failure = WireReply(status: 500, json: "")
        channel.eventLoop.execute { Self.write(failure, date: responder.date, isLast: true, to: channel) }
      }
    }
  }

  private static func write(_ reply: WireReply, date: String, isLast: Bool, to channel: any Channel) {
    let length = reply.body.readableBytes
    switch reply.delivery {
    case .none: channel.close(promise: nil)
    case .whole:
      write(reply.head(date: date, length: length, isLast: isLast), reply.body, to: channel, promise: nil)
      let isWritten = channel.writeAndFlush(HTTPServerResponsePart.end(nil))
      if isLast { isWritten.whenComplete { _ in channel.close(promise: nil) } }
    case .cut(let bytes):
      let part = reply.body.getSlice(at: reply.body.readerIndex, length: bytes) ?? ByteBuffer()
      breakOff(reply.head(date: date, length: length, isLast: isLast), part, to: channel)
    case .withoutLastChunk: breakOff(reply.head(date: date, length: nil, isLast: isLast), reply.body, to: channel)
    }
  }

  /// Closes the connection once head and body have been sent.
  private static func breakOff(_ head: HTTPResponseHead, _ body: ByteBuffer, to channel: any Channel) {
    let isWritten = channel.eventLoop.makePromise(of: Void.self)
    isWritten.futureResult.whenComplete { _ in channel.close(promise: nil) }
    write(head, body, to: channel, promise: isWritten)
    channel.flush()
  }

  private static func write(_ head: HTTPResponseHead, _ body: ByteBuffer, to channel: any Channel, promise: EventLoopPromise<Void>?) {
    channel.write(HTTPServerResponsePart.head(head), promise: nil)
    channel.write(HTTPServerResponsePart.body(.byteBuffer(body)), promise: promise)
  }
}

extension WireRequest {
  fileprivate init(_ head: HTTPRequestHead, body: ByteBuffer) {
    self.init(
      method: head.method.rawValue, target: head.uri, authorization: head.headers.first(name: "Authorization"), body: String(buffer: body),
      origin: "http://" + (head.headers.first(name: "Host") ?? "127.0.0.1"))
    language = head.headers.first(name: "Accept-Language")
  }
}

extension WireReply {
  /// - Parameter length: the announced length of the body; nil: in chunks.
  fileprivate func head(date: String, length: Int?, isLast: Bool) -> HTTPResponseHead {
    var fields = HTTPHeaders([("Content-Type", contentType), ("Date", date), ("Server", Simulator.serverName)])
    if let length { fields.add(name: "Content-Length", value: String(length)) }
    for (name, value) in headers { fields.replaceOrAdd(name: name, value: value) }
    if isLast { fields.replaceOrAdd(name: "Connection", value: "close") }
    return HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: fields)
  }
}
