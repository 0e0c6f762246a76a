import FlowCore

/// What a build does with a relation of the model's name. Decides only; the store carries it out.
package enum RelationChange: Sendable, Equatable {
  /// There is none.
  case create
  /// A view takes the place of one with the same columns; a table is emptied and filled.
  case renew
  /// Rows are added to what is there.
  case add
  /// What is there is removed first.
  case recreate(reason: String)

  /// Throws a `Diagnostic` for a relation that is not the model's to replace.
  /// - Parameters:
  ///   - found: the relation of that name, with its columns; nil if there is none.
  ///   - columns: those of the model.
  package init(of model: ModelBuild, found: (relation: StoredRelation, columns: [RelationColumn])?, columns: [RelationColumn], in location: String) throws {
    guard let (relation, known) = found else {
      self = .create
      return
    }
    // Someone may have put another relation in the place of one that flowrun built.
    let isOurs = relation.builtAs?.storage == relation.kind
    if let problem = model.problem(with: relation, in: location) { throw problem }
    guard isOurs || known.map(\.name) == columns.map(\.name) else {
      throw Diagnostic(
        .relationTaken, subject: "model '\(model.name)'",
        found: "database '\(location)' has a \(relation.kind.rawValue) '\(relation.name)' with other columns (\(Self.list(known))), which flowrun did not build",
        expected: "the name to be free, or a relation with the model's columns (\(Self.list(columns)))",
        hint: "rename the model, or remove the \(relation.kind.rawValue) if it is not needed (\(relation.removal))")
    }
    if relation.kind != model.kind.storage {
      self = .recreate(reason: "it was a \(relation.kind.rawValue)")
    } else if known != columns {
      self = .recreate(reason: "its columns have changed")
    } else {
      self = model.kind == .incremental ? .add : .renew
    }
  }

  private static func list(_ columns: [RelationColumn]) -> String { columns.map(\.name).joined(separator: ", ") }
}

extension StoredRelation {
  /// The statement that removes it.
  package var removal: String { "DROP \(kind.rawValue.uppercased()) \(SQLName.quoted(name))" }
}

extension ModelBuild {
  /// Why a relation cannot be replaced by this model, as far as that can be said without the columns; nil if nothing stands against it.
  package func problem(with relation: StoredRelation, in location: String) -> Diagnostic? {
    if relation.isOwn {
      return Diagnostic(
        .relationTaken, subject: "model '\(name)'", found: "'\(relation.name)' is a \(relation.kind.rawValue) of flowrun's own in database '\(location)'",
        expected: "a name of its own", hint: "rename the model's file")
    }
    guard relation.kind != kind.storage, relation.builtAs?.storage != relation.kind else { return nil }
    return Diagnostic(
      .relationTaken, subject: "model '\(name)'",
      found: "database '\(location)' has a \(relation.kind.rawValue) '\(relation.name)' that flowrun did not build, and the model is a \(kind.storage.rawValue)",
      expected: "the name to be free, or a \(kind.storage.rawValue)", hint: "rename the model, or remove the \(relation.kind.rawValue) if it is not needed (\(relation.removal))")
  }
}

/// Names in SQL.
package enum SQLName {
  /// An identifier in double quotes, as every store's SQL takes it.
  package static func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }
}
