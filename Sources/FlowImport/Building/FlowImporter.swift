import FlowCore

/// Makes a flow file and a report of a NiFi flow. Pure: the same file gives the same text.
package struct FlowImporter {
  /// Finds the problems of a flow file's text.
  package typealias Validation = (_ yaml: [UInt8]) -> [Diagnostic]

  private let flow: NiFiFlow
  private var report = ImportReport()
  private var names = NameBook()
  private var processors: [NiFiProcessor] = []
  /// Of each processor.
  private var surroundings: [ProcessorConversion.Surroundings] = []
  /// The places of groups in the report.
  private var groupComponents: [Int] = []
  private var drafts: [ProcessorDraft] = []
  /// The place of each draft's component in the report.
  private var draftComponents: [Int] = []
  /// The places of connections in the report.
  private var connectionComponents: [Int] = []
  private var passageComponents: [Int] = []
  private var labels: [String] = []
  private var conversion: ProcessorConversion

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
    var services: [String: NiFiService] = [:]
    func add(_ group: NiFiGroup, _ variables: VariableReferences) {
      let variables = variables.with(group)
      for var service in group.services {
        service.properties = variables.resolved(service.properties)
        for id in [service.instance, service.id] where !id.isEmpty && services[id] == nil { services[id] = service }
      }
      for inner in group.groups { add(inner, variables) }
    }
    add(flow.root, VariableReferences())
    conversion = ProcessorConversion(services: services, parameters: ParameterBook(flow.contexts))
  }

  private mutating func imported(_ validate: Validation) throws(Diagnostic) -> ImportedFlow {
    let recognised = RecognisedFlow(flow)
    collect(flow.root, path: [], variables: VariableReferences(), isRoot: true)
    let routes = try Routes(flow)
    for index in processors.indices { convert(index) }
    let firstPort = drafts.count
    let ports = sources(among: routes)
    try connect(routes, ports: ports, firstPort: firstPort)
    scheduleSources(routes)
    reportRest()
    let order = DraftOrder.order(of: drafts)
    drafts = order.map { drafts[$0] }
    draftComponents = order.map { draftComponents[$0] }
    let (yaml, lines) = written(recognised)
    for problem in validate(Array(yaml.utf8)) { report.add(problem, lines: lines, components: draftComponents) }
    recognised?.note(in: &report)
    return ImportedFlow(name: flow.root.name, format: flow.format, yaml: yaml, components: report.components, general: report.general, recognised: recognised)
  }

  // MARK: Groups

  private mutating func collect(_ group: NiFiGroup, path: [String], variables: VariableReferences, isRoot: Bool) {
    let variables = variables.with(group)
    var component = ImportedComponent(id: group.id, name: group.name, type: "PROCESS_GROUP")
    if !path.isEmpty { component.mention("its processors have `group: \(path.joined(separator: " / "))`") }
    for setting in group.settings { component.differs("\(setting.name) is \(Quote.short(setting.value ?? "")), which has no counterpart") }
    groupComponents.append(report.append(component))
    for processor in group.processors {
      processors.append(processor)
      surroundings.append(ProcessorConversion.Surroundings(group: path.joined(separator: " / "), context: group.contextName, variables: variables))
    }
    for port in group.ports { append(port.id, port.name, port.isInput ? "INPUT_PORT" : "OUTPUT_PORT") }
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
    draftComponents.append(report.append(component))
  }

  /// Ports that nothing in the file leads to get a placeholder as the source of what comes from outside.
  /// - Returns: the passages, in the order of their drafts.
  private mutating func sources(among routes: Routes) -> [Int] {
    routes.unfed.filter { number in
      let passage = routes.passages[number]
      guard passage.kind == .input || passage.kind == .remoteOutput, routes.leadsOn(.passage(number)) else { return false }
      let type = passage.kind == .input ? "INPUT_PORT" : "REMOTE_OUTPUT_PORT"
      var draft = ProcessorDraft(name: names.take(passage.name, else: "port"), type: "Unsupported", group: "")
      draft.properties = [YAMLValue.Member("nifi_type", .text(type))]
      drafts.append(draft)
      let place = passageComponents[number]
      report.components[place].status = .placeholder
      report.components[place].mention("what comes in here comes from outside of the file: put a source in the place of '\(draft.name)'")
      draftComponents.append(place)
      return true
    }
  }

  // MARK: Connections

  private mutating func connect(_ routes: Routes, ports: [Int], firstPort: Int) throws(Diagnostic) {
    let starts = (0..<firstPort).map(Routes.Place.processor) + ports.map(Routes.Place.passage)
    let ways = try routes.ways(from: starts)
    for (number, place) in connectionComponents.enumerated() {
      let connection = routes.connections[number]
      ConnectionConversion.report(connection, isWhole: routes.sources[number] != nil && routes.destinations[number] != nil, &report.components[place])
      if case .processor = routes.sources[number], connection.relationships.allSatisfy(\.isEmpty) {
        report.components[place].status = .dropped
        report.components[place].mention("it is of no relationship")
      }
    }
    // Remote ports that FlowFiles are sent to are placeholders too.
    var remotes: [Int: String] = [:]
    for way in ways.joined() {
      guard case .passage(let number) = way.end, routes.passages[number].kind == .remoteInput, remotes[number] == nil else { continue }
      var draft = ProcessorDraft(name: names.take(routes.passages[number].name, else: "remote port"), type: "Unsupported", group: "")
      draft.properties = [YAMLValue.Member("nifi_type", .text("REMOTE_INPUT_PORT"))]
      drafts.append(draft)
      report.components[passageComponents[number]].status = .placeholder
      report.components[passageComponents[number]].mention("what goes out here goes to another NiFi: put a destination in the place of '\(draft.name)'")
      draftComponents.append(passageComponents[number])
      remotes[number] = draft.name
    }
    for index in starts.indices { connect(index, ways[index], routes, remotes: remotes, isPort: index >= firstPort) }
  }

  private mutating func connect(_ index: Int, _ ways: [Routes.Way], _ routes: Routes, remotes: [Int: String], isPort: Bool) {
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
      let relationship = isPort ? "success" : mapping?.relationship(way.relationship, of: processors[index]) ?? way.relationship
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
        if let remote = remotes[number] { name = remote } else { reportEnd(number, routes, component, relationship) }
      }
      if seen[relationship, default: []].insert(name).inserted {
        add(relationship, ProcessorDraft.Destination(name: name, queue: name == "drop" ? [] : queue))
      } else if name != "drop" {
        report.components[component].differs("'\(Quote.short(relationship))' leads to '\(name)' twice in NiFi, once here")
      }
    }
    if !isPort {
      let processor = processors[index]
      for relationship in processor.autoTerminated.map({ mapping?.relationship($0, of: processor) ?? $0 }) where places[relationship] == nil {
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

  /// NiFi tries such a relationship for ever.
  private mutating func retry(_ index: Int, _ loops: [String], _ outputs: inout [ProcessorDraft.Output]) {
    let component = draftComponents[index]
    let backoff = ProcessorConversion.duration(processors[index].penalty, else: "30s")
    let looping = Set(loops)
    for place in outputs.indices where looping.contains(outputs[place].relationship) && outputs[place].destinations.isEmpty {
      outputs[place].destinations = [ProcessorDraft.Destination(name: "errors")]
    }
    var seen: Set<String> = []
    let unique = loops.filter { seen.insert($0).inserted }
    if var known = drafts[index].retry {
      let listed = Set(known.relationships)
      known.relationships += unique.filter { !listed.contains($0) }
      drafts[index].retry = known
    } else {
      drafts[index].retry = ProcessorDraft.Retry(attempts: 1000, backoff: backoff, maximum: backoff, relationships: unique)
    }
    let names = unique.map { "'\(Quote.short($0))'" }.joined(separator: ", ")
    report.components[component].differs(
      "\(names) leads back to the processor itself: NiFi tries for ever, here `retry` tries \(drafts[index].retry?.attempts ?? 0) times and then keeps the FlowFile in the error folder")
  }

  private mutating func reportEnd(_ number: Int, _ routes: Routes, _ component: Int, _ relationship: String) {
    let passage = routes.passages[number]
    let place = passageComponents[number]
    report.components[place].status = .dropped
    let what = passage.kind == .funnel ? "a funnel" : "the port '\(Quote.short(passage.name))'"
    report.components[place].mention("nothing leads on from here in the file: what reaches it ends (`drop`); put a destination in its place")
    report.components[component].differs("'\(Quote.short(relationship))' leads to \(what), which leads nowhere in the file: here its FlowFiles end (`drop`)")
  }

  // MARK: The rest

  private mutating func scheduleSources(_ routes: Routes) {
    let fed = Set(zip(routes.sources, routes.destinations).compactMap { $0 == $1 ? nil : $1 })
    var schedules: Set<String> = []
    for (index, processor) in processors.enumerated() {
      let component = draftComponents[index]
      if SourceSchedule.isContinuous(strategy: processor.strategy, period: processor.period) { continue }
      let period = "\(processor.strategy == "CRON_DRIVEN" ? "cron " : "every ")\(Quote.short(processor.period))"
      guard !fed.contains(.processor(index)) else {
        report.components[component].differs("NiFi triggers it \(period); here it is triggered when a FlowFile comes (ControlRate makes FlowFiles wait)")
        continue
      }
      let isQuartz = if case .template = flow.format { true } else { false }
      let schedule = SourceSchedule(strategy: processor.strategy, period: processor.period, isQuartz: isQuartz)
      drafts[index].schedule = schedule.yaml
      if let yaml = schedule.yaml { schedules.insert(yaml) }
      switch schedule {
      case .every, .cron(_, hasClock: false):
        report.components[component].mention("NiFi triggers it \(period); `schedule` has it run under flowrun serve")
      case .cron:
        report.components[component].differs("NiFi triggers it \(period), by the clock of its machine; `schedule` has it run under flowrun serve by UTC: set `zone` to the machine's")
      case .unsayable(let reason):
        report.components[component].differs("NiFi triggers it \(period), which `schedule` cannot say (\(reason)); flowrun FLOW runs it once")
      }
    }
    if schedules.count > 1 { report.general.append("the sources have several schedules: a run that one of them makes due triggers all sources; make a flow of each if that is not meant") }
  }

  private mutating func reportRest() {
    for (group, place) in zip(flow.groups, groupComponents) {
      let (used, unused) = group.variables.reduce(into: ([String](), [String]())) { names, variable in
        let isUsed = conversion.parameters.uses(variable, of: group.id)
        let name = "'\(Quote.short(variable.name))'"
        if isUsed { names.0.append(name) } else { names.1.append(name) }
      }
      if !used.isEmpty { report.components[place].mention("its variables \(used.joined(separator: ", ")) are parameters") }
      if !unused.isEmpty { report.components[place].mention("no processor that was converted reads its variables \(unused.joined(separator: ", "))") }
    }
    for service in flow.groups.flatMap(\.services) {
      var component = ImportedComponent(id: service.id, name: service.name, type: service.type)
      let users = conversion.converted[service.instance] ?? []
      if !users.isEmpty {
        let database = conversion.databases.first { $0.pool.instance == service.instance }
        component.mention("it became \(database.map { "the service `\($0.name)`" } ?? "properties") of \(users.prefix(5).joined(separator: ", "))\(users.count > 5 ? " and others" : "")")
        for note in conversion.incomplete[service.instance] ?? [] { component.differs(note) }
      } else {
        component.status = .dropped
        component.mention("no processor that was converted uses it")
      }
      report.append(component)
    }
    for context in flow.contexts {
      let isUsed = conversion.parameters.usedContexts.contains(context.name)
      report.append(
        ImportedComponent(
          id: context.id, name: context.name, type: "PARAMETER_CONTEXT", status: isUsed ? .converted : .dropped,
          notes: [isUsed ? "the parameters that processors use are under `parameters`" : "no processor that was converted refers to its parameters"]))
    }
    for other in flow.others { report.append(ImportedComponent(id: other.id, name: other.name, type: other.type, status: .dropped, notes: [other.reason])) }
    for (name, pool) in conversion.databases { declareDatabase(name, pool) }
  }

  private mutating func declareDatabase(_ name: String, _ pool: NiFiService) {
    let address = ServiceMapping.database(pool)
    let parameter = conversion.parameters.declare(name, value: address, help: "Path of a database file, or a PostgreSQL URI without a password (PGPASSWORD has it).", isSensitive: false)
    databases.append((name, parameter))
    let place = report.components.firstIndex { $0.id == pool.id && $0.type == pool.type }
    guard let place else { return }
    if address == nil {
      report.components[place].differs(
        "its address (\(Quote.short(ServiceMapping.value(pool, "Database Connection URL") ?? "none in the file"))) is not of a database that flowrun knows: give the parameter `\(parameter)`")
    } else {
      report.components[place].mention("its address is the parameter `\(parameter)`; a password comes from PGPASSWORD or .pgpass")
    }
  }

  /// The services, and the parameters that they are opened with.
  private var databases: [(name: String, parameter: String)] = []

  // MARK: Writing

  /// The text, and the lines of each draft, from 1.
  private func written(_ recognised: RecognisedFlow?) -> (String, [ClosedRange<Int>]) {
    var yaml = YAMLText()
    let counts = ImportReport.counts(report.components)
    yaml.line("# Made by flowrun import from \(flow.format.words). Types and properties are explained by flowrun processors TYPE.")
    if counts.placeholder > 0 { yaml.line("# Placeholders (type Unsupported): \(counts.placeholder). They pass nothing on; validate names each until it is replaced.") }
    if recognised != nil { yaml.line("# flowrun has this pipeline: Flows/fitbit.yaml.") }
    for label in labels { yaml.comment(label) }
    yaml.line("flow: \(YAMLText.scalar(NameBook.plain(flow.root.name, else: "imported")))")
    let summary = Quote.line(flow.root.comments.split(whereSeparator: \.isNewline).first.map(String.init) ?? "")
    if !summary.isEmpty { yaml.member("summary", .text(ProcessorConversion.withoutReferences(summary)), indent: 0) }
    let parameters = conversion.parameters.declarations
    if !parameters.isEmpty {
      yaml.line("parameters:")
      for parameter in parameters { yaml.member(parameter.name, .map(Self.members(parameter)), indent: 2) }
    }
    if !databases.isEmpty { yaml.line("services:") }
    for (name, parameter) in databases {
      yaml.member(name, .map([YAMLValue.Member("type", .text("Database")), YAMLValue.Member("path", .text("#{\(parameter)}"))]), indent: 2)
    }
    guard !drafts.isEmpty else {
      yaml.line("processors: []")
      return (yaml.text, [])
    }
    yaml.line("processors:")
    var lines: [ClosedRange<Int>] = []
    for draft in drafts {
      let first = yaml.lines.count + 1
      draft.write(to: &yaml)
      lines.append(first...yaml.lines.count)
    }
    return (yaml.text, lines)
  }

  private static func members(_ parameter: ParameterBook.Declaration) -> [YAMLValue.Member] {
    var members: [YAMLValue.Member] = []
    if let environment = parameter.environment { members.append(YAMLValue.Member("environment", .text(environment))) }
    if let value = parameter.value { members.append(YAMLValue.Member("default", .text(value))) }
    if parameter.isSensitive { members.append(YAMLValue.Member("sensitive", .text("true"))) }
    let help = Quote.line(parameter.help)
    if !help.isEmpty { members.append(YAMLValue.Member("help", .text(help))) }
    return members
  }
}
