import FlowCore
import FlowExpression

/// Reads a flow definition (`flowContents`) or a whole instance (`rootGroup`) in JSON.
struct DefinitionReader {
  private var count = ComponentCount()

  /// Throws `Diagnostic`.
  static func flow(_ document: [UInt8]) throws(Diagnostic) -> NiFiFlow {
    let (top, group) = unwrapped(try DefinitionObject.root(of: document))
    var reader = DefinitionReader()
    if let contents = group ?? top.object("flowContents") {
      var flow = NiFiFlow(format: .definition, root: try reader.group(contents, depth: 0))
      try reader.readContexts(top, &flow)
      for (id, service) in top.object("externalControllerServices")?.objects ?? [] {
        flow.others.append(
          NiFiOther(id: id, name: service.text("name"), type: "EXTERNAL_CONTROLLER_SERVICE", reason: "the service is outside of this file, which only names it"))
      }
      try reader.readOthers(top, &flow)
      return flow
    }
    if let root = top.object("rootGroup") {
      var flow = NiFiFlow(format: .instance, root: try reader.group(root, depth: 0))
      try reader.readContexts(top, &flow)
      flow.root.services += try reader.services(top.list("controllerServices"))
      try reader.readOthers(top, &flow)
      return flow
    }
    if let name = ["flowContents", "rootGroup"].first(where: top.names.contains) {
      throw Diagnostic(.notNiFi, found: "a JSON document whose '\(name)' is no object", expected: "the process group that NiFi writes there", hint: "download the flow definition again")
    }
    if top.names.contains("MiNiFi Config Version") || ["Flow Controller", "Processors"].allSatisfy(top.names.contains) { throw NiFiFile.miNiFi("JSON") }
    throw Diagnostic(
      .notNiFi, found: "a JSON document with \(top.names.isEmpty ? "no members" : top.names.prefix(6).map { "'\(Quote.short($0))'" }.joined(separator: ", "))",
      expected: "a flow definition ('flowContents') or a flow.json ('rootGroup')")
  }

  /// A registry keeps a flow as the `content` of a file with a `header`: a snapshot, or in files of its first versions the group alone.
  private static func unwrapped(_ file: DefinitionObject) -> (top: DefinitionObject, group: DefinitionObject?) {
    guard file.object("header") != nil, let content = file.object("content") else { return (file.object("versionedFlowSnapshot") ?? file, nil) }
    return content.object("flowSnapshot").map { ($0, nil) } ?? (content, content)
  }

  private mutating func readContexts(_ top: DefinitionObject, _ flow: inout NiFiFlow) throws(Diagnostic) {
    // A definition has a map by name, an instance a list.
    let contexts = top.object("parameterContexts")?.objects.map { ($0.key, $0.value) } ?? top.list("parameterContexts").map { ($0.text("name"), $0) }
    for (name, object) in contexts {
      let parameters = object.list("parameters")
      try count.add(1 + parameters.count)
      var context = NiFiContext()
      context.id = object.text("identifier").isEmpty ? name : object.text("identifier")
      context.name = object.text("name").isEmpty ? name : object.text("name")
      context.inherited = object.texts("inheritedParameterContexts")
      context.parameters = parameters.map { parameter in
        NiFiParameter(
          name: parameter.text("name"), value: parameter.optionalText("value"), description: parameter.text("description"),
          isSensitive: parameter.flag("sensitive"))
      }
      flow.contexts.append(context)
    }
  }

  private mutating func readOthers(_ top: DefinitionObject, _ flow: inout NiFiFlow) throws(Diagnostic) {
    let kinds = [
      ("reportingTasks", "REPORTING_TASK", "flowrun reports by itself: --metrics-textfile, /metrics of flowrun serve, --on-end"),
      ("registries", "REGISTRY_CLIENT", "a flow file is text: keep it in a version control of your choice"),
      ("parameterProviders", "PARAMETER_PROVIDER", "parameters come from -p, --parameters FILE, or the environment"),
      ("flowAnalysisRules", "FLOW_ANALYSIS_RULE", "flowrun validate has rules of its own"),
    ]
    for (member, kind, reason) in kinds {
      let objects = top.object(member)?.objects.map(\.value) ?? top.list(member)
      try count.add(objects.count)
      for object in objects {
        let type = object.text("type")
        flow.others.append(NiFiOther(id: object.text("identifier"), name: object.text("name"), type: type.isEmpty ? kind : type, reason: reason))
      }
    }
  }

