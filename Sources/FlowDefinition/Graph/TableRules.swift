import FlowCore

/// Checks the writers of each table against each other and against the promised tables.
///
/// Stores treat names of tables and columns as case-insensitive, so names that only differ in case are equal.
struct TableRules {
  private typealias Producer = LinkedFlow.Producer
  /// A processor that writes to a table.
  private struct Writer {
    var processor: LinkedProcessor
    var table: String
    var key: [String]
    var producers: [Producer]
    /// Whether every producer is known.
    var isWhole: Bool
    var columns: [String] { producers.flatMap { $0.columns.map(\.name) } }
  }
  /// The first declaration of a table, to which later ones are compared.
  private struct Known {
    var key: [String]
    var keyOwner: String
    var columns: [String: (kind: ColumnKind, owner: String)] = [:]
  }
  private let flow: LinkedFlow
  private let conventions: TableConventions
  private let problems: ProblemList

  init(_ flow: LinkedFlow, conventions: TableConventions, problems: ProblemList) {
    self.flow = flow
    self.conventions = conventions
    self.problems = problems
  }

  func check() {
    var known: [String: Known] = [:]
    for (index, processor) in flow.processors.enumerated() {
      guard case .uses(let table, let key, let service, let naming) = processor.records else { continue }
      let (producers, isWhole) = flow.producers(reaching: index)
      let writer = Writer(processor: processor, table: table, key: key, producers: producers, isWhole: isWhole)
      checkName(of: writer)
      checkKey(of: writer)
      if isWhole && !producers.isEmpty { checkNamed(naming, by: writer) }
      checkPromise(of: writer)
      checkCapitals(of: writer)
      let identity = "\(service)\u{0}\(table.lowercased())"
      check(writer, against: &known[identity, default: Known(key: key, keyOwner: processor.entry.name)])
    }
  }

  private func report(_ finding: Diagnostic, on processor: LinkedProcessor, property: String) {
    problems.report(finding, at: processor.position(ofProperty: property), subject: processor.entry.subject)
  }

  private func report(_ finding: Diagnostic, on producer: Producer, column: String) {
    let processor = flow.processors[producer.index]
    problems.report(
      finding, at: processor.entry.properties.place(ofColumn: column) ?? processor.entry.position,
      subject: processor.entry.subject)
  }

  // MARK: Rules

  private func checkName(of writer: Writer) {
    let name = writer.table.lowercased()
    if conventions.reservedNames.contains(name) || conventions.reservedPrefixes.contains(where: name.hasPrefix) {
      report(.reservedTable(writer.table), on: writer.processor, property: "table")
    }
  }

  private func checkKey(of writer: Writer) {
    if let owner = conventions.owner, writer.key.contains(owner.column) {
      report(.keyNamesOwner(owner, table: writer.table), on: writer.processor, property: "key")
    }
    guard writer.isWhole else { return }
    if writer.producers.isEmpty {
      report(.noRecords(writer.table), on: writer.processor, property: "table")
      return
    }
    let columns = writer.columns
    for name in writer.key where !columns.contains(name) && name != conventions.owner?.column {
      report(.keyColumnNotFilled(name, table: writer.table, among: columns), on: writer.processor, property: "key")
    }
  }

  /// Columns named by further properties, such as the interval columns of `replaces`.
  private func checkNamed(_ naming: [String: [String]], by writer: Writer) {
    let columns = writer.columns
    for (property, names) in naming.sorted(by: { $0.key < $1.key }) {
      for name in names where !columns.contains(name) {
        report(.unknownColumn(name, property: property, table: writer.table, among: columns), on: writer.processor, property: property)
      }
    }
  }

  private func checkPromise(of writer: Writer) {
    guard let promised = conventions.promised, let table = promised.tables.first(where: { $0.name == writer.table }) else { return }
    if Set(writer.key) != Set(table.key) && !writer.key.contains(where: { $0 == conventions.owner?.column }) {
      report(.promisedKey(writer.key, table: table.name, table.key, promised.code), on: writer.processor, property: "key")
    }
    let filled = Set(writer.columns)
    let unfilled = table.columns.map(\.name).filter { !filled.contains($0) }
    for producer in writer.producers {
      for column in producer.columns {
        if let promise = table.columns.first(where: { $0.name == column.name }) {
          if promise.kind != column.kind {
            report(.promisedKind(column, table: table.name, promise.kind, promised.code), on: producer, column: column.name)
          }
        } else if writer.isWhole, let near = NearestName.of(column.name, among: unfilled) {
          report(.nearPromisedColumn(column.name, table: table.name, near, promised.code), on: producer, column: column.name)
        }
      }
    }
  }

  private func checkCapitals(of writer: Writer) {
    var names: [String: String] = [:]
    for producer in writer.producers {
      for column in producer.columns {
        if column.name.lowercased() == conventions.owner?.column {
          report(.ownColumn(column.name), on: producer, column: column.name)
        }
        let first = names[column.name.lowercased(), default: column.name]
        names[column.name.lowercased()] = first
        if first != column.name {
          report(.sameColumn(column.name, as: first, table: writer.table), on: producer, column: column.name)
        }
      }
    }
  }

  /// Processors that write the same table must agree on its key, and mappings on the kinds of its columns.
  private func check(_ writer: Writer, against known: inout Known) {
    if Set(writer.key) != Set(known.key) {
      report(.otherKey(writer.key, table: writer.table, known.key, by: known.keyOwner), on: writer.processor, property: "key")
    }
    for producer in writer.producers {
      let owner = flow.processors[producer.index].entry.name
      for column in producer.columns {
        let first = known.columns[column.name, default: (column.kind, owner)]
        known.columns[column.name] = first
        if first.kind != column.kind {
          report(.otherKind(column, table: writer.table, first.kind, by: first.owner), on: producer, column: column.name)
        }
      }
    }
  }
}

extension ConfigurationNode {
  /// The position of a mapped column's name among the properties: a key of a map, or the `name` of a list element.
  /// Shallower nodes come first. The properties' own names do not count, because a column may have the same name.
  func place(ofColumn name: String) -> SourcePosition? {
    var level = children
    while !level.isEmpty {
      for case .map(let pairs) in level.map(\.value) {
        if let key = pairs.first(where: { $0.key.text == name })?.key { return key.position }
        if let value = pairs.first(where: { $0.key.text == "name" && $0.value.text == name })?.value {
          return value.position
        }
      }
      level = level.flatMap(\.children)
    }
    return nil
  }

  private var children: [ConfigurationNode] {
    switch value {
    case .scalar, .empty: []
    case .list(let elements): elements
    case .map(let pairs): pairs.map(\.value)
    }
  }
}
