import FlowCore

// Messages about the graph as a whole; those about its parts are in Messages.swift.

// MARK: Graph

extension Diagnostic {
  static func noSource(among types: [String]) -> Diagnostic {
    Diagnostic(
      .noSource, found: "no processor starts the flow",
      expected: "at least one that needs no input" + (types.isEmpty ? "" : ", such as " + types.joined(separator: " or ")))
  }
  static let notConnected = Diagnostic(
    .unreachable, found: "no relationship leads to it", expected: "another processor's 'to' to name it")
  static let notReachedFromSource = Diagnostic(
    .unreachable, found: "no source leads to it", expected: "a connection to it from a processor that needs no input")
  static func leadsToSource(_ name: String, _ relationship: String) -> Diagnostic {
    Diagnostic(
      .inputOfSource, found: "'to.\(relationship)' leads to '\(name)', which takes no FlowFiles", expected: "a processor that does")
  }
}

// MARK: Loops, vocabularies, attributes

extension Diagnostic {
  static func endlessLoop(_ names: [String], by relationship: String) -> Diagnostic {
    Diagnostic(
      .endlessLoop, found: "'to.\(relationship)' closes an endless loop: \(names.joined(separator: " → "))",
      expected: "an exit, or a condition that bounds the loop",
      hint: "list the relationship under 'retry.on', or add a RouteOnAttribute whose condition changes within the loop")
  }
  static func unknownName(_ name: String, kind: String, of type: String, among names: [String]) -> Diagnostic {
    let nearest = NearestName.suggestion(for: name, among: names)
    return Diagnostic(
      .foreignName, found: "\(type) has no \(kind) '\(name)'", hint: nearest ?? "available: " + names.joined(separator: ", "))
  }
  static func unwrittenAttribute(_ name: String, writer: String?, among names: [String]) -> Diagnostic {
    Diagnostic(
      .unwrittenAttribute, found: "no processor upstream writes the attribute '\(name)'",
      expected: "an existing attribute, or ${\(quoted(name)):replaceEmpty('…')}",
      hint: writer.map { "'\($0)' writes it, but does not lead here" }
        ?? NearestName.suggestion(for: name, among: names))
  }
  /// The name as an expression must write it.
  private static func quoted(_ name: String) -> String { name.contains(" ") ? "'\(name)'" : name }
}

// MARK: Tables

extension Diagnostic {
  static func noRecords(_ table: String) -> Diagnostic {
    Diagnostic(
      .noRecords, found: "table '\(table)': no records reach this processor",
      expected: "a processor upstream that produces records, such as ExtractRecords")
  }
  static func reservedTable(_ table: String) -> Diagnostic {
    Diagnostic(.reservedName, found: "table '\(table)' is reserved by flowrun", expected: "another name")
  }
  static func ownColumn(_ column: String) -> Diagnostic {
    Diagnostic(.reservedName, found: "column '\(column)' is created by flowrun", expected: "another name: every table begins with it")
  }
  static func sameColumn(_ column: String, as other: String, table: String) -> Diagnostic {
    Diagnostic(
      .columnCapitals, found: "table '\(table)': the columns '\(column)' and '\(other)' differ only in case",
      expected: "one name for both")
  }
  static func promisedKind(_ column: TableSchema.Column, table: String, _ promised: ColumnKind, _ code: DiagnosticCode) -> Diagnostic {
    Diagnostic(
      code, found: "table '\(table)': column '\(column.name)' is \(column.kind.rawValue)",
      expected: "\(promised.rawValue): the columns of this table are fixed")
  }
  static func otherKind(_ column: TableSchema.Column, table: String, _ other: ColumnKind, by processor: String)
    -> Diagnostic
  {
    Diagnostic(
      .conflictingTableUse, found: "table '\(table)': column '\(column.name)' is \(column.kind.rawValue)",
      expected: "\(other.rawValue), as in '\(processor)'")
  }
  static func promisedKey(_ key: [String], table: String, _ promised: [String], _ code: DiagnosticCode) -> Diagnostic {
    Diagnostic(code, found: "table '\(table)': the key is \(list(key))", expected: "\(list(promised)): the key of this table is fixed")
  }
  static func otherKey(_ key: [String], table: String, _ other: [String], by processor: String) -> Diagnostic {
    Diagnostic(.conflictingTableUse, found: "table '\(table)': the key is \(list(key))", expected: "\(list(other)), as in '\(processor)'")
  }
  static func keyNamesOwner(_ owner: TableConventions.Owner, table: String) -> Diagnostic {
    Diagnostic(
      owner.code, found: "table '\(table)': the key names '\(owner.column)'",
      expected: "the other columns only: it is part of every key")
  }
  static func keyColumnNotFilled(_ column: String, table: String, among columns: [String]) -> Diagnostic {
    Diagnostic(
      .unfilledKeyColumn, found: "table '\(table)': no records fill the key column '\(column)'",
      expected: "a column '\(column)' in the mapping",
      hint: NearestName.suggestion(for: column, among: columns))
  }
  static func unknownColumn(_ column: String, property: String, table: String, among columns: [String]) -> Diagnostic {
    Diagnostic(
      .unknownColumn, found: "'\(property)' names the column '\(column)', which no records of table '\(table)' have",
      expected: "one of \(Set(columns).sorted().joined(separator: ", "))",
      hint: NearestName.suggestion(for: column, among: columns))
  }
  static func nearPromisedColumn(_ column: String, table: String, _ promised: String, _ code: DiagnosticCode) -> Diagnostic {
    Diagnostic(
      code, found: "table '\(table)' has no column '\(column)', and nothing fills '\(promised)'",
      hint: "did you mean '\(promised)'?")
  }

  static func keyMayBeNull(_ column: String, table: String) -> Diagnostic {
    Diagnostic(
      .nullableKey, found: "column '\(column)' is in the key of table '\(table)' and may be NULL",
      expected: "'required: true' (a response without it fails) or 'skip_null: true' (the row is skipped)")
  }
  static func totalNotWritten(_ column: TableColumn, among columns: [TableColumn]) -> Diagnostic {
    let names = columns.map { "\($0.table).\($0.column)" }
    let found = "\(column.table).\(column.column)"
    return Diagnostic(
      .unknownColumn, found: "total is '\(found)', which the flow does not write", expected: "a column of a table by date",
      hint: NearestName.suggestion(for: found, among: names))
  }


  private static func list(_ names: [String]) -> String { names.isEmpty ? "empty" : names.joined(separator: ", ") }
}
