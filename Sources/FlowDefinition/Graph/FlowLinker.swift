import FlowCore

/// Resolves the names in a document (types, services, relationships, processors) and reads the properties.
struct FlowLinker {
  private let document: FlowDocument
  private let catalog: ProcessorCatalog
  private let serviceTypes: [ServiceDescriptor]
  private let compiler: any ExpressionCompiler
  private let problems: ProblemList
  /// The roles of the file's services. A service of unknown type gets every role, so that no follow-up errors are
  /// reported.
  private let roles: [String: Set<ServiceRole>]
  /// Each processor's index by name; the first one if a name is repeated.
  private let indices: [String: Int]

  init(
    document: FlowDocument, catalog: ProcessorCatalog, serviceTypes: [ServiceDescriptor],
    compiler: any ExpressionCompiler,
    problems: ProblemList
  ) {
    self.document = document
    self.catalog = catalog
    self.serviceTypes = serviceTypes
    self.compiler = compiler
    self.problems = problems
    let everyRole = Set(serviceTypes.flatMap(\.roles))
    roles = Dictionary(
      document.services.map { service in
        (service.name, serviceTypes.first { $0.type == service.type?.text }?.roles ?? everyRole)
      }
    ) { first, _ in first }
    indices = Dictionary(document.processors.enumerated().map { ($1.name, $0) }) { first, _ in first }
  }

  func link() -> LinkedFlow {
    var linked = LinkedFlow()
    linked.sourceTypes = catalog.all.map { $0.descriptor }.filter { $0.input == .forbidden }.map(\.type)
    linked.services = document.services.compactMap(service)
    for entry in document.services { linked.serviceTypes[entry.name] = serviceTypes.first { $0.type == entry.type?.text } }
    checkNames()
    linked.processors = document.processors.map(processor)
    return linked
  }

  private func reader(for subject: String) -> PropertyReader {
    PropertyReader(file: problems.file, subject: subject, compiler: compiler, services: roles)
  }

  // MARK: Services

  private func service(_ entry: ServiceEntry) -> ServiceDeclaration? {
    if entry.type == nil, let key = entry.misspeltType {
      problems.report(.unknownKey(key.text, in: nil, among: ["type"]), at: key.position, subject: entry.subject)
      return nil
    }
    guard
      let name = typeName(
        entry.type, of: "service", at: entry.position, subject: entry.subject, expected: "the type of the service")
    else { return nil }
    guard let type = serviceTypes.first(where: { $0.type == name.text }) else {
      problems.report(
        .unknownType(name.text, of: "service", among: serviceTypes.map(\.type)), at: name.position,
        subject: entry.subject)
      return nil
    }
    let reader = reader(for: entry.subject)
    let values = reader.read(entry.properties, properties: type.properties)
    problems.append(reader.problems)
    problems.report(
      values.flatMap { type.check?($0) } ?? [], ofProperties: entry.properties, else: entry.position, subject: entry.subject)
    return values.map { ServiceDeclaration(name: entry.name, type: type.type, values: $0, position: entry.position) }
  }

  private func typeName(
    _ node: ConfigurationNode?, of what: String, at position: SourcePosition, subject: String, expected: String
  ) -> ConfigurationNode.Key? {
    guard let node else {
      problems.report(.missingKey("type", expected: expected), at: position, subject: subject)
      return nil
    }
    if node.isUnresolved { return nil }
    if node.isSensitive {
      problems.report(.sensitiveValue("type"), at: node.position, subject: subject)
      return nil
    }
    guard let text = node.text else {
      problems.report(.wrongShape("type", node, expected: expected), at: node.position, subject: subject)
      return nil
    }
    return ConfigurationNode.Key(text: text, position: node.position)
  }

  // MARK: Processors

  private func checkNames() {
    var folders: [String: ProcessorEntry] = [:]
    for entry in document.processors where !entry.name.isEmpty {
      let folder = NameRules.folder(for: entry.name)
      guard let first = folders[folder] else {
        folders[folder] = entry
        continue
      }
      let finding =
        first.name == entry.name
        ? Diagnostic.sameName(entry.name, first: first.position)
        : .sameFolder(entry.name, as: first.name, first: first.position)
      problems.report(finding, at: entry.position, subject: entry.subject)
    }
  }

  private func processor(_ entry: ProcessorEntry) -> LinkedProcessor {
    var processor = LinkedProcessor(entry: entry)
    if entry.type == nil && entry.misspelt.contains("type") {
      // Already reported, with the name that was probably meant.
    } else if let name = typeName(
      entry.type, of: "processor", at: entry.position, subject: entry.subject, expected: "the type of the processor")
    {
      processor.type = catalog[name.text]
      processor.descriptor = processor.type?.descriptor
      if processor.type == nil {
        problems.report(
          .unknownType(name.text, of: "processor", among: catalog.types), at: name.position, subject: entry.subject)
      }
    }
    if let descriptor = processor.descriptor {
      let reader = reader(for: entry.subject)
      processor.values = reader.read(entry.properties, properties: descriptor.properties, withdrawn: descriptor.withdrawn)
      problems.append(reader.problems)
      processor.notes = reader.notes
      processor.concurrency = concurrency(entry, descriptor)
    }
    connect(&processor)
    return processor
  }

