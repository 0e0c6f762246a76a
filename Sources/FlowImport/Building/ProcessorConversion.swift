import FlowCore
import FlowExpression

/// Converts one processor: type, properties, settings; connections come afterwards.
struct ProcessorConversion {
  let services: ServiceBook
  /// The databases of the flow, once a processor needs them: the name of the service, and the number of the pool that it stands for.
  var databases: [(name: String, pool: Int)] = []
  var databaseNames: [Int: String] = [:]
  /// What became of services, by number.
  var converted: [Int: [String]] = [:]
  var incomplete: [Int: [String]] = [:]
  /// Of services that processors name and need no more: who, and why.
  var unneeded: [Int: [String]] = [:]
  var parameters: ParameterBook
  /// Bytes of expressions that are still checked.
  private var expressionRoom = ImportLimits.expressionBytes
  /// Whether the file tells which processors run, and some do.
  private let isAmongRunning: Bool

  /// What a processor sees of its group.
  struct Surroundings {
    /// The names of the groups around it.
    var group: String
    /// The number of its group in `NiFiFlow.groups`.
    var number = 0
    /// Name of the parameter context.
    var context: String?
    var variables = VariableReferences()
  }

  init(services: ServiceBook, parameters: ParameterBook, isAmongRunning: Bool) {
    self.services = services
    self.isAmongRunning = isAmongRunning
    self.parameters = parameters
  }

  /// The draft of a processor; what is to be said goes into the component.
  mutating func draft(
    _ processor: NiFiProcessor, name: String, in surroundings: Surroundings, component: inout ImportedComponent
  ) -> ProcessorDraft {
    var draft = ProcessorDraft(name: name, type: "Unsupported", group: surroundings.group)
    if !processor.comments.isEmpty { draft.comments.append(processor.comments) }
    var attempt = component
    if processor.state == .disabled {
      // It may delete files: that it is disabled must not get lost.
      component.mention("it is disabled in NiFi, which never runs it: delete it here, or put a processor of flowrun's in its place")
    } else if let mapping = TypeMapping.of(processor.type) {
      if let properties = properties(processor, mapping, in: surroundings, component: &attempt) {
        component = attempt
        draft.type = mapping.type
        draft.properties = properties
        for note in mapping.notes { component.mention(note) }
        for difference in mapping.differences { component.differs(difference) }
        compare(processor, mapping, properties, in: surroundings, component: &component)
      } else {
        component.takeOver(attempt)
      }
    } else {
      component.mention(processor.type.isEmpty ? "the file does not say of which type it is" : "flowrun has no processor for \(Quote.short(processor.type))")
    }
    if draft.type == "Unsupported" {
      component.status = .placeholder
      draft.properties = placeholder(processor, in: surroundings, component: &component)
    }
    if name != processor.name { component.mention("it is called '\(name)' here: names are unique in a flow file and are names of folders") }
    settings(processor, &draft, &component)
    return draft
  }

  // MARK: Properties

