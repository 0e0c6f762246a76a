import FlowCore

/// Reads a template of NiFi 0.x or 1.x (`<template encoding-version="1.3">`).
struct TemplateReader {
  private static let encodings = ["1.0", "1.1", "1.2", "1.3", "1.4"]
  private var count = ComponentCount()

  /// The template's flow. Throws `Diagnostic`.
  static func flow(_ document: [UInt8]) throws(Diagnostic) -> NiFiFlow {
    let template = try TemplateElement.root(of: document)
    guard template.name == "template" else {
      throw Diagnostic(
        .notNiFi, found: "the root element is '\(Quote.short(template.name))'", expected: "'template', as NiFi 1.x writes templates",
        hint: template.name == "flowController" ? "flow.xml.gz is the flow of a whole NiFi 1.x: save a template of it, or take flow.json.gz (NiFi 1.16 or later)" : nil)
    }
    // Templates of NiFi 0.x have no version.
    let encoding = template.attribute("encoding-version") ?? "1.0"
    guard encodings.contains(encoding) else {
      throw Diagnostic(
        .notNiFi, found: "the template's encoding-version is '\(Quote.short(encoding))'", expected: "one of \(encodings.joined(separator: ", "))")
    }
    guard let snippet = template["snippet"] else {
      throw Diagnostic(.damagedImport, found: "the template has no 'snippet'", expected: "its processors and connections in a 'snippet'")
    }
    var reader = TemplateReader()
    var root = try reader.group(snippet, depth: 0)
    root.id = template.text("groupId")
    root.name = template.text("name")
    root.comments = template.text("description")
    return NiFiFlow(format: .template(encoding: encoding), root: root)
  }

  private mutating func group(_ contents: TemplateElement, depth: Int) throws(Diagnostic) -> NiFiGroup {
    try count.checkDepth(depth)
    try count.add(contents.children.count)
    var group = NiFiGroup()
    group.processors = contents.all("processors").map(Self.processor)
    group.ports = contents.all("inputPorts").map { Self.port($0, isInput: true) } + contents.all("outputPorts").map { Self.port($0, isInput: false) }
    group.funnels = contents.all("funnels").map { NiFiFunnel(id: $0.text("id"), instance: $0.text("id")) }
    group.connections = contents.all("connections").map(Self.connection)
    group.services = contents.all("controllerServices").map(Self.service)
    group.labels = contents.all("labels").map { NiFiLabel(id: $0.text("id"), text: $0.text("label")) }
    group.remotes = contents.all("remoteProcessGroups").map(Self.remote)
    for element in contents.all("processGroups") {
      var inner = NiFiGroup()
      if let contents = element["contents"] { inner = try self.group(contents, depth: depth + 1) }
      inner.id = element.text("id")
      inner.name = element.text("name")
      inner.comments = element.text("comments")
      inner.variables = element.entries("variables").map { NiFiProperty($0.key, $0.value?.text ?? "") }
      inner.version = element["versionControlInformation"].map { element in
        NiFiVersion(
          address: [element.text("storageLocation"), element.text("registryName")].first { !$0.isEmpty } ?? element.text("registryId"), bucket: element.text("bucketId"),
          flow: element.text("flowId"), number: element.text("version"))
      }
      inner.contextName = element["parameterContext"]?["component"]?.text("name")
      inner.settings = [("flowfileConcurrency", "UNBOUNDED"), ("flowfileOutboundPolicy", "STREAM_WHEN_AVAILABLE")].compactMap { name, usual in
        let value = element.text(name)
        return value.isEmpty || value == usual ? nil : NiFiProperty(name, value)
      }
      try count.add(inner.variables.count)
      group.groups.append(inner)
    }
    return group
  }

