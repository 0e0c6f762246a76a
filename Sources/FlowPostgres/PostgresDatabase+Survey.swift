import FlowCore
import StudyModel

extension PostgresDatabase {
  package func survey(tables: [TableSchema], participants: String) async throws -> StoreSurvey {
    let links = PostgresLinks(address, environment, limits: .forSurveys)
    links.open()
    // A server that is away is the finding, not a reason to wait.
    links.cutWaitsShort()
    return try await withClosing {
      do {
        return try await survey(tables: tables, participants: participants, links)
      } catch {
        throw failure.opening(error)
      }
    } close: {
      await links.close()
    }
  }

  private func survey(tables: [TableSchema], participants: String, _ links: PostgresLinks) async throws -> StoreSurvey {
    let statements = [PostgresSchema.serverStatement, PostgresSchema.preparedStatement, Self.rightsStatement]
    let (server, isPrepared, version, rights) = try await links.lend { link in
      try await link.run(statements) { answers in
        let rights = (tables: answers[2].boolean(0, 1), schema: answers[2].text(0, 2) ?? "")
        return (PostgresSchema.server(answers[0]), answers[1].boolean(0, 0), answers[2].text(0, 0) ?? "", rights)
      }
    }
    try PostgresSchema.check(server, failure)
    var survey = StoreSurvey(system: "PostgreSQL \(version)", isPrepared: isPrepared)
    if !rights.tables {
      // Monthly partitions are made as rows need them.
      survey.doubts.append(
        StoreSurvey.Doubt(
          found: "the role may not make tables in the schema \(rights.schema)",
          next: "have an administrator grant it (GRANT CREATE ON SCHEMA \(rights.schema) TO …), or make them: flowrun ddl prints the statements"))
    }
    let timed = tables.filter { PostgresTable($0).isPartitioned }.map(\.name)
    var existing = ExistingTables()
    if isPrepared {
      let settings = try await links.lend { link in
        try await link.run([Statement("SELECT name, value FROM flowrun_setting")]) { answers in
          Dictionary((0..<answers[0].count).map { (answers[0].text($0, 0) ?? "", answers[0].text($0, 1) ?? "") }) { first, _ in first }
        }
      }
      try PostgresSchema.check(version: settings[PostgresSchema.versionSetting].flatMap { Int($0) } ?? 0, failure)
      let wanted = agreements.map { (name: $0.name, value: $0.value) } + [(name: "participants", value: participants)]
      survey.problems = wanted.compactMap { fact in
        settings["agreed." + fact.name].flatMap { PostgresSchema.disagreement(on: fact.name, recorded: $0, value: fact.value, location) }
      }
      existing = try await self.existing(timed, server, links)
    }
    if !timed.isEmpty { survey.layout = existing.words(hasTimescale: server.hasTimescale) }
    return survey
  }

  /// The server's version, and whether the role may make tables where they are made.
  private static let rightsStatement = Statement(
    """
    SELECT split_part(current_setting('server_version'), ' ', 1), coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
      current_schema()::text
    """)

  private func existing(_ tables: [String], _ server: PostgresSchema.Server, _ links: PostgresLinks) async throws -> ExistingTables {
    let partitioned = Statement(
      "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = ANY ($1) AND relkind = 'p'", [.texts(tables)])
    let hypertables = Statement(
      server.hasTimescale
        ? "SELECT count(*) FROM timescaledb_information.hypertables WHERE hypertable_schema = current_schema() AND hypertable_name = ANY ($1)"
        : "SELECT count(*) FROM unnest($1::text[]) WHERE false", [.texts(tables)])
    return try await links.lend { link in
      try await link.run([partitioned, hypertables]) { answers in
        ExistingTables(partitioned: Int(answers[0].integer(0, 0) ?? 0), hypertables: Int(answers[1].integer(0, 0) ?? 0))
      }
    }
  }
}

/// How many of a flow's tables with instants are of which kind.
private struct ExistingTables {
  var partitioned = 0
  var hypertables = 0

  func words(hasTimescale: Bool) -> String {
    switch (partitioned, hypertables) {
    case (0, 0): "intraday tables will be \(hasTimescale ? "hypertables (TimescaleDB)" : "partitioned by month")"
    case (_, 0): "intraday tables are partitioned by month"
    case (0, _): "intraday tables are hypertables (TimescaleDB)"
    default: "\(partitioned) intraday tables are partitioned by month, \(hypertables) are hypertables (TimescaleDB)"
    }
  }
}

extension PostgresLinks.Limits {
  fileprivate static var forSurveys: PostgresLinks.Limits {
    var limits = PostgresLinks.Limits()
    limits.connections = 1
    return limits
  }
}
