/// Rules for flows beyond the language, which the runtime passes to the loader.
package struct FlowConventions: Sendable {
  package var tables: TableConventions
  package var rules: [GraphRule]

  package init(tables: TableConventions = TableConventions(), rules: [GraphRule] = []) {
    self.tables = tables
    self.rules = rules
  }
}

/// A rule over a whole flow, in addition to those of the language. It is also applied to flows with problems.
package struct GraphRule: Sendable {
  package let check: @Sendable (GraphSketch) -> [GraphFinding]

  package init(check: @escaping @Sendable (GraphSketch) -> [GraphFinding]) { self.check = check }
}

/// A violation of a rule.
package struct GraphFinding: Sendable {
  package enum Place: Sendable {
    /// The value of a property, or the processor if the property is not set.
    case property(String)
    /// The position of a destination's name.
    case connection(SourcePosition)
  }
  package var diagnostic: Diagnostic
  /// Index of the processor.
  package var processor: Int
  package var place: Place

  package init(_ diagnostic: Diagnostic, processor: Int, at place: Place) {
    self.diagnostic = diagnostic
    self.processor = processor
    self.place = place
  }
}

/// A flow with resolved names, as far as they are known: the input of a `GraphRule`.
package struct GraphSketch: Sendable {
  package struct Edge: Sendable {
    package var relationship: String
    /// Index of a processor.
    package var destination: Int
    /// The position of the destination's name.
    package var position: SourcePosition

    package init(relationship: String, destination: Int, position: SourcePosition) {
      self.relationship = relationship
      self.destination = destination
      self.position = position
    }
  }

  package struct Processor: Sendable {
    package var name: String
    /// The position of its entry.
    package var position: SourcePosition
    /// The properties as written.
    package var properties: ConfigurationNode
    /// nil: unknown type.
    package var descriptor: ProcessorDescriptor?
    /// nil: the properties have problems.
    package var values: PropertyValues?
    package var edges: [Edge]

    package init(
      name: String, position: SourcePosition, properties: ConfigurationNode, descriptor: ProcessorDescriptor?, values: PropertyValues?,
      edges: [Edge]
    ) {
      self.name = name
      self.position = position
      self.properties = properties
      self.descriptor = descriptor
      self.values = values
      self.edges = edges
    }

    /// The processor's declaration about records; nil if it has none or is unknown.
    package var records: RecordDeclaration? { values.flatMap { descriptor?.records?($0) } }

    /// The position of a property's value, or of the processor.
    package func position(ofProperty name: String) -> SourcePosition { properties.member(name)?.position ?? position }
  }

  package var processors: [Processor]

  package init(processors: [Processor]) { self.processors = processors }
}
