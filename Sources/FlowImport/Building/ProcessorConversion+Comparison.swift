import FlowExpression

/// What a converted processor does otherwise than NiFi's, though all of its properties are there.
extension ProcessorConversion {
  /// - Parameter members: its properties in the flow file.
  mutating func compare(
    _ processor: NiFiProcessor, _ mapping: TypeMapping, _ members: [YAMLValue.Member], in surroundings: Surroundings, component: inout ImportedComponent
  ) {
    noteServices(processor, mapping, in: surroundings, component)
    func text(_ name: String) -> String? { if case .text(let text)? = members.first(where: { $0.name == name })?.value { text } else { nil } }
    switch mapping.nifi {
    case "MergeContent":
      let waits = text("minimum_number_of_entries") != nil || text("minimum_group_size") != nil
      if waits, text("max_bin_age") == nil, text("merge_strategy") != "defragment" {
        component.differs("a bin below the minimum waits for ever in NiFi; here it is merged at the end of the run")
      }
    case "GenerateFlowFile":
      if text("data_format") == "binary", text("content") == nil, text("file_size") != nil {
        component.differs("its content is any bytes, mostly not UTF-8: a processor of text behind it sends such a FlowFile to `failure`; NiFi's works with any bytes")
      }
      compareBatch(processor, members, text("count"), surroundings.variables, &component)
    case "InvokeHTTP":
      // The request does not get them.
      if !processor.autoTerminated.contains(where: { $0.lowercased() == "response" }) {
        component.differs("header fields of the answer become attributes in NiFi, here only those that `response_headers` lists")
      }
    case "ExecuteSQL":
      if let query = text("sql_query"), SQLText(query).hasPlaceholder {
        component.differs(
          "the query has a `?`, whose value NiFi takes from the attributes sql.args.1.type and sql.args.1.value; here a query has no such values: write them into it, such as ${sql.args.1.value}")
      }
    case "QueryRecord":
      if Self.texts(of: members, "queries").contains(where: { !SQLText($0).isPlainSelection }) {
        component.differs(
          "the SQL is that of sqlite.org/lang_select.html, where NiFi's is Calcite's: CAST, comparisons of values of several kinds, and columns beside aggregates without GROUP BY may give another result, and there is no RPATH")
      }
    default: break
    }
    comparePatterns(processor, members, &component)
  }

  /// The texts of a property that is a map.
  private static func texts(of members: [YAMLValue.Member], _ name: String) -> [String] {
    guard case .map(let entries)? = members.first(where: { $0.name == name })?.value else { return [] }
    return entries.compactMap { if case .text(let text) = $0.value { text } else { nil } }
  }

  // MARK: Generated FlowFiles

  /// NiFi evaluates a text and attributes once for all FlowFiles of a batch, before there are any.
  private func compareBatch(
    _ processor: NiFiProcessor, _ members: [YAMLValue.Member], _ count: String?, _ variables: VariableReferences, _ component: inout ImportedComponent
  ) {
    let isBatch = count.map { Int($0) != 1 } ?? false
    var own: Set<String> = ["filename", "path", "uuid", "index", "mime.type"]
    if case .map(let added)? = members.first(where: { $0.name == "attributes" })?.value { own.formUnion(added.map(\.name)) }
    var texts = Self.texts(of: members, "attributes")
    for member in members where member.name == "content" { if case .text(let text) = member.value { texts.append(text) } }
    var names: Set<String> = []
    var functions: Set<String> = []
    for text in texts where text.contains("${") {
      // A text that is no expression has its own note.
      guard let expression = try? Expression(text, parameters: parameters.expressionParameters, references: .insideExpressions) else { continue }
      names.formUnion(expression.attributeNames.filter { own.contains($0) || !variables.has($0) })
      functions.formUnion(VolatileFunctions.called(in: text))
    }
    if !names.isEmpty || functions.contains(where: VolatileFunctions.readsAttributes) {
      let list = names.sorted().prefix(5).map { "'\(Quote.short($0))'" }.joined(separator: ", ")
      component.differs(
        "its expressions see the attributes of each FlowFile here\(list.isEmpty ? "" : " (\(list))"); NiFi evaluates them once for each batch, when there are no attributes, only variables of its machine")
    }
    let changing = functions.filter { !VolatileFunctions.readsAttributes($0) }.sorted()
    if isBatch, !changing.isEmpty {
      component.differs("\(changing.map { "\($0)()" }.joined(separator: ", ")): NiFi evaluates an expression once for each batch, here each FlowFile has a value of its own")
    }
  }

  // MARK: Patterns

  /// Java takes only the letters of ASCII as the same in capitals, unless a pattern says (?u).
  private func comparePatterns(_ processor: NiFiProcessor, _ members: [YAMLValue.Member], _ component: inout ImportedComponent) {
    let isFolded = members.contains { $0.name == "enable_case_insensitive_matching" && $0.value != .text("false") }
    for property in processor.properties {
      guard let text = property.value, !text.utf8.allSatisfy({ $0 < 0x80 }) else { continue }
      let isPattern = isFolded && TypeMapping.of(processor.type)?.property(property.name) == nil
      guard isPattern || CaseFolding.isAsked(in: text), text.unicodeScalars.contains(where: { !$0.isASCII && $0.properties.isAlphabetic }) else { continue }
      component.differs("'\(Quote.short(property.name))': without regard to case, the pattern takes É and é as the same here; NiFi does so for A to Z only")
    }
  }

  /// Services that it names beside readers, writers and databases.
  private mutating func noteServices(_ processor: NiFiProcessor, _ mapping: TypeMapping, in surroundings: Surroundings, _ component: ImportedComponent) {
    for property in processor.properties {
      guard let value = property.value, let known = mapping.property(property.name) else { continue }
      let reason: String
      switch known.target {
      case .anything(let because), .only(_, let because): reason = because
      default: continue
      }
      guard case .service(let number) = services.find(value, from: surroundings.number) else { continue }
      unneeded[number, default: []].append("'\(Quote.short(component.name))' names it as '\(Quote.short(property.name))', which flowrun's has not: \(reason)")
    }
  }
}
