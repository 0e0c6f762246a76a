import FlowCore
import NIOCore
import NIOHTTP1
import NIOPosix
import StudyModel
import StudyParticipants

/// An HTTP listener on 127.0.0.1 for the redirect from the provider's page.
final class ConsentListener: Sendable {
  /// Called for each request to the redirect address; returns the page to show.
  typealias Handler = @Sendable (_ query: String?) -> Page

  struct Page: Sendable {
    /// HTTP status.
    var status: Int
    var title: String
    var text: String
    /// Called after the page has been sent; the listener must not be closed before.
    var sent: @Sendable () -> Void = {}
  }

  private let channel: any Channel
  private let group: MultiThreadedEventLoopGroup

  /// Starts listening; port 0 chooses a free port. Throws `StopRun` if the port is in use.
  init(port: Int, _ handler: @escaping Handler) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    self.group = group
    do {
      channel = try await ServerBootstrap(group: group)
        .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
        .childChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.configureHTTPServerPipeline()
            try channel.pipeline.syncOperations.addHandler(ConsentPageHandler(handler))
          }
        }
        .bind(host: "127.0.0.1", port: port).get()
    } catch {
      try await group.shutdownGracefully()
      throw StopRun(
        .failed, .connection,
        "cannot listen on 127.0.0.1:\(port) for the browser: \(error); name another --port, and register its redirect with the provider")
    }
  }

  /// The redirect address to register with the provider.
  var redirectURI: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)/" }

  /// Closes all connections; returns once the threads have ended.
  func close() async throws {
    try await channel.close()
    try await group.shutdownGracefully()
  }
}

private final class ConsentPageHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let handler: ConsentListener.Handler
  private var page: ConsentListener.Page?

  init(_ handler: @escaping ConsentListener.Handler) { self.handler = handler }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): page = answer(head)
    case .body: break
    case .end: if let page { write(page, to: context) }
    }
  }

  private func answer(_ head: HTTPRequestHead) -> ConsentListener.Page {
    let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard head.method == .GET, parts.first == "/" else {
      return ConsentListener.Page(status: 404, title: "Nothing here", text: "flowrun waits for a consent at another address.")
    }
    return handler(parts.count > 1 ? String(parts[1]) : nil)
  }

  private func write(_ page: ConsentListener.Page, to context: ChannelHandlerContext) {
    let html = """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><title>flowrun: \(page.title)</title></head>
      <body style="font-family: sans-serif; max-width: 32em; margin: 3em auto"><h1>\(page.title)</h1><p>\(page.text)</p></body></html>

      """
    var headers = NIOHTTP1.HTTPHeaders()
    headers.add(name: "Content-Type", value: "text/html; charset=utf-8")
    headers.add(name: "Content-Length", value: String(html.utf8.count))
    headers.add(name: "Cache-Control", value: "no-store")
    headers.add(name: "Referrer-Policy", value: "no-referrer")
    headers.add(name: "Connection", value: "close")
    context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: page.status), headers: headers))), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: html)))), promise: nil)
    let channel = context.channel
    context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
      channel.close(promise: nil)
      page.sent()
    }
  }
}