  private static func processor(_ element: TemplateElement) -> NiFiProcessor {
    var processor = NiFiProcessor()
    processor.id = element.text("id")
    processor.instance = processor.id
    processor.name = element.text("name")
    processor.type = element.text("type")
    processor.state = NiFiState(element.text("state"))
    let relationships = element.all("relationships")
    processor.relationships = relationships.map { $0.text("name") }
    processor.autoTerminated = relationships.filter { $0.text("autoTerminate") == "true" }.map { $0.text("name") }
    processor.retried = relationships.filter { $0.text("retry") == "true" }.map { $0.text("name") }
    guard let config = element["config"] else { return processor }
    func text(_ name: String, else usual: String) -> String {
      let text = config.text(name)
      return text.isEmpty ? usual : text
    }
    processor.properties = properties(config)
    processor.annotation = config["annotationData"].flatMap { $0.children.isEmpty && $0.text.isEmpty ? nil : $0.text }
    processor.comments = config.text("comments")
    processor.penalty = text("penaltyDuration", else: processor.penalty)
    processor.yield = text("yieldDuration", else: processor.yield)
    processor.strategy = text("schedulingStrategy", else: processor.strategy)
    processor.period = text("schedulingPeriod", else: processor.period)
    processor.concurrency = Int(config.text("concurrentlySchedulableTaskCount")) ?? 1
    processor.bulletinLevel = config.text("bulletinLevel")
    processor.runMilliseconds = Int(config.text("runDurationMillis")) ?? 0
    processor.onPrimaryNode = config.text("executionNode") == "PRIMARY"
    processor.retryCount = Int(config.text("retryCount")) ?? processor.retryCount
    processor.retryYields = config.text("backoffMechanism") == "YIELD_PROCESSOR"
    processor.maximumBackoff = text("maxBackoffPeriod", else: processor.maximumBackoff)
    return processor
  }

  private static func properties(_ element: TemplateElement) -> [NiFiProperty] {
    var sensitive: Set<String> = []
    for (key, value) in element.entries("descriptors") where value?.text("sensitive") == "true" { sensitive.insert(key) }
    return element.entries("properties").map { key, value in
      var property = NiFiProperty(key, value?.text)
      property.isSensitive = sensitive.contains(key)
      property.seal()
      return property
    }
  }

  private static func service(_ element: TemplateElement) -> NiFiService {
    var service = NiFiService()
    service.id = element.text("id")
    service.instance = service.id
    service.name = element.text("name")
    service.type = element.text("type")
    service.properties = properties(element)
    return service
  }

  private static func port(_ element: TemplateElement, isInput: Bool) -> NiFiPort {
    NiFiPort(id: element.text("id"), instance: element.text("id"), name: element.text("name"), isInput: isInput, state: NiFiState(element.text("state")))
  }

  private static func connection(_ element: TemplateElement) -> NiFiConnection {
    var connection = NiFiConnection()
    connection.id = element.text("id")
    connection.name = element.text("name")
    connection.source = end(element["source"])
    connection.destination = end(element["destination"])
    connection.relationships = element.all("selectedRelationships").map(\.text)
    connection.objectThreshold = Int(element.text("backPressureObjectThreshold"))
    connection.sizeThreshold = element.text("backPressureDataSizeThreshold")
    connection.expiration = element.text("flowFileExpiration")
    connection.prioritizers = element.all("prioritizers").map { $0.text.split(separator: ".").last.map(String.init) ?? "" }
    connection.loadBalancing = element.text("loadBalanceStrategy")
    return connection
  }

  private static func end(_ element: TemplateElement?) -> NiFiEnd {
    let id = element?.text("id") ?? ""
    return NiFiEnd(id: id, instance: id, group: element?.text("groupId") ?? "")
  }

  private static func remote(_ element: TemplateElement) -> NiFiRemote {
    var remote = NiFiRemote()
    remote.id = element.text("id")
    remote.name = element.text("name")
    remote.target = element.text("targetUri")
    let contents = element["contents"]
    remote.ports =
      (contents?.all("inputPorts") ?? []).map { port($0, isInput: true) } + (contents?.all("outputPorts") ?? []).map { port($0, isInput: false) }
    return remote
  }
}
