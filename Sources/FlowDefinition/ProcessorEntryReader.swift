import FlowCore

/// Reads one element of the list `processors`.
struct ProcessorEntryReader {
  static let keys = ["name", "type", "group", "properties", "to", "concurrency", "retry", "schedule"]
  static let retryKeys = ["attempts", "backoff", "max_backoff", "on"]
  static let concurrencyRange = 1...64

  let subject: String
  private let node: ConfigurationNode
  private let problems: ProblemList
  private let name: String?
  private let number: Int

  init(_ node: ConfigurationNode, number: Int, problems: ProblemList) {
    self.node = node
    self.number = number
    self.problems = problems
    var texts: [String: String] = [:]
    if case .map(let pairs) = node.value {
      for pair in pairs {
        if case .scalar(let text) = pair.value.value, !pair.value.isSensitive { texts[pair.key.text] = text }
      }
    }
    name = texts["name"]
    subject = name.map { "\(texts["type"] ?? "processor") '\($0)'" } ?? "processor \(number)"
  }

  /// nil if it is not a map.
  func entry() -> ProcessorEntry? {
    if case .empty = node.value {
      problems.report(.wrongShape(nil, node, expected: shape), at: node.position, subject: subject)
      return nil
    }
    guard let section = Section(node, keys: ProcessorEntryReader.keys, subject: subject, problems: problems) else {
      return nil
    }
    checkName(section)
    var entry = ProcessorEntry(
      name: name ?? "", position: section["name"]?.position ?? node.position, type: section["type"],
      properties: section["properties"]
        ?? ConfigurationNode(.empty, position: section["name"]?.position ?? node.position),
      subject: subject)
    entry.misspelt = section.misspelt
    entry.group = section.value("group", .text) ?? ""
    entry.concurrency = section.value("concurrency", .integer(ProcessorEntryReader.concurrencyRange))
    entry.concurrencyPosition = section["concurrency"]?.position
    entry.outputs = outputs(section)
    entry.retry = section["retry"].flatMap(retry)
    entry.schedule = section["schedule"].flatMap { ScheduleReader(problems: problems, subject: subject).sourceSchedule($0) }
    entry.schedulePosition = section["schedule"]?.position
    return entry
  }

  private var shape: String { "a map with " + ProcessorEntryReader.keys.joined(separator: ", ") }

  private func checkName(_ section: Section) {
    guard let node = section["name"] else {
      if section.misspelt.contains("name") { return }
      section.report(.missingKey("name", expected: "the processor's name"), at: self.node.position)
      return
    }
    guard !node.isUnresolved, section.isText(node, "name") else { return }
    if let secret = node.firstSensitive {
      section.report(.sensitiveValue("name"), at: secret.position)
    } else if let finding = NameRules.finding(about: name ?? "", of: "processor") {
      section.report(finding, at: node.position)
    }
  }

  // MARK: to

  /// nil if unknown, after a report.
  private func outputs(_ section: Section) -> [ProcessorEntry.Output]? {
    guard let to = section["to"] else { return [] }
    guard case .map(let pairs) = to.value else {
      section.report(.wrongShape("to", to, expected: "a map from relationships to processors"), at: to.position)
      return nil
    }
    return pairs.map { pair in
      ProcessorEntry.Output(relationship: pair.key, destinations: destinations(pair.value, of: pair.key))
    }
  }

  private func destinations(_ node: ConfigurationNode, of relationship: ConfigurationNode.Key) -> [ProcessorEntry
    .Destination]
  {
    let elements: [ConfigurationNode]
    if case .list(let nodes) = node.value { elements = nodes } else { elements = [node] }
    let found = elements.flatMap { destination($0, of: relationship) }
    var seen: Set<String> = []
    for destination in found where !seen.insert(destination.name).inserted {
      problems.report(
        .destinationTwice(destination.name, relationship.text), at: destination.position, subject: subject)
    }
    if elements.isEmpty { reportNoDestination(node, relationship) }
    return found
  }

