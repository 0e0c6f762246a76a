import FlowCore

/// Makes a flow file and a report of a NiFi flow. Pure: the same file gives the same text.
package struct FlowImporter {
  /// Finds the problems of a flow file's text.
  package typealias Validation = (_ yaml: [UInt8]) -> [Diagnostic]

  let flow: NiFiFlow
  /// All groups, the root first.
  let groups: [NiFiGroup]
  private let isAmongRunning: Bool
  var report = ImportReport()
  var names = NameBook()
  var processors: [NiFiProcessor] = []
  /// Of each processor.
  private var surroundings: [ProcessorConversion.Surroundings] = []
  /// The places of groups in the report.
  var groupComponents: [Int] = []
  var drafts: [ProcessorDraft] = []
  /// The place of each draft's component in the report.
  var draftComponents: [Int] = []
  /// The places of connections in the report.
  private var connectionComponents: [Int] = []
  private var passageComponents: [Int] = []
  /// The services, and the parameters that they are opened with.
  var databases: [(name: String, parameter: String)] = []
  var labels: [String] = []
  var conversion: ProcessorConversion

  private static let dates =
    "toDate of NiFi 1.x ignores what stands behind the date, such as T10:00:00Z behind yyyy-MM-dd; here, as in NiFi 2, a text that is not all date is refused"

  /// Imports a file's bytes.
  ///
  /// - Parameter validate: problems of the written text, which go into the report; expressions are checked here.
  /// - Throws: `Diagnostic` for a file that is refused.
  package static func imported(_ bytes: [UInt8], validate: Validation) throws(Diagnostic) -> ImportedFlow {
    var importer = FlowImporter(try NiFiFile.flow(bytes))
    return try importer.imported(validate)
  }

  private init(_ flow: NiFiFlow) {
    self.flow = flow
    groups = flow.groups
    // Only a whole instance says what runs at the moment; a template has the state in which it happened to be saved.
    isAmongRunning = flow.format == .instance && groups.contains { $0.processors.contains { $0.state == .running } }
    conversion = ProcessorConversion(services: ServiceBook(flow), parameters: ParameterBook(flow.contexts), isAmongRunning: isAmongRunning)
  }

  private mutating func imported(_ validate: Validation) throws(Diagnostic) -> ImportedFlow {
    let recognised = RecognisedFlow(flow)
    collect(flow.root, path: [], variables: VariableReferences(), isRoot: true)
    let routes = try Routes(flow)
    for index in processors.indices { convert(index) }
    let firstPort = drafts.count
    let ports = placeholders(among: routes)
    try connect(routes, ports: ports, firstPort: firstPort)
    scheduleSources(routes)
    reportRest()
    let order = DraftOrder.order(of: drafts)
    drafts = order.map { drafts[$0] }
    draftComponents = order.map { draftComponents[$0] }
    let (yaml, lines) = written(recognised)
    for problem in validate(Array(yaml.utf8)) { report.add(problem, lines: lines, components: draftComponents) }
    recognised?.note(in: &report)
    // The outermost group is the flow.
    for note in report.general { report.components[0].differs(note) }
    return ImportedFlow(name: flow.root.name, format: flow.format, yaml: yaml, components: report.components, general: report.general, recognised: recognised)
  }

  // MARK: Groups

  private mutating func collect(_ group: NiFiGroup, path: [String], variables: VariableReferences, isRoot: Bool) {
    let variables = variables.with(group)
    let number = groupComponents.count
    var component = ImportedComponent(id: group.id, name: group.name, type: "PROCESS_GROUP")
    // The root's are the flow's summary.
    if !isRoot, !group.comments.isEmpty { labels.append("\(NameBook.plain(group.name, else: "group")): \(group.comments)") }
    if group.isElsewhere, let version = group.version {
      component.status = .dropped
      let place = [("flow", version.flow), ("version", version.number), ("bucket", version.bucket), ("registry", version.address)].filter { !$0.1.isEmpty }
      component.mention(
        "its contents are not in this file but in a registry (\(place.map { "\($0.0) \(Quote.short($0.1))" }.joined(separator: ", "))): download the flow definition of this group from NiFi, "
          + "which has them, and import that")
    } else if !path.isEmpty {
      component.mention("its processors have `group: \(path.joined(separator: " / "))`")
    }
    for setting in group.settings { component.differs("\(setting.name) is \(Quote.short(setting.value ?? "")), which has no counterpart") }
    groupComponents.append(report.append(component))
    for processor in group.processors {
      processors.append(processor)
      surroundings.append(ProcessorConversion.Surroundings(group: path.joined(separator: " / "), number: number, context: group.contextName, variables: variables))
    }
    for port in group.ports {
      append(port.id, port.name, port.isInput ? "INPUT_PORT" : "OUTPUT_PORT")
      if port.function == "FAILURE" {
        report.components[report.components.count - 1].differs("its port function is FAILURE: under NiFi's stateless engine what comes here makes the whole group fail; here FlowFiles pass it")
      }
      if isAmongRunning, port.state == .stopped {
        report.components[report.components.count - 1].differs("it is stopped in NiFi, while processors run; here FlowFiles pass it")
      }
    }
    for funnel in group.funnels { append(funnel.id, "", "FUNNEL") }
    for remote in group.remotes {
      report.append(
        ImportedComponent(
          id: remote.id, name: remote.name, type: "REMOTE_PROCESS_GROUP", status: .dropped, notes: ["flowrun speaks to no other instance; the target is \(Quote.short(remote.target))"]))
    }
    for port in group.remotes.flatMap(\.ports) { append(port.id, port.name, port.isInput ? "REMOTE_INPUT_PORT" : "REMOTE_OUTPUT_PORT") }
    for connection in group.connections {
      let name = connection.name.isEmpty ? connection.relationships.joined(separator: ", ") : connection.name
      connectionComponents.append(report.append(ImportedComponent(id: connection.id, name: name, type: "CONNECTION")))
    }
    for label in group.labels {
      labels.append(label.text)
      report.append(ImportedComponent(id: label.id, name: Quote.short(label.text), type: "LABEL", notes: ["it is a comment at the head of the flow file"]))
    }
    // A group that only holds another one would stand before every group's name.
    let inner = isRoot && group.isWrapper
    for next in group.groups { collect(next, path: inner ? [] : path + [NameBook.plain(next.name, else: "group")], variables: variables, isRoot: false) }
  }

  private mutating func append(_ id: String, _ name: String, _ type: String) {
    passageComponents.append(report.append(ImportedComponent(id: id, name: name, type: type)))
  }

  // MARK: Processors

  private mutating func convert(_ index: Int) {
    let processor = processors[index]
    var component = ImportedComponent(id: processor.id, name: processor.name, type: processor.type)
    let name = names.take(processor.name, else: processor.shortType.isEmpty ? "processor" : processor.shortType)
    drafts.append(conversion.draft(processor, name: name, in: surroundings[index], component: &component))
    if drafts[index].type != "Unsupported", processor.properties.contains(where: { $0.value?.contains("toDate(") == true }) {
      // Templates are NiFi 1.x's; of other files a bundle may say.
      if case .template = flow.format {
        report.mention(Self.dates)
      } else if processor.version.hasPrefix("1.") {
        component.differs(Self.dates)
      } else if processor.version.isEmpty {
        component.mention(Self.dates)
      }
    }
    draftComponents.append(report.append(component))
  }

  /// Ports that get a placeholder: those that nothing in the file leads to, as the source of what comes from outside, and those that are disabled.
  /// - Returns: the passages, in the order of their drafts.
  private mutating func placeholders(among routes: Routes) -> [Int] {
    let unfed = Set(routes.unfed)
    return routes.passages.indices.filter { number in
      let passage = routes.passages[number]
      let leadsOn = routes.leadsOn(.passage(number))
      let isSource = unfed.contains(number) && leadsOn && (passage.kind == .input || passage.kind == .remoteOutput)
      guard isSource || (passage.isDisabled && (leadsOn || !unfed.contains(number))) else { return false }
      let type = passage.kind == .input ? "INPUT_PORT" : passage.kind == .output ? "OUTPUT_PORT" : "REMOTE_OUTPUT_PORT"
      let name = addPlaceholder(type, number, named: passage.name, else: "port", isDisabled: passage.isDisabled)
      report.components[passageComponents[number]].mention(
        passage.isDisabled
          ? "it is disabled in NiFi, which lets nothing through: take out what it connects, or connect it without '\(name)'"
          : "what comes in here comes from outside of the file: put a source in the place of '\(name)'")
      return true
    }
  }

  /// - Returns: the draft's name.
  private mutating func addPlaceholder(_ type: String, _ passage: Int, named name: String, else usual: String, isDisabled: Bool = false) -> String {
    var draft = ProcessorDraft(name: names.take(name, else: usual), type: "Unsupported", group: "")
    draft.properties = [YAMLValue.Member("nifi_type", .text(type))]
    if isDisabled { draft.properties.append(YAMLValue.Member("nifi_state", .text(NiFiState.disabled.rawValue))) }
    drafts.append(draft)
    let component = passageComponents[passage]
    report.components[component].status = .placeholder
    draftComponents.append(component)
    return draft.name
  }

  // MARK: Connections

  private mutating func connect(_ routes: Routes, ports: [Int], firstPort: Int) throws(Diagnostic) {
    let started = Set(ports)
    let starts = (0..<firstPort).map(Routes.Place.processor) + ports.map(Routes.Place.passage)
    let ways = try routes.ways(from: starts)
    if routes.connections.contains(where: ConnectionConversion.isUnlimited) { report.mention(ConnectionConversion.unlimitedQueues) }
    for (number, place) in connectionComponents.enumerated() {
      let connection = routes.connections[number]
      ConnectionConversion.report(connection, isWhole: routes.sources[number] != nil && routes.destinations[number] != nil, &report.components[place])
      if case .processor = routes.sources[number], connection.relationships.allSatisfy(\.isEmpty) {
        report.components[place].status = .dropped
        report.components[place].mention("it is of no relationship")
      }
      if case .passage(let passage) = routes.sources[number], !started.contains(passage), !ConnectionConversion.queue(connection).isEmpty {
        report.components[place].differs("its queue has no counterpart: FlowFiles wait in that of the connection by which they left their processor")
      }
    }
    // Disabled ports, and remote ports that FlowFiles are sent to, which are placeholders too.
    var ends: [Int: String] = [:]
    for (place, passage) in ports.enumerated() where routes.passages[passage].isDisabled { ends[passage] = drafts[firstPort + place].name }
    for way in ways.joined() {
      guard case .passage(let number) = way.end, routes.passages[number].kind == .remoteInput, ends[number] == nil else { continue }
      let name = addPlaceholder("REMOTE_INPUT_PORT", number, named: routes.passages[number].name, else: "remote port")
      report.components[passageComponents[number]].mention("what goes out here goes to another NiFi: put a destination in the place of '\(name)'")
      ends[number] = name
    }
    for index in starts.indices { connect(index, ways[index], routes, ends: ends, isPort: index >= firstPort) }
  }

  private mutating func connect(_ index: Int, _ ways: [Routes.Way], _ routes: Routes, ends: [Int: String], isPort: Bool) {
    let mapping = isPort || drafts[index].type == "Unsupported" ? nil : TypeMapping.of(processors[index].type)
    let component = draftComponents[index]
    var outputs: [ProcessorDraft.Output] = []
    var places: [String: Int] = [:]
    var seen: [String: Set<String>] = [:]
    func add(_ relationship: String, _ destination: ProcessorDraft.Destination?) {
      let place = places[relationship] ?? outputs.count
      if place == outputs.count {
        outputs.append(ProcessorDraft.Output(relationship: relationship, destinations: []))
        places[relationship] = place
      }
      if let destination { outputs[place].destinations.append(destination) }
    }
    var loops: [String] = []
    for way in ways {
      // A connection that is of no relationship never carries anything; its own line of the report says so.
      if !isPort, way.relationship.isEmpty { continue }
      let relationship = isPort ? "success" : key(mapping?.relationship(way.relationship, of: processors[index]) ?? way.relationship, component)
      let queue = ConnectionConversion.queue(routes.connections[way.connection])
      var name = "drop"
      switch way.end {
      case .processor(let number) where number == index && !isPort:
        // A loop to itself is a retry here.
        loops.append(relationship)
        add(relationship, nil)
        continue
      case .processor(let number): name = drafts[number].name
      case .passage(let number):
        if let end = ends[number] { name = end } else { reportEnd(number, routes, component, relationship) }
      }
      if seen[relationship, default: []].insert(name).inserted {
        add(relationship, ProcessorDraft.Destination(name: name, queue: name == "drop" ? [] : queue))
      } else if name != "drop" {
        report.components[component].differs("'\(Quote.short(relationship))' leads to '\(name)' twice in NiFi, once here")
      }
    }
    if !isPort {
      let processor = processors[index]
      for relationship in processor.autoTerminated.map({ key(mapping?.relationship($0, of: processor) ?? $0, component) }) where places[relationship] == nil {
        add(relationship, ProcessorDraft.Destination(name: "drop"))
        if relationship == "failure" { report.components[component].mention("'failure' is auto-terminated: what fails is gone; `failure: errors` would keep it") }
      }
      if !loops.isEmpty { retry(index, loops, &outputs) }
    }
    // What leads on and also ends leads on.
    for place in outputs.indices where outputs[place].destinations.count > 1 { outputs[place].destinations.removeAll { $0.name == "drop" } }
    drafts[index].outputs = outputs
    if drafts[index].type == "Unsupported", !outputs.isEmpty {
      drafts[index].properties.append(YAMLValue.Member("relationships", .list(outputs.map { .text($0.relationship) })))
    }
  }

  /// A relationship as YAML can have it as a key.
  private mutating func key(_ relationship: String, _ component: Int) -> String {
    guard ProcessorConversion.isTooLong(relationship) else { return relationship }
    report.components[component].differs("the name of the relationship '\(Quote.short(relationship))' is longer than a flow file can have it, and is cut off")
    return ProcessorConversion.beginning(of: relationship)
  }

  /// NiFi tries such a relationship for ever.
  private mutating func retry(_ index: Int, _ loops: [String], _ outputs: inout [ProcessorDraft.Output]) {
    let component = draftComponents[index]
    let backoff = ProcessorConversion.duration(processors[index].penalty, else: "30s")
    var seen: Set<String> = []
    let unique = loops.filter { seen.insert($0).inserted }
    // By where they lead besides, in the order of the connections.
    var ways: [(elsewhere: String?, names: [String])] = []
    for place in outputs.indices where seen.contains(outputs[place].relationship) {
      let destinations = outputs[place].destinations.map { $0.name == "drop" ? "`drop`" : "'\($0.name)'" }
      let elsewhere = destinations.isEmpty ? nil : destinations.prefix(5).joined(separator: ", ") + (destinations.count > 5 ? ", …" : "")
      if destinations.isEmpty { outputs[place].destinations = [ProcessorDraft.Destination(name: "errors")] }
      if !ways.contains(where: { $0.elsewhere == elsewhere }) { ways.append((elsewhere, [])) }
      for way in ways.indices where ways[way].elsewhere == elsewhere { ways[way].names.append(outputs[place].relationship) }
    }
    if var known = drafts[index].retry {
      let listed = Set(known.relationships)
      known.relationships += unique.filter { !listed.contains($0) }
      drafts[index].retry = known
    } else {
      drafts[index].retry = ProcessorDraft.Retry(attempts: 1000, backoff: backoff, maximum: backoff, relationships: unique)
    }
    let attempts = drafts[index].retry?.attempts ?? 0
    for (elsewhere, relationships) in ways {
      let names = relationships.map { "'\(Quote.short($0))'" }.joined(separator: ", ")
      let lead = "\(names) lead\(relationships.count == 1 ? "s" : "") back to the processor itself"
      report.components[component].differs(
        elsewhere.map { "\(lead) and to \($0): NiFi tries for ever and sends a copy there each time, here `retry` tries \(attempts) times and then sends the FlowFile there" }
          ?? "\(lead): NiFi tries for ever, here `retry` tries \(attempts) times and then keeps the FlowFile in the error folder")
    }
  }

  private mutating func reportEnd(_ number: Int, _ routes: Routes, _ component: Int, _ relationship: String) {
    let passage = routes.passages[number]
    let place = passageComponents[number]
    report.components[place].status = .dropped
    let what = passage.kind == .funnel ? "a funnel" : "the port '\(Quote.short(passage.name))'"
    report.components[place].mention("nothing leads on from here in the file: what reaches it ends (`drop`); put a destination in its place")
    report.components[component].differs("'\(Quote.short(relationship))' leads to \(what), which leads nowhere in the file: here its FlowFiles end (`drop`)")
  }
}
