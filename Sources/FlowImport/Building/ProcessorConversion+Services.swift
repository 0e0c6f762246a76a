/// Services that become properties, or the databases of the flow.
extension ProcessorConversion {
  /// The number of the service that a property names; nil: it is not known which, and the component's notes say why.
  private func service(_ id: String, _ property: NiFiProperty, _ group: Int, _ component: inout ImportedComponent) -> Int? {
    let name = Quote.short(property.name)
    switch services.find(id, from: group) {
    case .service(let number): return number
    case .several: component.refuse("'\(name)' may be several services of the file, which have the same identifier")
    case .elsewhere: component.refuse("'\(name)' is a service of a group that the processor is not in")
    case .absent: component.refuse("'\(name)' is a service that is not in the file")
    }
    return nil
  }

  mutating func record(
    _ id: String, _ property: NiFiProperty, _ known: PropertyMapping, group: Int, add: (String, YAMLValue) -> Void, component: inout ImportedComponent
  ) -> Bool {
    let isReader = if case .reader = known.target { true } else { false }
    guard let number = service(id, property, group, &component) else { return false }
    let service = services.services[number]
    guard let settings = isReader ? ServiceMapping.reader(service) : ServiceMapping.writer(service) else {
      component.refuse("'\(Quote.short(property.name))' is \(Quote.short(service.type)); flowrun reads and writes JSON and CSV")
      return false
    }
    for setting in settings.properties { add(setting.name, .text(setting.value)) }
    for difference in settings.differences {
      // A property that flowrun does not have: what is read or written would be something else.
      if let property = difference.property { add(property, .text(Self.withoutReferences(difference.value))) }
      component.differs(difference.note)
    }
    converted[number, default: []].append(component.name)
    incomplete[number] = settings.differences.map(\.note)
    return true
  }

  mutating func database(_ id: String, _ property: NiFiProperty, group: Int, add: (String, YAMLValue) -> Void, component: inout ImportedComponent) -> Bool {
    guard let number = service(id, property, group, &component) else { return false }
    let service = services.services[number]
    guard ServiceMapping.isPool(service) else {
      component.refuse("'\(Quote.short(property.name))' is \(Quote.short(service.type)), which flowrun does not know as a database")
      return false
    }
    let name = databaseNames[number] ?? (databases.isEmpty ? "database" : "database_\(databases.count + 1)")
    if databaseNames.updateValue(name, forKey: number) == nil { databases.append((name, number)) }
    add("database", .text(name))
    converted[number, default: []].append(component.name)
    return true
  }
}
