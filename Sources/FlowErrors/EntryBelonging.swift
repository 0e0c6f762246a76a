import FlowCore
import StudyModel

/// The owner of an error entry. Several databases and providers may share an error folder, and participant names may
/// repeat across them.
package struct EntryBelonging: Sendable, Equatable {
  package var database: EntryDatabase?
  package var provider: EntryProvider?
  /// Path of the flow file, used in suggested commands.
  package var flowFile: String?

  package init(database: EntryDatabase? = nil, provider: EntryProvider? = nil, flowFile: String? = nil) {
    self.database = database
    self.provider = provider
    self.flowFile = flowFile
  }
}

/// A database, identified by a random id that it keeps when its file is moved.
package struct EntryDatabase: Codable, Sendable, Hashable {
  package var id: String
  /// Its path when the entry was written; for people.
  package var path: String

  package init(id: String, path: String) {
    self.id = id
    self.path = path
  }
}

/// A provider, identified by its wire format. The address is only informative: a database holds the data of one study,
/// whose provider's address may change.
package struct EntryProvider: Codable, Sendable, Hashable {
  /// `fitbit`, `google-health`.
  package var name: String
  /// Base address, or `simulator` for the bundled one.
  package var address: String

  package init(name: String, address: String) {
    self.name = name
    self.address = address
  }
}
