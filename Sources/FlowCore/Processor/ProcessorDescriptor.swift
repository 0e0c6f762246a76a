/// A processor's declaration. Documentation, validation, `flowrun processors` and the README table are derived from it.
package struct ProcessorDescriptor: Sendable {
  package enum Input: String, Sendable {
    /// A source: no connection may lead to it. Triggered at the start, and again until it is exhausted.
    case forbidden
    case required
    case allowed
  }
  /// The name in the flow file; equal to the Swift type's name.
  package var type: String
  /// Names of earlier versions, which flow files may still use.
  package var formerTypes: [String]
  /// One sentence.
  package var summary: String
  /// Where it does something else than NiFi's processor of that name, one difference each, for people who know that one.
  package var differences: [String]
  package var properties: [PropertyDescriptor]
  /// Removed properties of earlier versions, by name, with the replacement to suggest.
  package var withdrawn: [String: String]
  package var relationships: [Relationship]
  /// Relationships defined by a property (RouteOnAttribute's rules).
  package var relationshipsFromProperties: (@Sendable (PropertyValues) -> [Relationship])?
  package var reads: [AttributeDescriptor]
  package var writes: [AttributeDescriptor]
  /// Attributes defined by a property (UpdateAttribute).
  package var writesFromProperties: (@Sendable (PropertyValues) -> [String])?
  /// It may set any attribute, because the names are in the content: nothing is known about the attributes of what it sends.
  package var writesAnyAttribute = false
  /// Attributes that only its own expressions see, defined by a property (InvokeEndpoint's elements).
  package var ownAttributes: (@Sendable (PropertyValues) -> [String])?
  package var input: Input
  /// The default number of concurrent triggers; the flow file can override it.
  package var concurrency: Int
  /// The largest concurrency that a flow file may set; nil: no limit. 1: the processor must not run concurrently with
  /// itself.
  package var maximumConcurrency: Int?
  /// It may hold FlowFiles over several triggers (`ProcessSession.hold`), and must not run concurrently with itself then.
  package var holds: Bool
  /// The most FlowFiles that one trigger may take.
  package var batch: Int
  /// The processor's own counters, in addition to the engine's.
  package var counters: [AttributeDescriptor]
  /// The columns that it produces or the table that it uses; nil if it does not process records.
  package var records: (@Sendable (PropertyValues) -> RecordDeclaration?)?
  /// Static facts about the columns that it produces, by column name.
  package var columnFacts: (@Sendable (PropertyValues) -> [String: ColumnFacts])?
  /// The data type of the FlowFiles sent to each relationship, by relationship name.
  package var dataTypes: (@Sendable (PropertyValues) -> [String: String])?
  /// The folders and files that its properties name, as far as they are the same for every FlowFile.
  package var paths: (@Sendable (PropertyValues) -> [PropertyPath])?
  /// A check that needs the neighbours in the graph.
  package var check: (@Sendable (GraphNeighbourhood) -> [Diagnostic])?

  package init(
    type: String, formerTypes: [String] = [], summary: String, differences: [String] = [], properties: [PropertyDescriptor], withdrawn: [String: String] = [:], relationships: [Relationship],
    relationshipsFromProperties: (@Sendable (PropertyValues) -> [Relationship])? = nil, reads: [AttributeDescriptor] = [],
    writes: [AttributeDescriptor] = [], writesFromProperties: (@Sendable (PropertyValues) -> [String])? = nil,
    ownAttributes: (@Sendable (PropertyValues) -> [String])? = nil,
    input: Input = .required, concurrency: Int = 1, maximumConcurrency: Int? = nil, holds: Bool = false, batch: Int = 1,
    counters: [AttributeDescriptor] = [], records: (@Sendable (PropertyValues) -> RecordDeclaration?)? = nil,
    columnFacts: (@Sendable (PropertyValues) -> [String: ColumnFacts])? = nil,
    dataTypes: (@Sendable (PropertyValues) -> [String: String])? = nil,
    paths: (@Sendable (PropertyValues) -> [PropertyPath])? = nil,
    check: (@Sendable (GraphNeighbourhood) -> [Diagnostic])? = nil
  ) {
    self.type = type
    self.formerTypes = formerTypes
    self.summary = summary
    self.differences = differences
    self.properties = properties
    self.withdrawn = withdrawn
    self.relationships = relationships
    self.relationshipsFromProperties = relationshipsFromProperties
    self.reads = reads
    self.writes = writes
    self.writesFromProperties = writesFromProperties
    self.ownAttributes = ownAttributes
    self.input = input
    self.concurrency = concurrency
    self.maximumConcurrency = holds ? 1 : maximumConcurrency
    self.holds = holds
    self.batch = batch
    self.counters = counters
    self.records = records
    self.columnFacts = columnFacts
    self.dataTypes = dataTypes
    self.paths = paths
    self.check = check
  }

  /// Declared relationships, plus those defined by properties.
  package func relationships(_ values: PropertyValues) -> [Relationship] {
    relationships + (relationshipsFromProperties?(values) ?? [])
  }
}

/// A folder or file on this machine that a property names.
package struct PropertyPath: Sendable, Equatable {
  package var property: String
  package var path: String

  package init(_ property: String, _ path: String) {
    self.property = property
    self.path = path
  }
}

/// How a processor handles records: it produces rows with these columns, or it uses a table with this key.
package enum RecordDeclaration: Sendable, Equatable {
  case produces(columns: [TableSchema.Column])
  /// `naming`: columns named by other properties, by property.
  case uses(table: String, key: [String], service: String, naming: [String: [String]] = [:])
}

/// What is known about a mapped column before the flow runs.
package struct ColumnFacts: Sendable, Equatable {
  package var mayBeNull: Bool
  /// The constant text that fills it; nil if it varies or comes from the document.
  package var literal: String?
  /// The attributes whose values fill it.
  package var attributes: Set<String>

  package init(mayBeNull: Bool, literal: String? = nil, attributes: Set<String> = []) {
    self.mayBeNull = mayBeNull
    self.literal = literal
    self.attributes = attributes
  }
}

/// A processor with its neighbours, for checks across connections.
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
  /// The processors to which each relationship leads.
  package var destinations: [String: [Neighbour]]
  package init(values: PropertyValues, destinations: [String: [Neighbour]]) {
    self.values = values
    self.destinations = destinations
  }
}
