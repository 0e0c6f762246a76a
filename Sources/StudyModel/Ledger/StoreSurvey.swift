import FlowCore

/// What a store is found to be before a run, without any change to it.
package struct StoreSurvey: Sendable, Equatable {
  /// The database system with its version: `PostgreSQL 17.2`.
  package var system: String
  /// Whether a run has made flowrun's tables there.
  package var isPrepared: Bool
  /// How tables with instants are laid out, or will be: `intraday tables are partitioned by month`. nil where there is only one way.
  package var layout: String?
  /// What the flow and the store do not agree on; a run is refused because of each.
  package var problems: [Diagnostic] = []
  /// What a run may stumble over.
  package var doubts: [Doubt] = []

  package struct Doubt: Sendable, Equatable {
    package var found: String
    /// What to do about it.
    package var next: String

    package init(found: String, next: String) {
      self.found = found
      self.next = next
    }
  }

  package init(system: String, isPrepared: Bool, layout: String? = nil) {
    self.system = system
    self.isPrepared = isPrepared
    self.layout = layout
  }
}

extension RecordStore {
  package func survey(tables: [TableSchema], participants: String) async throws -> StoreSurvey {
    StoreSurvey(system: location, isPrepared: try await reading { _ in true } ?? false)
  }
}
