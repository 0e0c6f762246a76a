import Dispatch
import FlowCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A server on 127.0.0.1 with responses scripted byte by byte, including invalid ones.
package final class LoopbackServer: Sendable {
  package struct Request: Sendable {
    /// The number of the connection, from 1.
    package var connection: Int
    package var method: String
    package var target: String
    /// Header fields by lower-case name.
    package var fields: [String: String]
    package var body: [UInt8]
  }

  package enum Step: Sendable {
    case send([UInt8])
    /// Sends the piece repeatedly until the client closes the connection.
    case sendEndlessly([UInt8])
    /// Closes the connection (FIN).
    case close
    /// Resets the connection (RST).
    case reset
    /// Sends nothing more and keeps the connection open.
    case hold
    /// Continues when this number of requests has reached this step.
    case waitForOthers(count: Int)
  }

  /// No socket could be opened.
  package struct Failure: Error {
    package var errno: Int32
    package init(errno: Int32) { self.errno = errno }
  }

  package let port: UInt16
  private let state: QueueConfined<LoopbackServerState>

  package init(_ answer: @escaping @Sendable (Request) -> [Step]) throws {
    let listener = try LoopbackServer.listen()
    port = try LoopbackServer.port(of: listener)
    let state = QueueConfined(label: "loopback server", LoopbackServerState(listener: listener, answer: answer))
    state.submit { [weak state] server in
      if let state { server.start(in: state) }
    }
    self.state = state
  }

  /// Sends a text with status 200.
  package convenience init(text: String) throws {
    try self.init { _ in [.send(LoopbackServer.response(body: Array(text.utf8)))] }
  }

  package var url: String { "http://127.0.0.1:\(port)/" }
  package func connectionCount() async throws -> Int { try await state.run { $0.connectionCount } }
  package func stop() async throws { try await state.run { $0.stop() } }

  package static func response(status: String = "200 OK", fields: [String] = [], body: [UInt8] = []) -> [UInt8] {
    let head = (["HTTP/1.1 \(status)", "Content-Length: \(body.count)"] + fields).joined(separator: "\r\n")
    return Array((head + "\r\n\r\n").utf8) + body
  }

  /// A port without a listener.
  package static func closedPort() throws -> UInt16 {
    let listener = try listen()
    defer { systemCloseDescriptor(listener) }
    return try port(of: listener)
  }

  private static func listen() throws -> Int32 {
    #if canImport(Darwin)
      let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #else
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    guard descriptor >= 0, bound == 0, startListening(descriptor) == 0, makeNonBlocking(descriptor) else { throw Failure(errno: errno) }
    return descriptor
  }

  private static func port(of descriptor: Int32) throws -> UInt16 {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    guard status == 0 else { throw Failure(errno: errno) }
    return UInt16(bigEndian: address.sin_port)
  }
}

/// Confined to the server's queue.
final class LoopbackServerState {
  private let listener: Int32
  private let answer: @Sendable (LoopbackServer.Request) -> [LoopbackServer.Step]
  private weak var confinement: QueueConfined<LoopbackServerState>?
  private var accepting: (any DispatchSourceRead)?
  private var connections: [Int: LoopbackConnection] = [:]
  private var together: [Int] = []
  private(set) var connectionCount = 0

  init(listener: Int32, answer: @escaping @Sendable (LoopbackServer.Request) -> [LoopbackServer.Step]) {
    self.listener = listener
    self.answer = answer
  }

  deinit { stop() }

  func start(in confinement: QueueConfined<LoopbackServerState>) {
    self.confinement = confinement
    let source = DispatchSource.makeReadSource(fileDescriptor: listener, queue: confinement.queue)
    source.setEventHandler { [weak confinement] in confinement?.onQueue { $0.accept() } }
    source.setCancelHandler { [listener] in systemCloseDescriptor(listener) }
    source.activate()
    accepting = source
  }

  func stop() {
    accepting?.cancel()
    accepting = nil
    connections.values.forEach { $0.close() }
    connections = [:]
  }

  private func accept() {
    while let confinement {
      let descriptor = acceptConnection(listener)
      guard descriptor >= 0, makeNonBlocking(descriptor) else { return }
      connectionCount += 1
      let number = connectionCount
      connections[number] = LoopbackConnection(
        number: number, descriptor: descriptor, queue: confinement.queue,
        readable: { [weak confinement] in confinement?.onQueue { $0.receive(on: number) } },
        writable: { [weak confinement] in confinement?.onQueue { $0.go(on: number) } })
    }
  }

  private func receive(on number: Int) {
    guard let connection = connections[number] else { return }
    let isOpen = connection.receive()
    while let request = connection.nextRequest() {
      connection.steps += answer(request)
    }
    go(on: number)
    if !isOpen { end(number) }
  }