  /// nil: the processor must be a placeholder; the reasons are in the component's notes.
  private mutating func properties(
    _ processor: NiFiProcessor, _ mapping: TypeMapping, in surroundings: Surroundings, component: inout ImportedComponent
  ) -> [YAMLValue.Member]? {
    let context = surroundings.context
    if processor.annotation != nil {
      component.refuse("it has a configuration beside its properties (advanced rules), which flowrun has not: without it the flow would do something else")
      return nil
    }
    var members: [YAMLValue.Member] = []
    var prefixes: [(name: String, text: String)] = []
    var dynamic: [YAMLValue.Member] = []
    var secrets: [(property: NiFiProperty, name: String, isAdded: Bool)] = []
    var isSupported = true
    func add(_ name: String, _ value: YAMLValue) {
      if let place = members.firstIndex(where: { $0.name == name }) { members[place].value = value } else { members.append(YAMLValue.Member(name, value)) }
    }
    for property in processor.properties {
      let known = mapping.property(property.name)
      let property = Self.sealed(property, of: processor)
      if Self.isTooLong(property.name) {
        component.refuse("the name '\(Quote.short(property.name))' is longer than a flow file can have it")
        isSupported = false
        continue
      }
      if property.isSensitive {
        let isAdded = known == nil && mapping.dynamic != nil && Self.isAdded(property)
        guard let name = secretName(property, known, processor, mapping, isAdded: isAdded, component: &component) else { continue }
        secrets.append((property, name, isAdded))
        // Its place; a placeholder must not leave parameters behind that somebody has to give.
        if isAdded { dynamic.append(YAMLValue.Member(name, .text(""))) } else { add(name, .text("")) }
        continue
      }
      guard var text = property.value else { continue }
      if case .anything? = known?.target { continue }
      if Secrets.redacted(text) != nil {
        component.refuse(Self.leftOut(Quote.short(property.name)))
        isSupported = false
        continue
      }
      var missing: [String] = []
      text = parameters.rewritten(text, context: context, missing: &missing)
      for name in missing { component.differs("'\(Quote.short(property.name))' refers to the parameter '\(Quote.short(name))', which the group's context does not have") }
      text = withVariables(text, property.name, known?.rule ?? mapping.dynamic?.rule, surroundings.variables, &component)
      if let known, case .prefix(let name, let rule) = known.target {
        checkExpression(text, property.name, rule, &component)
        prefixes.append((name, text))
      } else if let known {
        guard convert(text, property, known, group: surroundings.number, add: add, component: &component) else {
          isSupported = false
          continue
        }
      } else if let map = mapping.dynamic, Self.isAdded(property) {
        let name = map.namesRelationships ? mapping.relationship(property.name, of: processor) : property.name
        if name != property.name { component.differs(TypeMapping.renamed(property.name, name)) }
        switch ValueConversion.value(text, map.rule) {
        case .value(let value): dynamic.append(YAMLValue.Member(name, value))
        case .unsuitable(let value, let reason):
          dynamic.append(YAMLValue.Member(name, value))
          component.differs("'\(Quote.short(property.name))': \(reason)")
        case .placeholder(let reason):
          component.refuse("'\(Quote.short(property.name))' has \(reason)")
          isSupported = false
        }
        checkExpression(text, property.name, map.rule, &component)
      } else {
        add(Self.unknown(property), .text(text))
        component.differs("'\(Quote.short(property.name))' is a property that flowrun does not know: validate names it")
      }
    }
    guard isSupported else { return nil }
    for (property, name, isAdded) in secrets {
      let value = YAMLValue.text(secret(property, of: processor, as: name, context: context, component: &component))
      if isAdded { dynamic.append(YAMLValue.Member(name, value)) } else { add(name, value) }
    }
    for prefix in prefixes {
      let rest = if case .text(let text)? = members.first(where: { $0.name == prefix.name })?.value { text } else { "" }
      add(prefix.name, .text(prefix.text + rest))
    }
    for known in mapping.properties where known.usual != known.ours {
      guard case .value(let name, let rule) = known.target, let usual = known.usual else { continue }
      if !processor.properties.contains(where: { known.names.contains($0.name) && $0.value != nil }), case .value(let value) = ValueConversion.value(usual, rule) {
        add(name, value)
      }
    }
    for constant in mapping.constants { add(constant.name, constant.value) }
    if let map = mapping.dynamic, !dynamic.isEmpty { members.append(YAMLValue.Member(map.property, .map(dynamic.uniqued))) }
    if mapping.nifi == "MergeContent" { MergeDelimiters.adjust(&members) }
    RecordForms.adjust(&members)
    // Elsewhere a FlowFile waits where `retry` says so.
    if mapping.nifi == "RetryFlowFile", Self.duration(processor.penalty, else: "30s") != "30s" {
      members.append(YAMLValue.Member("penalty_duration", .text(Self.duration(processor.penalty, else: "30s"))))
    }
    return members
  }

  /// A text whose references to variables are references to parameters.
  private mutating func withVariables(
    _ text: String, _ property: String, _ rule: ValueRule?, _ variables: VariableReferences, _ component: inout ImportedComponent
  ) -> String {
    switch rule {
    case .expression: return variables.rewritten(text) { parameters.name(ofVariable: $0, $1) }
    case .environment:
      return variables.resolved(text) { name, variable in
        let parameter = parameters.name(ofVariable: name, variable)
        if variable == nil { component.differs("'\(Quote.short(property))' reads the variable '\(Quote.short(name))', which is not in the file: give the parameter `\(parameter)`") }
        return parameter
      }
    default: return text
    }
  }

