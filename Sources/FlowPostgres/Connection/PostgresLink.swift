import CPostgres
import Dispatch
import FlowCore
import Foundation

/// One connection to the server. Its socket is watched by Dispatch: no thread waits for the server.
///
/// Exchanges are made one after another, by whoever has borrowed the connection from `PostgresLinks`.
final class PostgresLink: Sendable {
  private let state: QueueConfined<LinkState>
  private let time: any TimeSource
  /// How long the server may stay silent while it is asked something.
  private let patience: Duration

  init(label: String, time: any TimeSource, patience: Duration) {
    self.time = time
    self.patience = patience
    state = QueueConfined(label: label, LinkState())
    state.submit { [weak state] link in
      guard let state else { return }
      link.queue = state.queue
      link.whenReady = { [weak state] in state?.onQueue { $0.proceed() } }
    }
  }

  /// Connects. Throws `ServerError`.
  /// - Parameters:
  ///   - options: names and values as `PQconnectStartParams` takes them. It heeds no `connect_timeout`: that is libpq's own waiting.
  ///   - patience: how long it may take, all hosts together.
  func connect(_ options: [(name: String, value: String)], within patience: Duration) async throws {
    try await perform(within: patience) { ConnectExchange(options, completion: $0) }
  }

  /// Sends statements together and reads their answers on the connection's queue. Throws `ServerError`, and errors of `read`.
  func run<Value: Sendable>(_ statements: [Statement], read: @escaping @Sendable ([Answer]) throws -> Value) async throws -> Value {
    try await perform(within: patience) { StatementExchange(statements, read: read, completion: $0) }
  }

  /// Copies rows into a table and returns their number. Throws `ServerError`, and errors of the source.
  func copy(_ sql: String, _ source: any CopySource) async throws -> Int {
    try await perform(within: patience) { CopyExchange(sql, source, completion: $0) }
  }

  /// False once the connection is lost or closed.
  func isUsable() async -> Bool {
    await withCheckedContinuation { continuation in state.submit { continuation.resume(returning: $0.isUsable) } }
  }

  /// Ends the connection, and an exchange that is under way.
  func close() async {
    await withCheckedContinuation { continuation in
      beginClosing { continuation.resume() }
    }
  }

  /// The same from where nobody can wait, such as a cancellation handler.
  func beginClosing(_ whenClosed: @escaping @Sendable () -> Void = {}) {
    state.submit { link in
      link.end(ServerError.lost("the connection was closed"))
      whenClosed()
    }
  }

  private func perform<Value: Sendable>(
    within patience: Duration, _ make: @escaping @Sendable (@escaping (Result<Value, any Error>) -> Void) -> any Exchange
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      state.submit { [self] link in
        let number = link.begin(make { continuation.resume(with: $0) })
        guard let number else { return }
        // Set after the exchange has begun: most are over by the time a timer would be set up for nothing.
        link.limit = time.schedule(after: patience) { [weak state, patience] in
          state?.submit { $0.giveUp(number, "the server did not answer within \(patience.components.seconds) s") }
        }
      }
    }
  }
}

/// The connection, its watched socket and the exchange under way. Lives on the link's queue.
final class LinkState {
  var queue: DispatchQueue?
  /// Called on the queue when the socket may be read or written.
  var whenReady: @Sendable () -> Void = {}
  /// Ends the exchange if it takes too long.
  var limit: ScheduledAction?

  private var connection: OpaquePointer?
  private var exchange: (any Exchange)?
  /// Number of the exchange under way, for its time limit.
  private var number = 0
  private var reading: (any DispatchSourceRead)?
  private var writing: (any DispatchSourceWrite)?

  var isUsable: Bool { connection.map { PQstatus($0) == CONNECTION_OK } ?? false }

  /// Starts an exchange; nil if it is over already.
  func begin(_ exchange: any Exchange) -> Int? {
    precondition(self.exchange == nil, "a connection makes one exchange at a time")
    if let connecting = exchange as? ConnectExchange {
      end(.lost("the connection was replaced"))
      connection = connecting.start()
    }
    guard connection != nil else {
      exchange.finish(ServerError.lost("the connection is closed"))
      return nil
    }
    number += 1
    self.exchange = exchange
    proceed()
    return self.exchange == nil ? nil : number
  }

  func proceed() {
    while let connection, let exchange {
      do {
        let readiness = try exchange.advance(connection)
        if readiness == .finished { return finish(exchange, connection) }
        // A hang-up ends Dispatch's source with one last event, which may come with data before the end: what is there is taken at once.
        if isReady(connection, readiness, exchange) { continue }
        return watch(connection, forWriting: readiness == .writing, socketMayChange: exchange is ConnectExchange)
      } catch {
        return fail(connection, error)
      }
    }
    // A notice, or the end of the connection.
    while let connection, exchange == nil, isReady(connection, .reading, nil) { takeNotice(connection) }
  }

  private func finish(_ exchange: any Exchange, _ connection: OpaquePointer) {
    if exchange is ConnectExchange { stopWatching() } else { stopWriting() }
    // Goes on for notices and for the end of the connection.
    watch(connection, forWriting: false, socketMayChange: false)
    settle(nil)
  }

  private func fail(_ connection: OpaquePointer, _ error: any Error) {
    guard let error = error as? ServerError else { return settle(error) }
    if case .refused = error, PQstatus(connection) == CONNECTION_OK { settle(error) } else { end(error) }
  }

