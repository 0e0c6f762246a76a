import FlowCore

/// What is said and written about the flow beside its processors: schedules, services, parameters.
extension FlowImporter {
  mutating func scheduleSources(_ routes: Routes) {
    let fed = Set(zip(routes.sources, routes.destinations).compactMap { $0 == $1 ? nil : $1 })
    var schedules: Set<String> = []
    for (index, processor) in processors.enumerated() {
      let component = draftComponents[index]
      if SourceSchedule.isContinuous(strategy: processor.strategy, period: processor.period) {
        if !fed.contains(.processor(index)), drafts[index].type != "Unsupported" {
          schedules.insert("")
          report.components[component].mention("NiFi triggers it all the time; here each run triggers it once: `schedule` has it run again under flowrun serve")
        }
        continue
      }
      let period = "\(processor.strategy == "CRON_DRIVEN" ? "cron " : "every ")\(Quote.short(processor.period))"
      // What is disabled must not run because somebody put something in its place.
      if processor.state == .disabled {
        report.components[component].mention("NiFi would trigger it \(period)")
        continue
      }
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
    if schedules.count > 1 { report.mention("the sources have several schedules: a run that one of them makes due triggers all sources; make a flow of each if that is not meant") }
  }

  mutating func reportRest() {
    for (group, place) in zip(groups, groupComponents) {
      let (used, unused) = group.variables.reduce(into: ([String](), [String]())) { names, variable in
        let isUsed = conversion.parameters.uses(variable, of: group.id)
        let name = "'\(Quote.short(variable.name))'"
        if isUsed { names.0.append(name) } else { names.1.append(name) }
      }
      if !used.isEmpty { report.components[place].mention("its variables \(used.joined(separator: ", ")) are parameters") }
      if !unused.isEmpty { report.components[place].mention("no processor that was converted reads its variables \(unused.joined(separator: ", "))") }
    }
    var serviceComponents: [Int] = []
    for (number, service) in conversion.services.services.enumerated() {
      var component = ImportedComponent(id: service.id, name: service.name, type: service.type)
      if let users = conversion.converted[number] {
        let what = conversion.databaseNames[number].map { "the service `\($0)`" } ?? "properties"
        component.mention("it became \(what) of \(users.prefix(5).joined(separator: ", "))\(users.count > 5 ? " and others" : "")")
        for note in conversion.incomplete[number] ?? [] { component.differs(note) }
      } else {
        component.status = .dropped
        let reasons = conversion.unneeded[number] ?? ["no processor that was converted uses it"]
        for reason in reasons { component.mention(reason) }
      }
      serviceComponents.append(report.append(component))
    }
    for context in flow.contexts {
      let isUsed = conversion.parameters.usedContexts.contains(context.name)
      report.append(
        ImportedComponent(
          id: context.id, name: context.name, type: "PARAMETER_CONTEXT", status: isUsed ? .converted : .dropped,
          notes: [isUsed ? "the parameters that processors use are under `parameters`" : "no processor that was converted refers to its parameters"]))
    }
    for other in flow.others { report.append(ImportedComponent(id: other.id, name: other.name, type: other.type, status: .dropped, notes: [other.reason])) }
    for (name, pool) in conversion.databases { declareDatabase(name, conversion.services.services[pool], at: serviceComponents[pool]) }
  }

  /// - Parameter place: of the pool in the report.
  private mutating func declareDatabase(_ name: String, _ pool: NiFiService, at place: Int) {
    let (address, notes) = ServiceMapping.database(pool)
    let parameter = conversion.parameters.declare(name, value: address, help: "Path of a database file, or a PostgreSQL URI without a password (PGPASSWORD has it).", isSensitive: false)
    databases.append((name, parameter))
    for note in notes { report.components[place].differs(note) }
    if address == nil {
      // Of an unknown address only the beginning is known to be no secret.
      let found = ServiceMapping.address(pool).map(Secrets.scheme) ?? "none in the file"
      report.components[place].differs("its address (\(found)) is not of a database that flowrun knows: give the parameter `\(parameter)`")
    } else {
      report.components[place].mention("its address is the parameter `\(parameter)`; a password comes from PGPASSWORD or .pgpass")
    }
  }
}