  /// - Returns: false if the processor must be a placeholder.
  private mutating func convert(
    _ text: String, _ property: NiFiProperty, _ known: PropertyMapping, group: Int, add: (String, YAMLValue) -> Void, component: inout ImportedComponent
  ) -> Bool {
    let shown = Quote.short(property.name)
    switch known.target {
    case .value(let name, let rule):
      if text == known.ours || (text.isEmpty && rule != .expression) { return true }
      checkExpression(text, property.name, rule, &component)
      switch ValueConversion.value(text, rule) {
      case .value(let value):
        // Another spelling of the default.
        if let ours = known.ours, ValueConversion.value(ours, rule) == .value(value) { return true }
        add(name, value)
      case .unsuitable(let value, let reason):
        add(name, value)
        component.differs("'\(shown)': \(reason)")
      case .placeholder(let reason):
        component.refuse("'\(shown)' has \(reason)")
        return false
      }
    case .only(let values, let reason):
      if text.isEmpty || values.contains(where: { $0.lowercased() == text.lowercased() }) { return true }
      add(known.nameHere, .text(text))
      component.differs("'\(shown)' is '\(Quote.short(text))', and flowrun has no such property: \(reason)")
    case .anything, .prefix: break
    case .reader, .writer: return record(text, property, known, group: group, add: add, component: &component)
    case .database: return database(text, property, group: group, add: add, component: &component)
    }
    return true
  }

  // MARK: Expressions

  /// Names what the Expression Language here does not know.
  mutating func checkExpression(_ text: String, _ property: String, _ rule: ValueRule, _ component: inout ImportedComponent) {
    guard rule == .expression, text.contains("${"), text.utf8.count <= expressionRoom else { return }
    expressionRoom -= text.utf8.count
    do throws(ExpressionProblem) {
      _ = try Expression(text, parameters: parameters.expressionParameters, references: .insideExpressions)
    } catch {
      component.differs("'\(Quote.short(property))': the expression has \(Quote.short(error.found)); expected \(Quote.short(error.expected))")
    }
  }

  // MARK: Settings

  private func settings(_ processor: NiFiProcessor, _ draft: inout ProcessorDraft, _ component: inout ImportedComponent) {
    if draft.type != "Unsupported", TypeMapping.of(processor.type)?.isSerial == true {
      if processor.concurrency > 1 { component.mention("\(processor.concurrency) concurrent tasks; here it runs one at a time") }
    } else if processor.concurrency > 1 {
      draft.concurrency = min(processor.concurrency, 64)
      if processor.concurrency > 64 { component.differs("\(processor.concurrency) concurrent tasks; flowrun allows 64") }
    }
    if processor.state == .stopped, isAmongRunning { component.differs("it is stopped in NiFi, while others run; here it runs with them") }
    if processor.onPrimaryNode { component.mention("it runs on the primary node only; a run of flowrun is one process") }
    if !["", "WARN", "WARNING"].contains(processor.bulletinLevel.uppercased()) {
      component.mention("its bulletin level of \(Quote.short(processor.bulletinLevel)) has no counterpart: bulletins are warnings and errors")
    }
    if processor.runMilliseconds != 0 { component.mention("its run duration of \(processor.runMilliseconds) ms has no counterpart: it is about speed only") }
    if !processor.retried.isEmpty {
      let relationships = processor.retried.map { TypeMapping.of(processor.type)?.relationship($0, of: processor) ?? $0 }
      let backoff = processor.retryYields ? processor.yield : processor.penalty
      draft.retry = ProcessorDraft.Retry(
        attempts: min(max(processor.retryCount, 0), 999) + 1, backoff: Self.duration(backoff, else: "30s"),
        maximum: Self.duration(processor.maximumBackoff, else: "10m"), relationships: relationships)
      for (text, usual) in [(backoff, "30s"), (processor.maximumBackoff, "10m")] where NiFiUnits.duration(text) == nil {
        component.differs("'\(Quote.short(text))' is no duration that flowrun knows: `retry` has \(usual)")
      }
      if processor.retryCount > 999 { component.differs("\(processor.retryCount) retries; flowrun allows 1000 attempts") }
      if processor.retryYields { component.differs("a retry makes the whole processor wait in NiFi; here the FlowFile waits and others pass it") }
    }
    if Self.duration(processor.penalty, else: "") != "30s", processor.retried.isEmpty, draft.type != "RetryFlowFile" {
      component.mention("its penalty of \(Quote.short(processor.penalty)) counts in `retry` alone: elsewhere no FlowFile waits")
    }
    if Self.duration(processor.yield, else: "") != "1s" { component.mention("its yield of \(Quote.short(processor.yield)) has no counterpart") }
  }

  static func duration(_ text: String, else usual: String) -> String {
    NiFiUnits.duration(text).map { Units.text(of: $0) } ?? usual
  }
}

extension [YAMLValue.Member] {
  /// The last of members with the same name, in the place of the first.
  var uniqued: [YAMLValue.Member] {
    var places: [String: Int] = [:]
    var unique: [YAMLValue.Member] = []
    for member in self {
      if let place = places[member.name] {
        unique[place] = member
      } else {
        places[member.name] = unique.count
        unique.append(member)
      }
    }
    return unique
  }
}