  private func concurrency(_ entry: ProcessorEntry, _ descriptor: ProcessorDescriptor) -> Int {
    guard let concurrency = entry.concurrency else { return descriptor.concurrency }
    if let maximum = descriptor.maximumConcurrency, concurrency > maximum {
      problems.report(
        .concurrencyAboveMaximum(concurrency, maximum), at: entry.concurrencyPosition, subject: entry.subject)
    }
    return concurrency
  }

  // MARK: Connections

  private func connect(_ processor: inout LinkedProcessor) {
    let entry = processor.entry
    let relationships = relationships(of: processor)
    guard let outputs = entry.outputs else {
      processor.leadsToUnknown = true
      return
    }
    for output in outputs {
      let destinations = output.destinations.compactMap {
        destination(for: $0, from: output.relationship.text, entry, &processor.edges)
      }
      // The missing destination may have been any processor.
      if destinations.isEmpty || destinations.count < output.destinations.count { processor.leadsToUnknown = true }
      processor.outputs.append(GraphOutput(relationship: output.relationship.text, destinations: destinations))
    }
    guard let relationships else { return }
    processor.relationships = relationships
    let names = relationships.map(\.name)
    var misspelt: Set<String> = []
    for output in outputs where !names.contains(output.relationship.text) {
      problems.report(
        .unknownRelationship(output.relationship.text, in: "to", among: names), at: output.relationship.position,
        subject: entry.subject)
      if let name = NearestName.of(output.relationship.text, among: names) { misspelt.insert(name) }
    }
    for name in entry.retry?.relationships ?? [] where !names.contains(name.text) {
      problems.report(
        .unknownRelationship(name.text, in: "retry.on", among: names), at: name.position, subject: entry.subject)
    }
    let written = processor.outputs
    processor.outputs = relationships.map { relationship in
      if let output = written.first(where: { $0.relationship == relationship.name }) { return output }
      if relationship.name != Relationship.failureName && !relationship.isOptional && !misspelt.contains(relationship.name) {
        problems.report(.relationshipNotMapped(relationship), at: entry.position, subject: entry.subject)
      }
      return GraphOutput(relationship: relationship.name, destinations: [.errors])
    }
  }

  /// Every relationship in declared order; nil if they are unknown.
  private func relationships(of processor: LinkedProcessor) -> [Relationship]? {
    guard let descriptor = processor.descriptor else { return nil }
    let all: [Relationship]
    if let values = processor.values {
      all = descriptor.relationships(values)
    } else if descriptor.relationshipsFromProperties == nil {
      all = descriptor.relationships
    } else {
      return nil
    }
    var seen: Set<String> = []
    let unique = all.filter { seen.insert($0.name).inserted }
    let hasFailure = seen.contains(Relationship.failureName) || descriptor.input == .forbidden
    return hasFailure ? unique : unique + [Relationship(Relationship.failureName, "What could not be processed.")]
  }

  private func destination(
    for written: ProcessorEntry.Destination, from relationship: String, _ entry: ProcessorEntry,
    _ edges: inout [LinkedProcessor.Edge]
  ) -> GraphOutput.Destination? {
    if let ending = ending(written.name) {
      if written.queue != nil {
        problems.report(.queueToNoProcessor(written.name), at: written.queuePosition, subject: entry.subject)
      }
      return ending
    }
    guard let index = indices[written.name], !written.name.isEmpty else {
      problems.report(
        .unknownProcessor(
          written.name, from: relationship, among: document.processors.map(\.name).filter { !$0.isEmpty }),
        at: written.position, subject: entry.subject)
      return nil
    }
    let limits = (written.queue ?? QueueReader.unset).filled(from: document.queue)
    if limits.count == 0 && limits.bytes == 0, let position = written.queuePosition {
      problems.report(.queueWithoutLimit, at: position, subject: entry.subject)
    }
    edges.append(LinkedProcessor.Edge(relationship: relationship, destination: index, position: written.position))
    return .processor(index, limits)
  }

  private func ending(_ name: String) -> GraphOutput.Destination? {
    switch name {
    case "errors": .errors
    case "defer": .defer
    case "drop": .drop
    default: nil
    }
  }
}

extension ConfigurationNode {
  /// A scalar's text; nil for other nodes.
  var text: String? {
    if case .scalar(let text) = value { text } else { nil }
  }
}