  private mutating func group(_ object: DefinitionObject, depth: Int) throws(Diagnostic) -> NiFiGroup {
    try count.checkDepth(depth)
    var group = NiFiGroup()
    group.id = object.text("identifier")
    group.name = object.text("name")
    group.comments = object.text("comments")
    group.contextName = object.optionalText("parameterContextName").flatMap { $0.isEmpty ? nil : $0 }
    group.variables = object.object("variables")?.members.map { NiFiProperty($0.key, $0.text ?? "") } ?? []
    try count.add(group.variables.count)
    group.processors = try counted(object.list("processors")).map(Self.processor)
    group.ports =
      try counted(object.list("inputPorts")).map { Self.port($0, isInput: true) } + counted(object.list("outputPorts")).map { Self.port($0, isInput: false) }
    group.funnels = try counted(object.list("funnels")).map { NiFiFunnel(id: $0.text("identifier"), instance: $0.instance) }
    group.connections = try counted(object.list("connections")).map(Self.connection)
    group.services = try services(object.list("controllerServices"))
    group.labels = try counted(object.list("labels")).map { NiFiLabel(id: $0.text("identifier"), text: $0.text("label")) }
    group.remotes = try counted(object.list("remoteProcessGroups")).map(Self.remote)
    group.settings = [
      ("flowFileConcurrency", "UNBOUNDED"), ("flowFileOutboundPolicy", "STREAM_WHEN_AVAILABLE"), ("executionEngine", "INHERITED"),
    ].compactMap { name, usual in
      let value = object.text(name)
      return value.isEmpty || value == usual ? nil : NiFiProperty(name, value)
    }
    group.version = object.object("versionedFlowCoordinates").map { coordinates in
      func first(_ names: String...) -> String { names.map(coordinates.text).first { !$0.isEmpty } ?? "" }
      return NiFiVersion(
        address: first("storageLocation", "registryUrl", "registryId"), bucket: coordinates.text("bucketId"), flow: coordinates.text("flowId"), number: coordinates.text("version"))
    }
    for inner in try counted(object.list("processGroups")) { group.groups.append(try self.group(inner, depth: depth + 1)) }
    return group
  }

  private mutating func counted(_ objects: [DefinitionObject]) throws(Diagnostic) -> [DefinitionObject] {
    try count.add(objects.count)
    return objects
  }

  private mutating func services(_ objects: [DefinitionObject]) throws(Diagnostic) -> [NiFiService] {
    try counted(objects).map { object in
      var service = NiFiService()
      service.id = object.text("identifier")
      service.instance = object.instance
      service.name = object.text("name")
      service.type = object.text("type")
      service.properties = Self.properties(object)
      return service
    }
  }

  private static func processor(_ object: DefinitionObject) -> NiFiProcessor {
    var processor = NiFiProcessor()
    func text(_ name: String, else usual: String) -> String {
      let text = object.text(name)
      return text.isEmpty ? usual : text
    }
    processor.id = object.text("identifier")
    processor.instance = object.instance
    processor.name = object.text("name")
    processor.type = object.text("type")
    processor.version = object.object("bundle")?.text("version") ?? ""
    processor.comments = object.text("comments")
    processor.properties = properties(object)
    processor.annotation = object.optionalText("annotationData").flatMap { $0.isEmpty ? nil : $0 }
    processor.autoTerminated = object.texts("autoTerminatedRelationships")
    processor.retried = object.texts("retriedRelationships")
    processor.retryCount = object.integer("retryCount") ?? processor.retryCount
    processor.retryYields = object.text("backoffMechanism") == "YIELD_PROCESSOR"
    processor.maximumBackoff = text("maxBackoffPeriod", else: processor.maximumBackoff)
    processor.penalty = text("penaltyDuration", else: processor.penalty)
    processor.yield = text("yieldDuration", else: processor.yield)
    processor.strategy = text("schedulingStrategy", else: processor.strategy)
    processor.period = text("schedulingPeriod", else: processor.period)
    processor.concurrency = object.integer("concurrentlySchedulableTaskCount") ?? 1
    processor.bulletinLevel = object.text("bulletinLevel")
    processor.runMilliseconds = object.integer("runDurationMillis") ?? 0
    processor.state = NiFiState(object.text("scheduledState"))
    processor.onPrimaryNode = object.text("executionNode") == "PRIMARY"
    return processor
  }

