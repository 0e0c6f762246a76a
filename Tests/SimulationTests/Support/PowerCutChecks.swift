import FlowCore
import FlowErrors
import FlowFileSystem
import FlowSimulator
import FlowTesting
import GRDB
import StudyModel
import StudyParticipants
import Testing

/// What the next boot must find.
enum PowerCutChecks {
  /// What a participant file says to be collected was committed, and is.
  static func expectLedgerBehindFiles(_ flow: WholeFlow, _ comment: Comment) throws {
    let missing = try unsettled(flow)
    #expect(missing == [], comment)
  }

  /// Slices before a `previous_sync` that are not written; what is named is a participant, or a slice of its.
  static func unsettled(_ flow: WholeFlow) throws -> [String] {
    let ahead = try files(flow).filter { $0.previousSync > $0.enrolled }
    guard !ahead.isEmpty else { return [] }
    guard try hasLedger(flow) else { return ahead.map(\.participant) }
    let ledger = try LedgerCheck(flow.database)
    let known = try ledger.known()
    return try ahead.flatMap { file in
      known.contains(file.participant)
        ? try ledger.unsettled(before: file.previousSync.seconds, of: file.participant) : [file.participant]
    }
  }

  /// False if the power has taken the database, or its first tables.
  private static func hasLedger(_ flow: WholeFlow) throws -> Bool {
    guard try POSIXFileSystem().status(flow.database)?.sizeBytes ?? 0 > 0 else { return false }
    return try DatabaseQueue(path: flow.database).read { try $0.tableExists("slice") }
  }

  /// By participant.
  static func previousSyncs(_ flow: WholeFlow) throws -> [String: Instant] {
    Dictionary(uniqueKeysWithValues: try files(flow).map { ($0.participant, $0.previousSync) })
  }

  private static func files(_ flow: WholeFlow) throws -> [ParticipantFile] {
    try flow.simulator.population.participants.map { participant in
      let path = flow.folder.path("participants/\(participant.name).json")
      return try ParticipantFile(parsing: POSIXFileSystem().read(path), participant: participant.name, path: path)
    }
  }

  /// The slice of each entry that is gone is written. Returns the number of those.
  static func expectEntriesAnswered(_ before: [StoredEntry], _ flow: WholeFlow, _ comment: Comment) async throws -> Int {
    let left = Set(try await flow.errorListing().entries.map(\.path))
    let gone = before.filter { !left.contains($0.path) && $0.slice != nil }
    if !gone.isEmpty { try #require(try hasLedger(flow), comment) }
    for entry in gone {
      let isAnswered = try entry.slice.map { try LedgerCheck(flow.database).isAnswered($0) }
      #expect(isAnswered == true, "\(comment): \(entry.path)")
    }
    return gone.count
  }

  /// The runs that the history calls complete; none if there is no history.
  static func complete(_ flow: WholeFlow) throws -> Set<String> {
    let path = flow.folder.path("state/journal.sqlite")
    guard try POSIXFileSystem().status(path)?.sizeBytes ?? 0 > 0 else { return [] }
    return try DatabaseQueue(path: path).read { database in
      guard try database.tableExists("run") else { return [] }
      return Set(try String.fetchAll(database, sql: "SELECT run FROM run WHERE status = 'complete'"))
    }
  }
}
