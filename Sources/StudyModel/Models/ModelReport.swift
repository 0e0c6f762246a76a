/// What has become of one model, as reports show it.
package struct ModelReport: Codable, Sendable, Equatable {
  package var name: String
  package var kind: ModelKind
  /// Rows that the relation has now; nil for a view, and for a model that was not built.
  package var rows: Int?
  /// Of an incremental model that was there already.
  package var inserted: Int?
  package var updated: Int?
  /// Why a relation that was there was made anew.
  package var rebuilt: String?
  /// Why it was not built, which is as it should be: its tables are not in the database.
  package var skipped: String?
  package var failed: String?
  package var seconds: Double = 0

  package init(name: String, kind: ModelKind) {
    self.name = name
    self.kind = kind
  }

  package mutating func take(_ built: BuiltModel) {
    rows = built.rows
    inserted = built.inserted
    updated = built.updated
    rebuilt = built.rebuilt
  }
}
