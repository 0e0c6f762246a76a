import FlowCore
import Foundation

/// A PostgreSQL server of the tests' own on loopback, made from Debian's package `postgresql` in a temporary folder.
///
/// It ends with the test process, however that ends: a shell holds it for as long as its standard input is open.
package final class PostgresServer: Sendable {
  /// A server could not be started or told something.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// One for all tests that only need databases of their own.
  package static func shared() async throws -> PostgresServer { try await sharedServer.value }
  private static let sharedServer = Task { try await PostgresServer.start() }

  package let port: UInt16
  private let folder: String
  private let programs: String
  /// The shell that ends the server when it is released.
  private let holder: HeldProgram
  private let lastDatabase = Locked(0)

  private init(programs: String, folder: String, port: UInt16, holder: HeldProgram) {
    self.programs = programs
    self.folder = folder
    self.port = port
    self.holder = holder
  }

  /// - Parameter settings: as `postgres -c` takes them.
  package static func start(settings: [String] = ["fsync=off"]) async throws -> PostgresServer {
    // Between the look for a free port and the server's own use of it, another program may take it.
    for _ in 0..<4 {
      do { return try await startOnce(settings) } catch let failure as TestProgram.Failure where failure.description.contains("already in use") { continue }
    }
    return try await startOnce(settings)
  }

  private static func startOnce(_ settings: [String]) async throws -> PostgresServer {
    let programs = try findPrograms()
    let port = try freePort()
    let folder = "/tmp/flowrun-postgres-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    if geteuid() == 0 { try await run(["/bin/chown", "postgres", folder]) }
    let options = (["listen_addresses=127.0.0.1", "port=\(port)", "unix_socket_directories=\(folder)", "max_connections=80"] + settings)
      .map { "-c \($0)" }.joined(separator: " ")
    // Started here, held here: the shell ends the server when its input ends.
    let script = """
      cd "$1" && "$2"/initdb -D data -U study -A trust -E UTF8 --locale=C.UTF-8 -N >log 2>&1 && "$2"/pg_ctl -D data -l server.log -o "$3" -w start >>log 2>&1 || { cat log server.log >&2; exit 1; }
      echo ready
      cat >/dev/null
      "$2"/pg_ctl -D data -m immediate stop >/dev/null 2>&1
      rm -rf "$1"/*
      """
    let holder = try await HeldProgram(asServer(["/bin/sh", "-c", script, "sh", folder, programs, options]))
    return PostgresServer(programs: programs, folder: folder, port: port, holder: holder)
  }

  // MARK: Databases

  /// A new empty database's URI.
  package func makeDatabase(_ options: String = "") async throws -> String {
    let name = lastDatabase.withLock { last in
      last += 1
      return "study\(last)"
    }
    try await execute("CREATE DATABASE \(name) TEMPLATE template0 \(options)")
    return uri(name)
  }

  package func uri(_ database: String, user: String = "study") -> String { "postgresql://\(user)@127.0.0.1:\(port)/\(database)" }

  /// What psql answers, each row as text with `|` between the values.
  @discardableResult
  package func execute(_ sql: String, in uri: String? = nil) async throws -> [String] {
    let output = try await Self.run(
      [programs + "/psql", uri ?? self.uri("postgres"), "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-P", "null=NULL", "-c", sql])
    return output.split(separator: "\n").map(String.init)
  }

  /// The rows of a query; nil is NULL. Blocks the caller.
  package func rows(_ sql: String, in uri: String) throws -> [[String?]] {
    // Characters that no value has.
    let bytes = try TestProgram.runBlocking([programs + "/psql", uri, "-X", "-A", "-t", "-q", "-F", "\u{1F}", "-R", "\u{1E}", "-P", "null=\u{1D}", "-c", sql])
    let text = String(decoding: bytes, as: UTF8.self)
    guard !text.isEmpty else { return [] }
    let body = text.hasSuffix("\n") ? String(text.dropLast()) : text
    return body.split(separator: "\u{1E}", omittingEmptySubsequences: false).map { row in
      row.split(separator: "\u{1F}", omittingEmptySubsequences: false).map { $0 == "\u{1D}" ? nil : String($0) }
    }
  }

  // MARK: Trouble

  /// Gives the server a certificate for `localhost`, signed by itself, and has it take TLS. Returns the certificate's path.
  package func encrypt(keepingCertificateIn home: TemporaryFolder) async throws -> String {
    let made = try await Self.makeCertificate(in: home, named: "server")
    for (name, path) in [("server.crt", made.certificate), ("server.key", made.key)] {
      let place = folder + "/data/" + name
      try FileManager.default.copyItem(atPath: path, toPath: place)
      if geteuid() == 0 { try await Self.run(["/bin/chown", "postgres", place]) }
      try await Self.run(["/bin/chmod", "600", place])
    }
    try await execute("ALTER SYSTEM SET ssl = on")
    try await execute("SELECT pg_reload_conf()")
    return made.certificate
  }

  /// A key and a certificate for `localhost`, signed by itself.
  package static func makeCertificate(in home: TemporaryFolder, named name: String) async throws -> (certificate: String, key: String) {
    let certificate = home.path("\(name).crt"), key = home.path("\(name).key")
    try await run([
      "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
      "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
    ])
    return (certificate, key)
  }

  /// Makes a role that is admitted with a password only, which is `secret`.
  package func requirePassword(of role: String) async throws {
    try await execute("CREATE ROLE \(role) LOGIN PASSWORD 'secret'")
    let path = folder + "/data/pg_hba.conf"
    let rules = try String(contentsOfFile: path, encoding: .utf8)
    // Not replaced but written over: the file stays the server's.
    let file = try FileHandle(forUpdating: URL(filePath: path))
    try file.write(contentsOf: Data(("host all \(role) 127.0.0.1/32 scram-sha-256\n" + rules).utf8))
    try file.close()
    try await execute("SELECT pg_reload_conf()")
  }

  /// Ends the server at once, as a crash would: what it had not written to its log is lost, every connection is cut.
  package func kill() async throws { try await Self.run(Self.asServer([programs + "/pg_ctl", "-D", folder + "/data", "-m", "immediate", "stop"])) }

  package func startAgain() async throws {
    try await Self.run(Self.asServer([programs + "/pg_ctl", "-D", folder + "/data", "-l", folder + "/server.log", "-o", try options(), "-w", "start"]))
  }

  private func options() throws -> String {
    let words = try String(contentsOfFile: folder + "/data/postmaster.opts", encoding: .utf8)
    // The program, `-D` and the folder, then each word in quotation marks.
    return words.split(separator: " ").dropFirst(3).map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "\"\n")) }.joined(separator: " ")
  }

  // MARK: Programs

  /// PostgreSQL refuses to run as root.
  private static func asServer(_ command: [String]) -> [String] { geteuid() == 0 ? ["/sbin/runuser", "-u", "postgres", "--"] + command : command }

  private static func findPrograms() throws -> String {
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
    let folders = versions.compactMap(Int.init).sorted().reversed().map { "/usr/lib/postgresql/\($0)/bin" } + ["/opt/homebrew/opt/postgresql/bin"]
    guard let folder = folders.first(where: { FileManager.default.isExecutableFile(atPath: $0 + "/initdb") }) else {
      throw Failure(description: "there is no PostgreSQL server to test with; install one: apt-get install postgresql (Scripts/setup --tests does)")
    }
    return folder
  }

  private static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0 }
    }
    guard isBound else { throw Failure(description: "no port is free on loopback") }
    return UInt16(bigEndian: address.sin_port)
  }

  /// Runs a program to its end and returns what it wrote. Throws if it fails.
  @discardableResult
  private static func run(_ command: [String]) async throws -> String { String(decoding: try await TestProgram.run(command), as: UTF8.self) }
}
