import FlowCore
import FlowPostgres
import Testing

@Suite("The address of a PostgreSQL database")
struct PostgresAddressTests {
  @Test(
    "a URI is told from the path of a file",
    arguments: [
      ("postgresql://db/study", true), ("postgres://study@db/study", true), ("postgresql:///study", true), ("study.sqlite", false),
      ("postgresql/study.sqlite", false), ("/srv/postgres:old/study.sqlite", false),
    ])
  func recognition(_ location: String, _ isAddress: Bool) { #expect(PostgresAddress.isAddress(location) == isAddress) }

  @Test(
    "loopback and sockets need no encryption, other hosts do",
    arguments: [
      ("postgresql:///study", [:], true), ("postgresql://localhost/study", [:], true), ("postgresql://127.0.0.1:5433/study", [:], true),
      ("postgresql://[::1]/study", [:], true), ("postgresql:///study?host=/run/postgresql", [:], true),
      ("postgresql://db.example/study", [:], false), ("postgresql://db.example/study?sslmode=prefer", [:], false),
      ("postgresql://db.example/study?sslmode=require", [:], true), ("postgresql://db.example/study?sslmode=verify-full", [:], true),
      ("postgresql://localhost,db.example/study", [:], false), ("postgresql:///study?hostaddr=192.0.2.7", [:], false),
      ("postgresql:///study", ["PGHOST": "db.example"], false), ("postgresql://db.example/study", ["PGSSLMODE": "verify-full"], true),
      ("postgresql://db.example/study?sslmode=disable", ["PGSSLMODE": "verify-full"], false),
    ] as [(String, [String: String], Bool)])
  func encryption(_ uri: String, _ variables: [String: String], _ isAllowed: Bool) {
    let problems = PostgresAddress.problems(of: uri) { variables[$0] }
    #expect(problems.isEmpty == isAllowed, "\(problems)")
    if !isAllowed { #expect(problems.first?.description.contains("sslmode=verify-full") == true) }
  }

  @Test(
    "a password is refused and never repeated",
    arguments: [
      "postgresql://study:secret@localhost/study", "postgresql://localhost/study?password=secret", "postgresql://localhost/study?sslpassword=secret",
      "postgresql://study:secret@localhost/study?sslmode=wrong word", "postgresql://study:sec@ret@localhost:port/study",
      "postgresql://study@localhost/study?password=a@secret", "postgresql://study:sec/ret@localhost/study", "postgresql://study:1/secret@localhost/study",
      "postgresql://study:%zzsecret@localhost/study", "postgresql://study:secret@[::1/study",
    ])
  func passwords(_ uri: String) throws {
    #expect(PostgresAddress(uri) == nil)
    let problem = try #require(PostgresAddress.problems(of: uri) { _ in nil }.first)
    #expect(!"\(problem)".contains("sec"), "\(problem)")
  }

  @Test("what libpq cannot read is said with its words", arguments: ["postgresql://localhost:/study?nonsense=1", "postgresql://[::1/study"])
  func unreadable(_ uri: String) throws {
    #expect(PostgresAddress(uri) == nil)
    #expect(try #require(PostgresAddress.problems(of: uri) { _ in nil }.first).description.contains("libpq cannot read it"))
  }
}