  private func go(on number: Int) {
    guard let connection = connections[number] else { return }
    switch connection.perform() {
    case .goesOn: break
    case .ends: end(number)
    case .waitsForOthers(let count):
      together.append(number)
      guard together.count >= count else { return }
      let released = together
      together = []
      for waiting in released {
        connections[waiting]?.steps.removeFirst()
        go(on: waiting)
      }
    }
  }

  private func end(_ number: Int) { connections.removeValue(forKey: number)?.close() }
}

/// One accepted connection. Confined to the server's queue.
final class LoopbackConnection {
  enum Progress { case goesOn, ends, waitsForOthers(Int) }

  var steps: [LoopbackServer.Step] = []
  private let number: Int
  private let descriptor: Int32
  private let reading: any DispatchSourceRead
  private let writing: any DispatchSourceWrite
  private var isWriting = false
  private var received: [UInt8] = []
  private var unsent: ArraySlice<UInt8> = []
  private var isWaiting = false

  init(
    number: Int, descriptor: Int32, queue: DispatchQueue, readable: @escaping @Sendable () -> Void,
    writable: @escaping @Sendable () -> Void
  ) {
    self.number = number
    self.descriptor = descriptor
    let twin = dup(descriptor)
    reading = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
    reading.setEventHandler(handler: readable)
    reading.setCancelHandler { systemCloseDescriptor(descriptor) }
    reading.activate()
    writing = DispatchSource.makeWriteSource(fileDescriptor: twin, queue: queue)
    writing.setEventHandler(handler: writable)
    writing.setCancelHandler { systemCloseDescriptor(twin) }
  }

  /// Reads available bytes; returns false at the end of the stream.
  func receive() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count > 0 { received += buffer[..<count] } else { return count < 0 && errno == EAGAIN }
    }
  }

  /// The next complete request, if any.
  func nextRequest() -> LoopbackServer.Request? {
    let end = Array("\r\n\r\n".utf8)
    guard let headEnd = received.indices.first(where: { received[$0...].starts(with: end) }) else { return nil }
    let lines = String(decoding: received[..<headEnd], as: UTF8.self).split(separator: "\r\n")
    let words = lines.first.map { $0.split(separator: " ") } ?? []
    guard words.count == 3 else { return nil }
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { fields[parts[0].lowercased()] = String(parts[1].drop { $0 == " " }) }
    }
    let bodyStart = headEnd + end.count
    let bodyEnd = bodyStart + (fields["content-length"].flatMap { Int($0) } ?? 0)
    guard received.count >= bodyEnd else { return nil }
    let body = Array(received[bodyStart..<bodyEnd])
    received.removeFirst(bodyEnd)
    return LoopbackServer.Request(
      connection: number, method: String(words[0]), target: String(words[1]), fields: fields, body: body)
  }

  /// Executes the steps that are possible now.
  func perform() -> Progress {
    while true {
      guard flush() else { return .ends }
      guard unsent.isEmpty, let step = steps.first else { break }
      switch step {
      case .send(let bytes):
        unsent = bytes[...]
        steps.removeFirst()
      case .sendEndlessly(let bytes): unsent = bytes[...]
      case .hold: return .goesOn
      case .close: return .ends
      case .reset:
        var rude = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &rude, socklen_t(MemoryLayout<linger>.size))
        return .ends
      case .waitForOthers(let count):
        defer { isWaiting = true }
        return isWaiting ? .goesOn : .waitsForOthers(count)
      }
      isWaiting = false
    }
    watchForRoom(!unsent.isEmpty)
    return .goesOn
  }

  func close() {
    reading.cancel()
    watchForRoom(true)  // An inactive source must not be released.
    writing.cancel()
  }

  /// Sends as much as possible; returns false if the client has closed the connection.
  private func flush() -> Bool {
    while !unsent.isEmpty {
      #if canImport(Darwin)
        let flags: Int32 = 0
      #else
        let flags = Int32(MSG_NOSIGNAL)
      #endif
      let count = unsent.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, flags) }
      if count > 0 { unsent = unsent.dropFirst(count) } else { return errno == EAGAIN }
    }
    return true
  }

  private func watchForRoom(_ wanted: Bool) {
    guard wanted != isWriting else { return }
    isWriting = wanted
    if wanted { writing.resume() } else { writing.suspend() }
  }
}

private func makeNonBlocking(_ descriptor: Int32) -> Bool {
  fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0
}
private func systemCloseDescriptor(_ descriptor: Int32) { _ = close(descriptor) }
private func startListening(_ descriptor: Int32) -> Int32 { listen(descriptor, 1024) }
private func acceptConnection(_ descriptor: Int32) -> Int32 { accept(descriptor, nil, nil) }
