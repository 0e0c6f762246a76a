import FlowCore

extension GraphRule {
  /// One data type a table.
  static let dataTypes = GraphRule { DataTypeRules($0).findings() }
}

/// A table belongs to one data type: rows of two types, such as heart rates and steps, would overwrite each other under
/// the same keys.
///
/// Two types may share a table if its key distinguishes them: by a column with the data type, or by a different
/// constant text for each.
private struct DataTypeRules {
  /// A path of a data type to a table.
  private struct Arrival {
    var dataType: String
    var writer: Int
    /// The mapping that produces the rows; nil: unknown.
    var producer: Int?
    /// The path to the writer, on which several data types may have joined.
    var way: [Step]
  }
  private struct Step {
    var processor: Int
    var edge: GraphSketch.Edge
  }

  private let flow: GraphSketch
  /// Attributes that the flow sets through properties; the flow is responsible for key columns made from them.
  private let ownAttributes: Set<String>

  init(_ flow: GraphSketch) {
    self.flow = flow
    ownAttributes = Set(
      flow.processors.flatMap { processor in processor.values.flatMap { processor.descriptor?.writesFromProperties?($0) } ?? [] })
  }

  func findings() -> [GraphFinding] {
    var found: [GraphFinding] = []
    var tables: [String: [Arrival]] = [:]
    for arrival in arrivals() {
      guard case .uses(let table, let key, let service, _) = flow.processors[arrival.writer].records else { continue }
      let identity = "\(service)\u{0}\(table.lowercased())"
      let known = tables[identity, default: []]
      if !known.contains(where: { $0.dataType == arrival.dataType }),
        let other = known.first(where: { !isDistinguished($0, arrival, by: key) })
      {
        found += [finding(arrival, beside: other, table: table)].compactMap { $0 }
      }
      tables[identity] = known + [arrival]
    }
    return found
  }

  // MARK: Ways

  private func arrivals() -> [Arrival] {
    flow.processors.indices.flatMap { index -> [Arrival] in
      let processor = flow.processors[index]
      guard let values = processor.values, let dataTypes = processor.descriptor?.dataTypes?(values) else { return [] }
      return processor.edges.flatMap { edge in
        dataTypes[edge.relationship].map { arrivals(of: $0, by: Step(processor: index, edge: edge)) } ?? []
      }
    }
  }

  /// Every writer that a data type reaches, with the last mapping on the path. A processor that uses a table and leads
  /// to another user of the same table only reads it.
  private func arrivals(of dataType: String, by step: Step) -> [Arrival] {
    var found: [Arrival] = []
    var seen: Set<[Int]> = []
    var waiting: [(way: [Step], producer: Int?)] = [([step], nil)]
    while !waiting.isEmpty {
      let (way, before) = waiting.removeFirst()
      guard let index = way.last?.edge.destination, seen.insert([index, before ?? -1]).inserted else { continue }
      let processor = flow.processors[index]
      var producer = before
      if case .produces = processor.records { producer = index }
      if isWriter(index) { found.append(Arrival(dataType: dataType, writer: index, producer: producer, way: way)) }
      waiting += processor.edges.map { (way + [Step(processor: index, edge: $0)], producer) }
    }
    return found
  }

  private func isWriter(_ index: Int) -> Bool {
    guard case .uses(let table, _, let service, _) = flow.processors[index].records else { return false }
    return !flow.processors[index].edges.contains { edge in
      guard edge.destination != index, case .uses(let next, _, let other, _) = flow.processors[edge.destination].records else { return false }
      return next.lowercased() == table.lowercased() && other == service
    }
  }

  // MARK: Judgement

  private func isDistinguished(_ left: Arrival, _ right: Arrival, by key: [String]) -> Bool {
    if left.dataType == right.dataType { return true }
    return key.contains { column in
      guard let one = facts(of: column, left), let other = facts(of: column, right) else { return false }
      if let text = one.literal, let different = other.literal { return text != different }
      return [one, other].allSatisfy { $0.attributes.contains(AttributeName.dataType) || !$0.attributes.isDisjoint(with: ownAttributes) }
    }
  }

  private func facts(of column: String, _ arrival: Arrival) -> ColumnFacts? {
    guard let producer = arrival.producer, let values = flow.processors[producer].values else { return nil }
    return flow.processors[producer].descriptor?.columnFacts?(values)[column]
  }

  // MARK: Finding

  /// Two writers: at the second one's table. One writer: at the connection where the second data type joins the first
  /// one's path.
  private func finding(_ arrival: Arrival, beside other: Arrival, table: String) -> GraphFinding? {
    guard arrival.writer == other.writer else {
      let first = flow.processors[other.writer]
      return GraphFinding(
        .twoDataTypes(table, arrival.dataType, other.dataType, first: first.name, first.position(ofProperty: "table")),
        processor: arrival.writer, at: .property("table"))
    }
    let shared = Set(other.way.map(\.edge.destination))
    guard let joint = arrival.way.first(where: { shared.contains($0.edge.destination) }),
      let met = other.way.first(where: { $0.edge.destination == joint.edge.destination })
    else { return nil }
    return GraphFinding(
      .dataTypeJoins(table, arrival.dataType, other.dataType, by: joint.edge.relationship, met.edge.position),
      processor: joint.processor, at: .connection(joint.edge.position))
  }
}

extension Diagnostic {
  fileprivate static func twoDataTypes(
    _ table: String, _ dataType: String, _ other: String, first: String, _ place: SourcePosition
  ) -> Diagnostic {
    Diagnostic(
      .mixedDataTypes, found: "table '\(table)' gets '\(dataType)' here and '\(other)' from '\(first)' (\(place.line):\(place.column))",
      expected: oneTableEach)
  }
  fileprivate static func dataTypeJoins(
    _ table: String, _ dataType: String, _ other: String, by relationship: String, _ place: SourcePosition
  ) -> Diagnostic {
    Diagnostic(
      .mixedDataTypes, found: "'to.\(relationship)' leads '\(dataType)' into table '\(table)', where '\(other)' goes by "
        + "\(place.line):\(place.column)",
      expected: oneTableEach)
  }
  private static let oneTableEach =
    "a table for each data type, or a key column that distinguishes them, such as '{ kind: text, value: \"${data_type}\" }'"
}