  private static func properties(_ object: DefinitionObject) -> [NiFiProperty] {
    let descriptors = object.object("propertyDescriptors")
    let properties = (object.object("properties")?.members ?? []).map { member -> NiFiProperty in
      var property = NiFiProperty(member.key, member.text)
      if let descriptor = descriptors?.object(member.key) {
        property.displayName = descriptor.optionalText("displayName")
        property.isSensitive = descriptor.flag("sensitive")
        property.isDynamic = isAdded(descriptor, isSet: property.value != nil)
      }
      property.seal()
      return property
    }
    // A definition does not have sensitive values, only their descriptors.
    let names = Set(properties.map(\.name))
    let hidden = (descriptors?.objects ?? []).filter { $0.value.flag("sensitive") && !names.contains($0.key) }
    return properties
      + hidden.map { name, descriptor in
        var property = NiFiProperty(name, nil)
        property.displayName = descriptor.optionalText("displayName")
        property.isSensitive = true
        property.isDynamic = isAdded(descriptor, isSet: false)
        return property
      }
  }

  /// Whether a person added a property; nil: the file does not say. A sensitive one without a value may be one of the type's own that nobody set.
  private static func isAdded(_ descriptor: DefinitionObject, isSet: Bool) -> Bool? {
    descriptor.optionalFlag("dynamic") ?? (descriptor.flag("sensitive") && !isSet ? false : nil)
  }

  private static func port(_ object: DefinitionObject, isInput: Bool) -> NiFiPort {
    NiFiPort(id: object.text("identifier"), instance: object.instance, name: object.text("name"), isInput: isInput, state: NiFiState(object.text("scheduledState")),
      function: object.text("portFunction"))
  }

  private static func connection(_ object: DefinitionObject) -> NiFiConnection {
    var connection = NiFiConnection()
    connection.id = object.text("identifier")
    connection.name = object.text("name")
    connection.source = end(object.object("source"))
    connection.destination = end(object.object("destination"))
    connection.relationships = object.texts("selectedRelationships")
    connection.objectThreshold = object.integer("backPressureObjectThreshold")
    connection.sizeThreshold = object.text("backPressureDataSizeThreshold")
    connection.expiration = object.text("flowFileExpiration")
    connection.prioritizers = object.texts("prioritizers").map { $0.split(separator: ".").last.map(String.init) ?? "" }
    connection.loadBalancing = object.text("loadBalanceStrategy")
    return connection
  }

  private static func end(_ object: DefinitionObject?) -> NiFiEnd {
    guard let object else { return NiFiEnd() }
    let id = object.text("id"), instance = object.text("instanceIdentifier")
    return NiFiEnd(id: id, instance: instance.isEmpty ? id : instance, group: object.text("groupId"))
  }

  private static func remote(_ object: DefinitionObject) -> NiFiRemote {
    var remote = NiFiRemote()
    remote.id = object.text("identifier")
    remote.name = object.text("name")
    remote.target = object.text("targetUris").isEmpty ? object.text("targetUri") : object.text("targetUris")
    remote.ports = object.list("inputPorts").map { port($0, isInput: true) } + object.list("outputPorts").map { port($0, isInput: false) }
    return remote
  }
}
