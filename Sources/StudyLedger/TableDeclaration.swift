import FlowCore
import StudyModel

extension TableSchema {
  /// Problems of the declaration itself, the same for every store. SQL names are case-insensitive.
  /// - Parameters:
  ///   - location: the store, as messages name it.
  ///   - reservedPrefixes: of names that the store keeps for itself, in lower case.
  ///   - reservedNames: the store's own tables, in lower case.
  package func declarationProblems(in location: String, reservedPrefixes: [String], reservedNames: [String]) -> [Diagnostic] {
    let subject = "table '\(name)' of database '\(location)'"
    let lowercased = name.lowercased()
    var problems: [Diagnostic] = []
    if lowercased.isEmpty || reservedPrefixes.contains(where: lowercased.hasPrefix) || reservedNames.contains(lowercased) {
      problems.append(Diagnostic(.storedTable, subject: subject, found: "the name is reserved by the database or by flowrun", expected: "another name"))
    }
    if columns.isEmpty {
      problems.append(Diagnostic(.storedTable, subject: subject, found: "it has no columns", expected: "a mapping that leads to it"))
    }
    var seen: Set<String> = ["participant_id"]
    for column in columns where !seen.insert(column.name.lowercased()).inserted {
      problems.append(
        Diagnostic(
          .storedTable, subject: subject, found: "column '\(column.name)' occurs twice",
          expected: "each name once, ignoring case; participant_id is implied"))
    }
    for column in key where !columns.contains(where: { $0.name == column }) {
      problems.append(
        Diagnostic(
          .storedTable, subject: subject, found: "the key names '\(column)', which is not a column", expected: "columns of the mapping",
          hint: NearestName.hint(for: column, among: columns.map(\.name))))
    }
    return problems
  }
}
