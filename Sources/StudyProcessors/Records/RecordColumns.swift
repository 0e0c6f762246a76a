import FlowCore
import StudyModel

/// The columns of a mapping after validation.
struct RecordColumns: Sendable {
  var mapped: [MappedColumn]
  /// Columns that others are made from. They are read, but are not part of the rows.
  var supporting: [MappedColumn] = []
  /// The columns of `supporting` that replace NULL, in order, by column.
  var alternatives: [String: [String]] = [:]
  /// The expressions of columns with origin `attribute`.
  var expressions: [NamedValue<any AttributeExpression>]
  /// How the values of one span are combined, by column.
  var functions: [String: RecordAggregation.Function]
}

extension RecordColumns {
  /// What is known about each column before any data is read.
  var facts: [String: ColumnFacts] {
    Dictionary(
      mapped.map { column in
        let expression = expressions.first { $0.name == column.name }?.value
        let isGiven = expression?.literal.map { !$0.isEmpty } ?? false
        return (
          column.name,
          ColumnFacts(
            mayBeNull: !(column.isRequired || column.skipsRowIfNull || isGiven), literal: expression?.literal,
            attributes: expression?.attributeNames ?? [])
        )
      }
    ) { first, _ in first }
  }
}

extension PropertyKind where Value == RecordColumns {
  /// A map from column names to declarations.
  static var recordColumns: PropertyKind {
    let map = PropertyKind<[NamedValue<ColumnDeclaration>]>.map(of: .record(ColumnDeclaration.self))
    return PropertyKind("map of columns", expected: map.expected, members: map.members) { node, reader in
      guard let declarations = map.read(node, reader) else { return nil }
      let before = reader.problems.count
      if declarations.isEmpty { reader.report(node, expected: "at least one column") }
      for declaration in declarations { ColumnDeclarationRules(declaration, among: declarations, reader).check() }
      guard reader.problems.count == before else { return nil }
      return RecordColumns(
        mapped: declarations.map { $0.value.mapped($0.name) },
        supporting: declarations.flatMap { $0.value.supporting($0.name) },
        alternatives: Dictionary(
          declarations.map { declaration in
            let paths = declaration.value.values[ColumnDeclaration.alternatives]
            return (declaration.name, paths.indices.map { ColumnDeclaration.alternativeName(of: declaration.name, $0) })
          }
        ) { first, _ in first }.filter { !$0.value.isEmpty },
        expressions: declarations.compactMap { declaration in
          declaration.value.values.optional(ColumnDeclaration.value).map {
            NamedValue(name: declaration.name, value: $0, position: declaration.position)
          }
        },
        functions: Dictionary(
          declarations.compactMap { declaration in
            declaration.value.values.optional(ColumnDeclaration.over).map { (declaration.name, $0) }
          }) { first, _ in first })
    }
  }
}

/// Consistency rules for one column's declaration. Each reports at the offending member.
private struct ColumnDeclarationRules {
  private let name: String
  private let namePosition: SourcePosition
  private let declaration: ColumnDeclaration
  private let all: [NamedValue<ColumnDeclaration>]
  private let reader: PropertyReader
  private let kind: ColumnKind

  init(
    _ declaration: NamedValue<ColumnDeclaration>, among all: [NamedValue<ColumnDeclaration>], _ reader: PropertyReader
  ) {
    name = declaration.name
    namePosition = declaration.position
    self.declaration = declaration.value
    self.all = all
    self.reader = reader
    kind = declaration.value.values[ColumnDeclaration.kind]
  }

  func check() {
    checkName()
    checkOrigin()
    checkInstantOfZone()
    checkNumberMembers()
    checkBounds()
    checkDefault()
    checkReferences()
    checkOffsetColumn()
    checkTime()
    checkAlternatives()
  }

  private func checkName() {
    let isIdentifier =
      name.first.map { $0.isASCII && ($0.isLetter || $0 == "_") } == true
      && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    if !isIdentifier {
      reader.report(
        .columnName, at: namePosition, found: "column '\(name)'", expected: "a name of letters, digits and _, not beginning with a digit")
    } else if name == "participant_id" {
      reader.report(.reservedName, at: namePosition, found: "column 'participant_id'", hint: "every table has it already")
    }
  }

  private func checkOrigin() {
    let origins = ["from", "value", "time_of_day", "zone_of", "total"]
    let given = origins.filter { declaration.isGiven($0) }
    if given.count > 1 { report(given[1], "has both '\(given[0])' and '\(given[1])'", expected: "one origin") }
    if kind != .instant { report(ifGiven: "time_of_day", expected: "kind instant") }
    if kind != .offset { report(ifGiven: "zone_of", expected: "kind offset") }
    if kind == .offset && given.isEmpty {
      report("kind", "of kind offset has no origin", expected: "zone_of: the name of an instant column")
    }
  }

  private func checkInstantOfZone() {
    guard kind == .offset, let instant = declaration.values.optional(ColumnDeclaration.zoneOf) else { return }
    let instants = all.filter { $0.value.values[ColumnDeclaration.kind] == .instant }.map(\.name)
    guard !instants.contains(instant) else { return }
    report(
      "zone_of", "has the zone of '\(instant)'", expected: "an instant column of this mapping",
      hint: NearestName.hint(for: instant, among: instants))
  }

