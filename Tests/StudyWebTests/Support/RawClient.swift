import FlowCore
import Foundation

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A connection to a server on this machine that sends exactly the bytes it is given.
final class RawClient: Sendable {
  struct Failure: Error {
    var errno: Int32
  }

  private let descriptor: Int32
  private let lane = DispatchLane(label: "test client")

  /// - Parameter patienceSeconds: reading gives up after so long without a byte.
  /// - Parameter receiveBufferBytes: of the kernel; nil: as usual.
  init(port: Int, patienceSeconds: Int = 30, receiveBufferBytes: CInt? = nil) throws {
    #if canImport(Darwin)
      descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #else
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #endif
    guard descriptor >= 0 else { throw Failure(errno: errno) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var patience = timeval(tv_sec: patienceSeconds, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    if var receiveBufferBytes { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBufferBytes, socklen_t(MemoryLayout<CInt>.size)) }
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    guard status == 0 else { throw Failure(errno: errno) }
  }

  deinit { close(descriptor) }

  func send(_ text: String) async throws {
    try await lane.run { [descriptor] in
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard count > 0 else { throw Failure(errno: errno) }
        rest = rest.dropFirst(count)
      }
    }
  }

  /// The next bytes; empty at the end of the connection.
  func receive() async throws -> [UInt8] {
    try await lane.run { [descriptor] in
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      let count = recv(descriptor, &buffer, buffer.count, 0)
      // A connection that was reset has ended, too.
      guard count >= 0 || errno == ECONNRESET else { throw Failure(errno: errno) }
      return Array(buffer.prefix(max(count, 0)))
    }
  }

  /// Everything up to what makes the text enough. Throws `Failure` if the connection ends before.
  func receive(until isEnough: (String) -> Bool) async throws -> [UInt8] {
    var all: [UInt8] = []
    while !isEnough(String(decoding: all, as: UTF8.self)) {
      let more = try await receive()
      guard !more.isEmpty else { throw Failure(errno: ECONNRESET) }
      all += more
    }
    return all
  }

  /// Everything up to the end of the connection.
  func receiveAll() async throws -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let more = try await receive()
      if more.isEmpty { return all }
      all += more
    }
  }
}

/// An answer of the server.
struct TestAnswer: Sendable {
  var status: Int
  /// By lower-case name.
  var headers: [String: String]
  var body: [UInt8]
  /// Everything that came, for searching.
  var raw: [UInt8]

  var text: String { String(decoding: body, as: UTF8.self) }
  var json: Any? { try? JSONSerialization.jsonObject(with: Data(body), options: .fragmentsAllowed) }
  var object: [String: Any] { json as? [String: Any] ?? [:] }
  var list: [[String: Any]] { json as? [[String: Any]] ?? [] }
  /// The `detail` of a problem.
  var detail: String { object["detail"] as? String ?? "" }

  /// nil if the bytes are no whole answer.
  init?(_ raw: [UInt8]) {
    guard let end = raw.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: raw[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count >= 2, let status = Int(words[1]) else { return nil }
    self.status = status
    self.raw = raw
    headers = Dictionary(
      lines.dropFirst().compactMap { line in
        line.firstIndex(of: ":").map { (line[..<$0].lowercased(), line[line.index(after: $0)...].trimmingCharacters(in: .whitespaces)) }
      }
    ) { $0 + "\n" + $1 }
    let rest = Array(raw[end.upperBound...])
    body = headers["transfer-encoding"] == "chunked" ? Self.joined(rest) : rest
  }

  private static func joined(_ chunked: [UInt8]) -> [UInt8] {
    var body: [UInt8] = []
    var rest = chunked[...]
    while let end = rest.firstRange(of: Array("\r\n".utf8)), let count = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16), count > 0 {
      body += rest[end.upperBound...].prefix(count)
      rest = rest[end.upperBound...].dropFirst(count + 2)
    }
    return body
  }
}