  private func destination(_ node: ConfigurationNode, of relationship: ConfigurationNode.Key) -> [ProcessorEntry
    .Destination]
  {
    switch node.value {
    case .scalar(let name):
      if node.isUnresolved { return [] }
      if let secret = node.firstSensitive {
        problems.report(.sensitiveValue("to.\(relationship.text)"), at: secret.position, subject: subject)
        return []
      }
      return [ProcessorEntry.Destination(name: name, position: node.position)]
    case .map: return destinationsWithQueue(node, of: relationship)
    case .empty, .list:
      reportNoDestination(node, relationship)
      return []
    }
  }

  private func destinationsWithQueue(
    _ node: ConfigurationNode, of relationship: ConfigurationNode.Key
  ) -> [ProcessorEntry.Destination] {
    let name = "to.\(relationship.text)"
    guard let section = Section(node, keys: ["then", "queue"], subject: subject, problems: problems, name: name) else {
      return []
    }
    guard let then = section["then"] else {
      if section.misspelt.contains("then") { return [] }
      section.report(
        .missingKey("then", in: name, expected: "a processor's name, a list of names, errors, defer or drop"),
        at: node.position)
      return []
    }
    let names: [ConfigurationNode]
    if case .list(let nodes) = then.value { names = nodes } else { names = [then] }
    let queue = section["queue"]
    return names.flatMap { element -> [ProcessorEntry.Destination] in
      guard case .scalar = element.value else {
        reportNoDestination(element, relationship)
        return []
      }
      return destination(element, of: relationship).map { destination in
        var destination = destination
        destination.queuePosition = queue?.position
        // Missing members take the flow's default limits, which are only known once the whole file is read.
        destination.queue = queue.map {
          QueueReader(problems: problems, subject: subject).limits($0, defaults: QueueReader.unset)
        }
        return destination
      }
    }
  }

  private func reportNoDestination(_ node: ConfigurationNode, _ relationship: ConfigurationNode.Key) {
    problems.report(
      .wrongShape(
        "to.\(relationship.text)", node, expected: "a processor's name, a list of names, errors, defer or drop"),
      at: node.position, subject: subject)
  }

  // MARK: retry

  private func retry(_ node: ConfigurationNode) -> ProcessorEntry.Retry? {
    guard
      let section = Section(
        node, keys: ProcessorEntryReader.retryKeys, subject: subject, problems: problems, name: "retry")
    else { return nil }
    if section["attempts"] == nil && !section.misspelt.contains("attempts") {
      section.report(.missingKey("attempts", in: "retry", expected: "the total number of attempts"), at: node.position)
    }
    let attempts = section.value("attempts", .integer(1...1000))
    let backoff = section.value("backoff", .duration) ?? .seconds(1)
    let maximum = section.value("max_backoff", .duration) ?? max(.seconds(600), backoff)
    if maximum < backoff, let position = section["max_backoff"]?.position {
      section.report(.backoffAboveMaximum(backoff, maximum), at: position)
    }
    let relationships =
      section["on"].map { names(in: $0, section) }
      ?? [ConfigurationNode.Key(text: Relationship.failureName, position: node.position)]
    return ProcessorEntry.Retry(
      rule: RetryRule(
        attempts: attempts ?? 1, backoff: backoff, maximumBackoff: maximum, relationships: relationships.map(\.text)),
      relationships: relationships)
  }

  private func names(in node: ConfigurationNode, _ section: Section) -> [ConfigurationNode.Key] {
    let elements: [ConfigurationNode]
    if case .list(let nodes) = node.value { elements = nodes } else { elements = [node] }
    return elements.compactMap { element in
      guard case .scalar(let text) = element.value else {
        section.report(
          .wrongShape("retry.on", element, expected: "a relationship's name, or a list of them"), at: element.position)
        return nil
      }
      return element.isUnresolved ? nil : ConfigurationNode.Key(text: text, position: element.position)
    }
  }
}