  /// Whether the socket is ready now, or has hung up.
  private func isReady(_ connection: OpaquePointer, _ readiness: Readiness, _ exchange: (any Exchange)?) -> Bool {
    // While a connection is being made, libpq wants exactly what it asked for.
    let writing = exchange is ConnectExchange ? POLLOUT : POLLIN | POLLOUT
    var socket = pollfd(fd: PQsocket(connection), events: Int16(readiness == .writing ? writing : POLLIN), revents: 0)
    return socket.fd >= 0 && poll(&socket, 1, 0) > 0
  }

  func giveUp(_ number: Int, _ reason: String) {
    guard exchange != nil, number == self.number else { return }
    end(exchange is ConnectExchange ? .unreachable(reason) : .lost(reason))
  }

  /// Ends the connection; an exchange under way fails with the error.
  func end(_ error: ServerError) {
    stopWatching()
    if let connection { PQfinish(connection) }
    connection = nil
    settle(error)
  }

  private func settle(_ error: (any Error)?) {
    limit?.cancel()
    limit = nil
    guard let exchange else { return }
    self.exchange = nil
    exchange.finish(error)
  }

  /// Something came while nothing was asked: a notice, or the end of the connection.
  private func takeNotice(_ connection: OpaquePointer) {
    if PQconsumeInput(connection) != 1 { end(.lost("the server ended the connection")) }
  }

  // MARK: The socket

  /// While the connection is being made its socket may be another one after each step; from then on one source stays.
  private func watch(_ connection: OpaquePointer, forWriting: Bool, socketMayChange: Bool) {
    if socketMayChange { stopWatching() }
    let socket = PQsocket(connection)
    guard let queue, socket >= 0 else { return end(.lost("the connection has no socket")) }
    if reading == nil, !(socketMayChange && forWriting) {
      guard let socket = Self.duplicate(of: socket) else { return end(.lost("the process has no descriptor left to watch the connection")) }
      let source = DispatchSource.makeReadSource(fileDescriptor: socket, queue: queue)
      reading = source
      start(source, socket)
    }
    guard forWriting else { return stopWriting() }
    guard writing == nil else { return }
    guard let socket = Self.duplicate(of: socket) else { return end(.lost("the process has no descriptor left to watch the connection")) }
    let source = DispatchSource.makeWriteSource(fileDescriptor: socket, queue: queue)
    writing = source
    start(source, socket)
  }

  /// A source must not lose its descriptor before it has ended, and libpq closes its own when it likes: a source gets one of its own.
  private static func duplicate(of socket: Int32) -> Int32? {
    let copy = fcntl(socket, F_DUPFD_CLOEXEC, 0)
    return copy >= 0 ? copy : nil
  }

  private func start(_ source: any DispatchSourceProtocol, _ socket: Int32) {
    source.setEventHandler(handler: whenReady)
    source.setCancelHandler { Foundation.close(socket) }
    source.resume()
  }

  private func stopWriting() {
    writing?.cancel()
    writing = nil
  }

  private func stopWatching() {
    reading?.cancel()
    reading = nil
    stopWriting()
  }

  deinit {
    stopWatching()
    if let connection { PQfinish(connection) }
  }
}

/// Makes a connection. libpq looks up the host's name first, which blocks this connection's queue, no other.
final class ConnectExchange: Exchange {
  private let options: [(name: String, value: String)]
  private let completion: (Result<Void, any Error>) -> Void
  private var hasPolled = false

  init(_ options: [(name: String, value: String)], completion: @escaping (Result<Void, any Error>) -> Void) {
    self.options = options
    self.completion = completion
  }

  func start() -> OpaquePointer? {
    let names = CStrings(options.map(\.name)), values = CStrings(options.map(\.value))
    defer {
      names.free()
      values.free()
    }
    return PQconnectStartParams(names.pointers, values.pointers, 1)
  }

  func advance(_ connection: OpaquePointer) throws -> Readiness {
    guard PQstatus(connection) != CONNECTION_BAD else { throw failure(connection) }
    // libpq wants the first look to be after the socket can be written.
    guard hasPolled else {
      hasPolled = true
      return .writing
    }
    switch PQconnectPoll(connection) {
    case PGRES_POLLING_READING: return .reading
    case PGRES_POLLING_WRITING: return .writing
    case PGRES_POLLING_OK:
      guard PQsetnonblocking(connection, 1) == 0 else { throw failure(connection) }
      // Notices ("relation exists, skipping") are not for standard error.
      PQsetNoticeReceiver(connection, { _, _ in }, nil)
      return .finished
    default: throw failure(connection)
    }
  }

  private func failure(_ connection: OpaquePointer) -> ServerError { .unreachable(String(cString: PQerrorMessage(connection)).joinedLines) }

  func finish(_ error: (any Error)?) {
    if let error { completion(.failure(error)) } else { completion(.success(())) }
  }
}

/// C strings, with NULL after the last.
private struct CStrings {
  let pointers: [UnsafePointer<CChar>?]

  init(_ texts: [String]) { pointers = texts.map { UnsafePointer(strdup($0)) } + [nil] }
  func free() { for pointer in pointers { Foundation.free(UnsafeMutablePointer(mutating: pointer)) } }
}

extension String {
  /// One line, for a message.
  fileprivate var joinedLines: String {
    split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "; ")
  }
}
