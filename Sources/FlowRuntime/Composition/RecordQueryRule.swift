import FlowCore
import FlowProcessors

extension GraphRule {
  /// A query over records that is wrong whatever the records are is a problem of the flow file: in a run, each FlowFile would fail.
  ///
  /// Only a query without expressions is known before there is a FlowFile.
  static let recordQueries = GraphRule { flow in
    flow.processors.enumerated().flatMap { index, processor -> [GraphFinding] in
      guard processor.descriptor?.type == QueryRecord.descriptor.type, let values = processor.values else { return [] }
      return values[QueryRecord.queries].compactMap { query in
        guard let mistake = query.value.literal.flatMap(ServiceCatalog.mistake) else { return nil }
        return GraphFinding(
          Diagnostic(
            .unsuitableValue, property: QueryRecord.queries.name, found: "the query '\(query.name)' cannot be run: \(mistake)",
            expected: "one SELECT as https://sqlite.org/lang_select.html has it"), processor: index, at: .property(QueryRecord.queries.name))
      }
    }
  }
}