  private func checkNumberMembers() {
    let isNumber = [.integer, .real, .offset].contains(kind) && !declaration.isGiven("zone_of")
    let isRange = [.rangeLow, .rangeHigh, .clockTime].contains(declaration.values[ColumnDeclaration.notation])
    if !isNumber, isRange {
      report("notation", "of kind \(kind.rawValue) has the notation \(declaration.values[ColumnDeclaration.notation].rawValue)", expected: "integer or real")
    }
    if isNumber, [.digits, .localTime].contains(declaration.values[ColumnDeclaration.notation]) {
      report(ifGiven: "notation", expected: "digits with a text, local_time with an instant")
    }
    guard !isNumber else { return }
    let notation = declaration.values[ColumnDeclaration.notation]
    let isWord = kind == .text && [.boolean, .digits].contains(notation) || kind == .instant && notation == .localTime
    for member in ["accept_text", "minimum", "maximum", "factor", "notation", "total", "over"] where !((isWord || isRange) && member == "notation") {
      report(ifGiven: member, expected: "a column that reads a number")
    }
  }

  private func checkTime() {
    guard declaration.isGiven("time_in") else { return }
    if kind != .instant || declaration.values[ColumnDeclaration.notation] != .localTime {
      report("time_in", "of kind \(kind.rawValue) has 'time_in'", expected: "an instant with notation local_time")
    } else if declaration.isGiven("offset_as") {
      report("time_in", "has both 'offset_as' and 'time_in'", expected: "one of them")
    }
  }

  private func checkAlternatives() {
    guard declaration.isGiven("or") else { return }
    for member in ["value", "time_of_day", "zone_of", "total", "required", "default", "skip_null", "time_in", "offset_as"] where declaration.isGiven(member) {
      report("or", "has both '\(member)' and 'or'", expected: "'or' with a plain path")
    }
  }

  /// `offset_as` must refer to an instant column without `offset_as` of its own.
  private func checkOffsetColumn() {
    guard let name = declaration.values.optional(ColumnDeclaration.offsetAs) else { return }
    if kind != .instant || declaration.values[ColumnDeclaration.notation] != .localTime {
      report("offset_as", "of kind \(kind.rawValue) has 'offset_as'", expected: "an instant with notation local_time")
    }
    let standing = all.filter {
      $0.value.values[ColumnDeclaration.kind] == .instant && $0.value.values.optional(ColumnDeclaration.offsetAs) == nil
    }.map(\.name)
    guard !standing.contains(name) else { return }
    report("offset_as", "has the offset of '\(name)'", expected: "an instant column of this mapping", hint: NearestName.hint(for: name, among: standing))
  }

  /// Selectors may refer only to columns without references; `default_where` is evaluated once for all rows.
  private func checkReferences() {
    for name in declaration.values.optional(ColumnDeclaration.defaultWhere)?.referredColumns ?? [] {
      let same = all.filter { $0.value.isGiven("value") }.map(\.name)
      guard !same.contains(name) else { continue }
      report("default_where", "compares with column '\(name)'", expected: "a column with 'value'", hint: NearestName.hint(for: name, among: same))
    }
    for name in declaration.values.optional(ColumnDeclaration.from)?.referredColumns ?? [] {
      let standing = all.filter { ($0.value.values.optional(ColumnDeclaration.from)?.referredColumns ?? []).isEmpty }.map(\.name)
      guard !standing.contains(name) else { continue }
      report(
        "from", "compares with column '\(name)'", expected: "a column of this mapping that compares with none",
        hint: NearestName.hint(for: name, among: standing))
    }
  }

  private func checkBounds() {
    guard let minimum = declaration.values.optional(ColumnDeclaration.minimum),
      let maximum = declaration.values.optional(ColumnDeclaration.maximum), minimum > maximum
    else { return }
    report("maximum", "has a maximum below its minimum", expected: "at least \(minimum)")
  }

  private func checkDefault() {
    if declaration.isGiven("default_where"), !declaration.isGiven("default") {
      report("default_where", "has no default", expected: "'default' beside 'default_where'")
    }
    guard let text = declaration.values.optional(ColumnDeclaration.defaultValue) else { return }
    if ["value", "time_of_day", "zone_of", "total"].contains(where: { declaration.isGiven($0) }) {
      report("default", "has a default", expected: "a column with 'from'")
    } else if let expected = unfitness(ofDefault: text) {
      report("default", "has the default '\(text)'", expected: expected)
    }
  }

  /// Describes a valid default of the column's kind; nil if the given one is valid.
  private func unfitness(ofDefault text: String) -> String? {
    switch kind {
    case .text: return nil
    case .date: return CivilDate(text: text) == nil ? "a date yyyy-MM-dd" : nil
    case .instant: return Instant(rfc3339: text) == nil ? "an instant such as 2026-01-05T00:00:00Z" : nil
    case .integer, .real, .offset:
      if declaration.values[ColumnDeclaration.notation] == .boolean { return ["true", "false"].contains(text) ? nil : "true or false" }
      let isDuration = declaration.values[ColumnDeclaration.notation] == .secondsDuration
      let number = isDuration ? text.hasSuffix("s") ? Double(text.dropLast()) : nil : Double(text)
      return number?.isFinite == true ? nil : isDuration ? "a duration such as 0s" : "a number"
    }
  }

  private func report(ifGiven member: String, expected: String) {
    if declaration.isGiven(member) { report(member, "of kind \(kind.rawValue) has '\(member)'", expected: expected) }
  }

  private func report(_ member: String, _ found: String, expected: String, hint: String? = nil) {
    reader.report(
      .conflictingColumn, at: declaration.position(of: member), found: "column '\(name)' \(found)", expected: expected, hint: hint)
  }
}
