import FlowCore

/// The trail of what people did to a study's data, in the store of these data (table `flowrun_audit`).
///
/// Entries are only ever added; the store refuses to change or remove one. May be used from any task and by several processes at once, while the
/// store is open.
package protocol AuditTrail: Sendable {
  /// Adds an entry in a transaction of its own, and makes it durable. Returns the new end of the trail. Throws as `RecordStore` does; then nothing
  /// has been added, unless the connection to a server was lost.
  func append(_ line: AuditLine) async throws -> AuditHead
}

/// The end of a trail at some moment. Kept elsewhere, it proves that the trail has not been cut off or made again since.
package struct AuditHead: Codable, Sendable, Equatable {
  /// Where the database is, as flows name it.
  package var database: String
  /// The database's own id, which it keeps when it is moved.
  package var id: String
  package var number: Int64
  package var sha256: String

  package init(database: String, id: String, number: Int64, sha256: String) {
    self.database = database
    self.id = id
    self.number = number
    self.sha256 = sha256
  }

  enum CodingKeys: String, CodingKey {
    case database, number, sha256
    case id = "database_id"
  }
}
