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
      if text("data_format") == "binary" {
        component.mention("its content is any bytes, mostly not UTF-8: a processor of text behind it sends such a FlowFile to `failure`; NiFi's works with any bytes")
      }
    default: break
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
