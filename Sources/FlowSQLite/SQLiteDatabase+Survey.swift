import FlowCore
import GRDB
import StudyModel

extension SQLiteDatabase {
  package func survey(tables: [TableSchema], participants: String) async throws -> StoreSurvey {
    try await writerLane.run { [self] in
      do { return try survey(participants: participants) } catch { throw failure.opening(error) }
    }
  }

  private func survey(participants: String) throws -> StoreSurvey {
    var survey = StoreSurvey(system: "SQLite", isPrepared: false)
    let fileSystem = environment.fileSystem
    guard try fileExists() else { return survey }
    // SQLite falls back to reading what it may not write. The file stays as it is.
    fileSystem.close(try fileSystem.open(absolutePath, .readWrite(mode: 0o600)))
    var configuration = Configuration()
    configuration.label = "flowrun.survey"
    configuration.busyMode = .timeout(1)
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA query_only = ON") }
    let queue = try DatabaseQueue(path: absolutePath, configuration: configuration)
    let wanted = agreements.map { (name: $0.name, value: $0.value) } + [(name: "participants", value: participants)]
    let (version, isPrepared, problems) = try queue.read { database in
      let version = try String.fetchOne(database, sql: "SELECT sqlite_version()") ?? ""
      let schema = SQLiteSchema(session: SQLSession(database: database, faultPoint: { _ in }), path: path)
      guard try schema.isPrepared() else { return (version, false, [Diagnostic]()) }
      return (version, true, try wanted.compactMap { try schema.disagreement(on: $0.name, value: $0.value) })
    }
    try queue.close()
    survey.system = "SQLite \(version)"
    survey.isPrepared = isPrepared
    survey.problems = problems
    return survey
  }
}
