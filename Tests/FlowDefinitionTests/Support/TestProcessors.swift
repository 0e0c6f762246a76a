import FlowCore
import FlowProcessors
import StudyModel

/// A small catalogue of processors with realistic declarations that never run: the loader uses only their
/// declarations.
enum TestCatalog {
  static let processors = ProcessorCatalog([
    ReadTokenFile.self, SliceTimeRange.self, InvokeEndpoint.self, ExtractRecords.self, WriteRecords.self,
    RouteOnAttribute.self,
    PutFile.self, GenerateFlowFile.self, Merge.self, FlowProcessors.Unsupported.self,
  ])

  static let services = [
    ServiceDescriptor(
      type: "SQLiteDatabase", summary: "A database.", roles: [.recordStore],
      properties: [.init(Property<String>.required("path", .path, "The file."))]),
    ServiceDescriptor(
      type: "FitbitWebAPI", summary: "A provider.", roles: [.provider],
      properties: [
        .init(Property<String>.required("base_url", .text, "Where it is.")),
        .init(Property<String>("client_id", .optionalText, default: "", "The client.")),
        .init(Property<String>("client_secret", .optionalText, default: "", sensitive: true, "The client's secret.")),
      ]),
  ]

  /// Thrown by every `process`, because the loader must not run processors.
  struct NeverRuns: Error {}
}

struct ReadTokenFile: Processor {
  static let provider = Property<ServiceReference>.required("provider", .service(.provider), "Who signs.")
  static var descriptor: ProcessorDescriptor {
    ProcessorDescriptor(
      type: "ReadTokenFile", summary: "Begins with each participant.", properties: [.init(provider)],
      relationships: [
        Relationship("success", "A participant."), Relationship("failure", "A file that cannot be read."),
      ],
      input: .forbidden, maximumConcurrency: 1)
  }
  init(_ configuration: ProcessorConfiguration) throws {}
  func process(_ session: ProcessSession) async throws { throw TestCatalog.NeverRuns() }
}

/// One slice declaration.
struct SliceRule: ConfigurationRecord {
  enum Span: String, CaseIterable, Sendable { case day, none }
  static let relationshipName = Property<String>.required("relationship", .text, "Where its slices go.")
  static let dataType = Property<String>.required("data_type", .text, "What is asked.")
  static let step = Property<Duration>("step", .duration, default: "24h", "Length of a slice.")
  static let within = Property<Span>("within", .choice, default: "none", "What a slice may not cross.")
  static let zone = Property<any AttributeExpression>("zone", .expression, default: "UTC", "Whose days.")
  static let properties: [PropertyDescriptor] = [
    .init(relationshipName), .init(dataType), .init(step), .init(within), .init(zone),
  ]
  var relationship: String
  init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    if values[SliceRule.step] > .seconds(86_400) {
      reader.report(node, expected: "a step of at most 24h")
      return nil
    }
    relationship = values[SliceRule.relationshipName]
  }
}

struct SliceTimeRange: Processor {
  static let ledger = Property<ServiceReference>.required("ledger", .service(.recordStore), "Where the ledger is.")
  static let reread = Property<Duration>("reread", .duration, default: "48h", "How far back is asked again.")
  static let slices = Property<[SliceRule]>.required("slices", .list(of: .record(SliceRule.self)), "What is asked.")
  static var descriptor: ProcessorDescriptor {
    ProcessorDescriptor(
      type: "SliceTimeRange", summary: "Hands out slices.", properties: [.init(ledger), .init(reread), .init(slices)],
      relationships: [Relationship("failure", "What could not be planned.")],
      relationshipsFromProperties: { values in values[slices].map { Relationship($0.relationship, "Slices.") } })
  }
  init(_ configuration: ProcessorConfiguration) throws {}
  func process(_ session: ProcessSession) async throws { throw TestCatalog.NeverRuns() }
}

struct InvokeEndpoint: Processor {
  static let provider = Property<ServiceReference>.required("provider", .service(.provider), "Who signs.")
  static let url = Property<any AttributeExpression>.required("url", .expression, "The path.")
  static let pageSize = Property<Int>("page_size", .integer(1...1000), default: "100", "Rows a page.")
  static let headers = Property<[NamedValue<any AttributeExpression>]>("headers", .map(of: .expression), "Sent along.")
  static let follow = Property<Bool>("follow_pages", .boolean, default: "false", "Whether pages are joined.")
  static let token = Property<String>("token", .text, sensitive: true, "Sent along and never shown.")
  static let signature = Property<any AttributeExpression>("signature", .expression, sensitive: true, "Made for each FlowFile and never shown.")
  static var descriptor: ProcessorDescriptor {
    ProcessorDescriptor(
      type: "InvokeEndpoint", summary: "Asks the provider.",
      properties: [.init(provider), .init(url), .init(pageSize), .init(headers), .init(follow), .init(token), .init(signature)],
      relationships: [
        Relationship("success", "A whole answer."), Relationship("rate_limited", "The budget is used up."),
        Relationship("failure", "No answer."),
      ], concurrency: 8)
  }
  init(_ configuration: ProcessorConfiguration) throws {}
  func process(_ session: ProcessSession) async throws { throw TestCatalog.NeverRuns() }
}

