import FlowCore
import FlowErrors
import FlowFileSystem
import FlowSimulator
import FlowTesting
import Foundation
import GRDB
import StudyModel
import StudyParticipants
import Testing

/// What must hold of a study's files after a run, whatever became of it.
extension Study {
  private var errorFolder: ErrorFolder {
    ErrorFolder(folder: binary.folder.path("errors"), fileSystem: POSIXFileSystem(), lane: InlineLane())
  }

  /// After a run that was killed or failed anywhere: something may be missing, nothing is wrong. Changes nothing.
  func expectNothingWrong(_ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let listing = try await errorFolder.entries()
    #expect(listing.damaged.map(\.description) == [], comment, sourceLocation: sourceLocation)
    for participant in simulator.population.participants {
      let path = binary.folder.path("participants/\(participant.name).json")
      #expect(throws: Never.self, comment, sourceLocation: sourceLocation) {
        _ = try ParticipantFile(parsing: POSIXFileSystem().read(path), participant: participant.name, path: path)
      }
    }
    guard let copy = try copyOfDatabase() else { return }
    #expect(try copy.unfoundedSlices() == [], comment, sourceLocation: sourceLocation)
    #expect(try copy.untrueMinutes(truth) == [], comment, sourceLocation: sourceLocation)
  }

  /// After a run that ended well: no row missing, doubled or wrong, the ledger without a hole, every token alive, nothing half done left.
  func expectEverything(_ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let collected = try collected()
    try collected.expectEqual(to: truth, sourceLocation: sourceLocation)
    try collected.expectContiguousLedger(sourceLocation: sourceLocation)
    #expect(try collected.unfoundedSlices() == [], comment, sourceLocation: sourceLocation)
    #expect(try collected.strings("SELECT DISTINCT state FROM slice WHERE state NOT IN ('written', 'provisional')") == [], comment, sourceLocation: sourceLocation)
    #expect(try await errorFolder.entries().damaged.isEmpty, comment, sourceLocation: sourceLocation)
    let left = try files(below: "errors").filter { $0 != ".check" }
    #expect(left == [], comment, sourceLocation: sourceLocation)
    #expect(try files(below: "participants").filter { $0.hasSuffix(".tmp") } == [], comment, sourceLocation: sourceLocation)
    #expect(try deadTokens() == [], comment, sourceLocation: sourceLocation)
  }

  /// Participants whose file does not hold the refresh token that answers now.
  func deadTokens() throws -> [String] {
    try simulator.enrolments().filter { enrolment in
      let path = binary.folder.path("participants/\(enrolment.participant).json")
      let file = try ParticipantFile(parsing: POSIXFileSystem().read(path), participant: enrolment.participant, path: path)
      return file.token.refreshToken != enrolment.refreshToken
    }.map(\.participant)
  }

  /// Paths of files below a folder of the study, relative to it; none if it is not there.
  func files(below name: String) throws -> [String] {
    let folder = binary.folder.path(name)
    guard let enumerator = FileManager.default.enumerator(atPath: folder) else { return [] }
    return enumerator.compactMap { $0 as? String }.filter { path in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: folder + "/" + path, isDirectory: &isFolder) && !isFolder.boolValue
    }.sorted()
  }

  /// A copy to look into, so that the next run finds the files as the last one left them; nil while there are no tables.
  private func copyOfDatabase() throws -> Collected? {
    let manager = FileManager.default
    try store.mirror(to: database)
    guard manager.fileExists(atPath: database) else { return nil }
    let copy = binary.folder.path("copy.sqlite")
    for suffix in ["", "-wal", "-shm", "-journal"] where manager.fileExists(atPath: copy + suffix) { try manager.removeItem(atPath: copy + suffix) }
    for suffix in ["", "-wal", "-journal"] where manager.fileExists(atPath: database + suffix) {
      try manager.copyItem(atPath: database + suffix, toPath: copy + suffix)
    }
    // Opened once for writing: it replays the log, which a reader may not.
    let tables = try DatabaseQueue(path: copy).read { try String.fetchAll($0, sql: "SELECT name FROM sqlite_master WHERE type = 'table'") }
    return tables.contains("fitbit_intraday_steps") ? try Collected(copy) : nil
  }
}

extension Collected {
  private static let minuteTables = [("intraday-heart-rate", "fitbit_intraday_hr"), ("intraday-steps", "fitbit_intraday_steps")]

  /// Slices that the ledger says to be there, whose rows are not: rows and ledger row are one commit.
  func unfoundedSlices() throws -> [String] {
    try Self.minuteTables.flatMap { dataType, table in
      try strings(
        """
        SELECT name || ' ' || data_type || ' ' || start_instant FROM slice JOIN participant USING (participant_id)
        WHERE data_type = '\(dataType)' AND state IN ('written', 'provisional') AND rows <> (
          SELECT count(*) FROM \(table) AS row
          WHERE row.participant_id = slice.participant_id AND instant >= start_instant AND instant < end_instant)
        """)
    }
  }

  /// Minutes that are not as the simulator knows them. A minute that was over does not change later.
  func untrueMinutes(_ truth: Truth) throws -> [String] {
    try truth.population.participants.flatMap { participant -> [String] in
      var known: [String: Set<String>] = [:]
      truth.forEachRow(of: participant) { row in
        switch row {
        case .heartRate(let minute), .steps(let minute): known[row.table, default: []].insert("\(minute.instant) \(minute.value)")
        case .dailyActivity, .heartRateSummary: break
        }
      }
      return try Self.minuteTables.flatMap { _, table in
        let rows = try strings(
          "SELECT instant || ' ' || value FROM \(table) JOIN participant USING (participant_id) WHERE name = '\(participant.name)'")
        return Set(rows).subtracting(known[table] ?? []).sorted().prefix(3).map { "\(participant.name) \(table) \($0)" }
      }
    }
  }
}
