import FlowCore
import FlowPostgres
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("A PostgreSQL server with TLS and passwords")
struct EncryptedConnectionTests {
  /// A server with a certificate for `localhost` of its own, and the certificate.
  private func server() async throws -> (server: PostgresServer, certificate: String, folder: TemporaryFolder) {
    let folder = try TemporaryFolder()
    let server = try await PostgresServer.start(settings: ["fsync=off"])
    let certificate = try await server.encrypt(keepingCertificateIn: folder)
    return (server, certificate, folder)
  }

  @Test("rows are written over a connection that verifies the certificate of the server; one of another authority is refused with the reason")
  func verified() async throws {
    let (server, certificate, folder) = try await server()
    let uri = try await server.makeDatabase().replacing("127.0.0.1", with: "localhost")
    let store = PostgresFixture.store(uri + "?sslmode=verify-full&sslrootcert=" + certificate)
    try await store.prepare()
    try await store.prepare(tables: TableSchema.promised)
    #expect(try await server.execute("SELECT count(*) > 0 FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl AND application_name = 'flowrun'") == ["t"])
    try await store.close()
    let other = try await PostgresServer.makeCertificate(in: folder, named: "other")
    let error = await #expect(throws: StopRun.self) {
      try await PostgresFixture.store(uri + "?sslmode=verify-full&sslrootcert=" + other.certificate).prepare()
    }
    #expect(error?.message.contains("certificate verify failed") == true && error?.message.contains("sslrootcert") == true, "\(error?.message ?? "")")
  }

  @Test("a password comes from a file; a wrong one is refused at once, without a wait, and is not repeated", arguments: ["secret", "guessed"])
  func password(_ password: String) async throws {
    let server = try await PostgresServer.start(settings: ["fsync=off"])
    try await server.requirePassword(of: "locked")
    let folder = try TemporaryFolder()
    let file = folder.path("pgpass")
    try "*:*:*:locked:\(password)\n".write(toFile: file, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    let uri = try await server.makeDatabase("OWNER locked").replacing("study@", with: "locked@") + "?passfile=" + file
    let store = PostgresFixture.store(uri)
    guard password != "secret" else {
      try await store.prepare()
      return try await store.close()
    }
    let error = await #expect(throws: StopRun.self) { try await store.prepare() }
    #expect(error?.message.contains("password authentication failed") == true && error?.message.contains("guessed") == false, "\(error?.message ?? "")")
  }
}
