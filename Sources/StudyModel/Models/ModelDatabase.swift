import FlowCore

/// How a model's rows are kept in the database.
package enum ModelKind: String, Codable, Sendable, CaseIterable {
  /// The SELECT itself.
  case view
  /// The rows, made anew each time.
  case table
  /// The rows; a later time adds what its SELECT gives and replaces rows with the same key.
  case incremental
}

/// A model whose references have been replaced by names of relations, ready to be built.
package struct ModelBuild: Sendable, Equatable {
  package var name: String
  package var kind: ModelKind
  /// The SELECT that gives every row.
  package var select: String
  /// The SELECT for an incremental model that is there already.
  package var selectOnTop: String
  /// Expressions that identify a row of an incremental model; empty: rows are only added.
  package var uniqueKey: [String]

  package init(name: String, kind: ModelKind, select: String, selectOnTop: String? = nil, uniqueKey: [String] = []) {
    self.name = name
    self.kind = kind
    self.select = select
    self.selectOnTop = selectOnTop ?? select
    self.uniqueKey = uniqueKey
  }
}

/// What a build has done.
package struct BuiltModel: Sendable, Equatable {
  /// Rows that the relation has now; nil for a view.
  package var rows: Int?
  /// For an incremental model that was there already: rows with new keys, and rows that took the place of others.
  package var inserted: Int?
  package var updated: Int?
  /// Why a relation that was there was made anew, such as `its columns have changed`; nil if it was not.
  package var rebuilt: String?

  package init(rows: Int? = nil, inserted: Int? = nil, updated: Int? = nil, rebuilt: String? = nil) {
    self.rows = rows
    self.inserted = inserted
    self.updated = updated
    self.rebuilt = rebuilt
  }
}

/// A table or view that a query can name.
package struct StoredRelation: Sendable, Equatable {
  package enum Kind: String, Sendable { case table, view }

  package var name: String
  package var kind: Kind
  /// As which kind of model flowrun built it last; nil if it did not.
  package var builtAs: ModelKind?
  /// It is one of flowrun's own: the ledger, a table of records, or a view of one.
  package var isOwn: Bool

  package init(name: String, kind: Kind, builtAs: ModelKind? = nil, isOwn: Bool = false) {
    self.name = name
    self.kind = kind
    self.builtAs = builtAs
    self.isOwn = isOwn
  }
}

/// Builds the relations of SQL models in a store, next to the tables that are collected.
///
/// - **Transactions.** A relation is built in one transaction: whatever ends it midway leaves the old relation, and readers see the old one until
///   the new one is committed.
/// - **Others.** Builds in one database wait for each other, whichever process makes them. What other people's views stand on is never removed.
/// - **Ownership.** A relation is replaced only if flowrun built it, or if it has the kind and the columns of the model, as one that dbt built has.
/// - **Threads, failures.** As `RecordStore`; a relation that must not be replaced is a `Diagnostic`.
///
/// The store must have been prepared.
package protocol ModelDatabase: Sendable {
  /// Every table and view of the database, by name.
  func relations() async throws -> [StoredRelation]
  /// Builds a relation.
  /// - Parameter views: the views among the project's models, in the order of their references. Those that stand on a relation which has to be
  ///   removed because its columns change are made again with it.
  func build(_ model: ModelBuild, restoring views: [ModelBuild]) async throws -> BuiltModel
}

extension ModelKind {
  package var storage: StoredRelation.Kind { self == .view ? .view : .table }
}

/// A column as the database declares it.
package struct RelationColumn: Sendable, Equatable {
  package var name: String
  /// In the database's own words.
  package var type: String

  package init(name: String, type: String) {
    self.name = name
    self.type = type
  }
}
