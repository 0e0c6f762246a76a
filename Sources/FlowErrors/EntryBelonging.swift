import FlowCore
import StudyModel

/// To whom an entry of the error folder belongs: several databases and providers may share one folder, and participants' names recur.
package struct EntryBelonging: Sendable, Equatable {
  package var database: EntryDatabase?
  package var provider: EntryProvider?
  /// Path of the flow file, for commands that a message offers.
  package var flowFile: String?

  package init(database: EntryDatabase? = nil, provider: EntryProvider? = nil, flowFile: String? = nil) {
    self.database = database
    self.provider = provider
    self.flowFile = flowFile
  }
}

/// A database by the random id that it keeps: the same wherever its file is moved to.
package struct EntryDatabase: Codable, Sendable, Hashable {
  package var id: String
  /// Where it lay when the entry was written; for people.
  package var path: String

  package init(id: String, path: String) {
    self.id = id
    self.path = path
  }
}

/// A provider by its wire. The address is for people: a database holds the data of one study, whose provider may move.
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
