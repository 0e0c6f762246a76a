import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Answers what the parser refuses as everything else is refused: as a problem (RFC 9457) with the security headers. The library alone would answer
/// with an empty 400. It ends the connection afterwards.
final class UnreadableRequestHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let bytes = RequestLineHandler()
  private let refused: @Sendable (WebProblem) -> Void
  /// Requests that were read, at least their header, and whose answer has not ended.
  private var unanswered = 0
  /// A request's header was read, its end was not.
  private var isInBody = false
  private var problem: WebProblem?

  /// - Parameter refused: told of each problem that is answered.
  init(refused: @escaping @Sendable (WebProblem) -> Void) { self.refused = refused }

  func handlerAdded(context: ChannelHandlerContext) {
    do {
      // Before the parser.
      try context.pipeline.syncOperations.addHandler(bytes, position: .first)
    } catch {
      context.fireErrorCaught(error)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch Self.unwrapInboundIn(data) {
    case .head:
      unanswered += 1
      isInBody = true
    case .body: break
    case .end:
      isInBody = false
      bytes.requestEnded()
    }
    context.fireChannelRead(data)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if problem == nil, let error = error as? HTTPParserError { problem = bytes.line.problem(error) }
    context.fireErrorCaught(error)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let part = Self.unwrapOutboundIn(data)
    // An answer to nothing that was read is the library's.
    guard unanswered == 0, let problem else {
      if case .end = part { unanswered -= 1 }
      return context.write(data, promise: promise)
    }
    // The request had its answer before its body turned out to be broken: a second one would be taken as that of another request.
    guard !isInBody else {
      promise?.succeed()
      return
    }
    switch part {
    case .head:
      let (head, body) = problem.closingAnswer()
      refused(problem)
      context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
      context.write(Self.wrapOutboundOut(.body(body)), promise: promise)
    case .body: promise?.succeed()
    case .end: context.write(data, promise: promise)
    }
  }
}

/// Sees the bytes of a connection before the parser, and keeps the first line of the request that it is in.
final class RequestLineHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private(set) var line = RequestLine()
  /// What was read last, from the first byte that may belong to the request that it is in.
  private var rest = ByteBuffer().readableBytesView

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    rest = Self.unwrapInboundIn(data).readableBytesView
    line.take(rest)
    context.fireChannelRead(data)
    rest = ByteBuffer().readableBytesView
  }

  /// The parser has found the end of a request in what was read last. The next one begins behind its empty line, or behind a body, which only blurs
  /// why a next one is refused.
  func requestEnded() {
    rest = rest.firstRange(of: "\r\n\r\n".utf8).map { rest[$0.upperBound...] } ?? rest[rest.endIndex...]
    line = RequestLine()
    line.take(rest)
  }
}

extension WebProblem {
  /// The answer to what is no request, after which the connection ends.
  fileprivate func closingAnswer() -> (head: HTTPTypes.HTTPResponse, body: ByteBuffer) {
    let body = ByteBuffer(string: text)
    var head = HTTPTypes.HTTPResponse(status: status, headerFields: headers)
    head.headerFields[.contentType] = WebProblem.mediaType
    head.headerFields[.contentLength] = "\(body.readableBytes)"
    head.headerFields[.connection] = "close"
    SecurityHeaders.add(to: &head.headerFields)
    return (head, body)
  }
}