struct ExtractRecords: Processor {
  static let columns = Property<[NamedValue<ColumnKind>]>.required(
    "columns", .map(of: .choice), "The columns of a row.")
  static var descriptor: ProcessorDescriptor {
    ProcessorDescriptor(
      type: "ExtractRecords", summary: "Makes rows.", properties: [.init(columns)],
      relationships: [Relationship("success", "Rows."), Relationship("failure", "No rows.")],
      records: { values in .produces(columns: values[columns].map { TableSchema.Column($0.name, $0.value) }) })
  }
  init(_ configuration: ProcessorConfiguration) throws {}
  func process(_ session: ProcessSession) async throws { throw TestCatalog.NeverRuns() }
}

struct WriteRecords: Processor {
  static let database = Property<ServiceReference>.required("database", .service(.recordStore), "Where to.")
  static let table = Property<String>.required("table", .text, "The table.")
  static let key = Property<[String]>.required("key", .list(of: .text), "What identifies a row.")
  static var descriptor: ProcessorDescriptor {
    ProcessorDescriptor(
      type: "WriteRecords", summary: "Writes rows.", properties: [.init(database), .init(table), .init(key)],
      relationships: [Relationship("success", "Written."), Relationship("failure", "Not written.")],
      records: { .uses(table: $0[table], key: $0[key], service: $0[database].name) })
  }
  init(_ configuration: ProcessorConfiguration) throws {}
  func process(_ session: ProcessSession) async throws { throw TestCatalog.NeverRuns() }
}

struct RouteOnAttribute: Processor {
  static let rules = Property<[NamedValue<any AttributeExpression>]>.required(
    "rules", .map(of: .expression), "Ways out.")
  static var descriptor: ProcessorDescriptor {
    ProcessorDescriptor(
      type: "RouteOnAttribute", summary: "Chooses a way.", properties: [.init(rules)],
      relationships: [Relationship("unmatched", "No rule holds."), Relationship("failure", "A rule failed.")],
      relationshipsFromProperties: { $0[rules].map { Relationship($0.name, "The rule holds.") } })
  }
  init(_ configuration: ProcessorConfiguration) throws {}
  func process(_ session: ProcessSession) async throws { throw TestCatalog.NeverRuns() }
}

struct PutFile: Processor {
  static let folder = Property<any AttributeExpression>.required("folder", .expression, "Where to.")
  static let limit = Property<Int>("limit", .byteSize, default: "1 GB", "The largest file.")
  static let share = Property<Double>("share", .real, default: "1", "The share that is kept.")
  static var descriptor: ProcessorDescriptor {
    ProcessorDescriptor(
      type: "PutFile", summary: "Writes a file.", properties: [.init(folder), .init(limit), .init(share)],
      relationships: [Relationship("success", "Written."), Relationship("failure", "Not written.")])
  }
  init(_ configuration: ProcessorConfiguration) throws {}
  func process(_ session: ProcessSession) async throws { throw TestCatalog.NeverRuns() }
}

struct GenerateFlowFile: Processor {
  static let count = Property<Int>("count", .integer(1...Int.max), default: "1", "How many.")
  static let text = Property<String>("text", .optionalText, default: "", "The content.")
  static var descriptor: ProcessorDescriptor {
    ProcessorDescriptor(
      type: "GenerateFlowFile", summary: "Makes FlowFiles.", properties: [.init(count), .init(text)],
      relationships: [Relationship("success", "A FlowFile.")], input: .forbidden)
  }
  init(_ configuration: ProcessorConfiguration) throws {}
  func process(_ session: ProcessSession) async throws { throw TestCatalog.NeverRuns() }
}

/// With or without input; validates its neighbours.
struct Merge: Processor {
  static let size = Property<Int>("size", .integer(1...100), default: "10", "FlowFiles in one.")
  static var descriptor: ProcessorDescriptor {
    ProcessorDescriptor(
      type: "Merge", summary: "Joins FlowFiles.", properties: [.init(size)],
      relationships: [Relationship("success", "Joined.")], input: .allowed,
      check: { neighbourhood in
        let files = neighbourhood.destinations["success", default: []].filter { $0.type == "PutFile" }
        guard neighbourhood.values[size] > 50, let file = files.first else { return [] }
        return [
          Diagnostic(
            .conflictingProperties, property: "size", found: "more than '\(file.name)' can hold", expected: "at most 50 before a PutFile")
        ]
      })
  }
  init(_ configuration: ProcessorConfiguration) throws {}
  func process(_ session: ProcessSession) async throws { throw TestCatalog.NeverRuns() }
}
