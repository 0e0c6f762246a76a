/// A processor's declaration. Documentation, validation, `flowrun processors` and README's table derive from it.
package struct ProcessorDescriptor: Sendable {
  package enum Input: String, Sendable {
    /// A source: nothing may lead to it. Triggered once at the start, and again while it says that there is more.
    case forbidden
    case required
    case allowed
  }
  /// The name in the flow file; equals the Swift type's.
  package var type: String
  /// One sentence.
  package var summary: String
  package var properties: [PropertyDescriptor]
  /// Properties of earlier versions that are gone, by name: what to write instead.
  package var withdrawn: [String: String]
  package var relationships: [Relationship]
  /// Relationships that come from a property (RouteOnAttribute's rules).
  package var relationshipsFromProperties: (@Sendable (PropertyValues) -> [Relationship])?
  package var reads: [AttributeDescriptor]
  package var writes: [AttributeDescriptor]
  /// Attributes that come from a property (UpdateAttribute).
  package var writesFromProperties: (@Sendable (PropertyValues) -> [String])?
  package var input: Input
  /// How many triggers may run at once unless the flow file says less or more.
  package var concurrency: Int
  /// More than this is a problem; nil: no bound. 1: the processor needs to be alone.
  package var maximumConcurrency: Int?
  /// FlowFiles that one trigger may take.
  package var batch: Int
  /// Counters of its own, beside the engine's.
  package var counters: [AttributeDescriptor]
  /// Tables: what it produces or needs, if it deals in records.
  package var records: (@Sendable (PropertyValues) -> RecordDeclaration?)?
  /// What is known of the columns that it makes, by name.
  package var columnFacts: (@Sendable (PropertyValues) -> [String: ColumnFacts])?
  /// The data type of what leaves by a relationship, by the relationship's name.
  package var dataTypes: (@Sendable (PropertyValues) -> [String: String])?
  /// Checks that need the neighbours in the graph.
  package var check: (@Sendable (GraphNeighbourhood) -> [Diagnostic])?

  package init(
    type: String, summary: String, properties: [PropertyDescriptor], withdrawn: [String: String] = [:], relationships: [Relationship],
    relationshipsFromProperties: (@Sendable (PropertyValues) -> [Relationship])? = nil, reads: [AttributeDescriptor] = [],
    writes: [AttributeDescriptor] = [], writesFromProperties: (@Sendable (PropertyValues) -> [String])? = nil,
    input: Input = .required, concurrency: Int = 1, maximumConcurrency: Int? = nil, batch: Int = 1,
    counters: [AttributeDescriptor] = [], records: (@Sendable (PropertyValues) -> RecordDeclaration?)? = nil,
    columnFacts: (@Sendable (PropertyValues) -> [String: ColumnFacts])? = nil,
    dataTypes: (@Sendable (PropertyValues) -> [String: String])? = nil,
    check: (@Sendable (GraphNeighbourhood) -> [Diagnostic])? = nil
  ) {
    self.type = type
    self.summary = summary
    self.properties = properties
    self.withdrawn = withdrawn
    self.relationships = relationships
    self.relationshipsFromProperties = relationshipsFromProperties
    self.reads = reads
    self.writes = writes
    self.writesFromProperties = writesFromProperties
    self.input = input
    self.concurrency = concurrency
    self.maximumConcurrency = maximumConcurrency
    self.batch = batch
    self.counters = counters
    self.records = records
    self.columnFacts = columnFacts
    self.dataTypes = dataTypes
    self.check = check
  }

  /// Fixed and property-made relationships.
  package func relationships(_ values: PropertyValues) -> [Relationship] {
    relationships + (relationshipsFromProperties?(values) ?? [])
  }
}

/// What a processor says about records: it makes rows with these columns, or it uses a table with this key.
package enum RecordDeclaration: Sendable, Equatable {
  case produces(columns: [TableSchema.Column])
  /// `naming`: columns that other properties name, by property.
  case uses(table: String, key: [String], service: String, naming: [String: [String]] = [:])
}

/// What is known of a mapped column before anything runs.
package struct ColumnFacts: Sendable, Equatable {
  package var mayBeNull: Bool
  /// The one text that fills it in every row; nil: it differs, or is read from the document.
  package var literal: String?
  /// The attributes that fill it.
  package var attributes: Set<String>

  package init(mayBeNull: Bool, literal: String? = nil, attributes: Set<String> = []) {
    self.mayBeNull = mayBeNull
    self.literal = literal
    self.attributes = attributes
  }
}

/// A processor with its neighbours, for checks across a connection.
package struct GraphNeighbourhood: Sendable {
  package struct Neighbour: Sendable {
    package var name: String
    package var type: String
    package var values: PropertyValues
    package init(name: String, type: String, values: PropertyValues) {
      self.name = name
      self.type = type
      self.values = values
    }
  }
  package var values: PropertyValues
  /// The processors to which a relationship leads.
  package var destinations: [String: [Neighbour]]
  package init(values: PropertyValues, destinations: [String: [Neighbour]]) {
    self.values = values
    self.destinations = destinations
  }
}
