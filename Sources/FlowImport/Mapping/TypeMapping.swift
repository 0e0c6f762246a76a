/// What a type of NiFi's processors becomes, declared once: type, properties under their names in 1.x and 2.x, relationships.
package struct TypeMapping: Sendable {
  /// NiFi's type without its package.
  package var nifi: String
  /// flowrun's type.
  package var type: String
  package var properties: [PropertyMapping]
  /// What becomes of properties that a person added; nil: there are none.
  package var dynamic: DynamicMapping?
  /// The relationships that the type itself has, as NiFi 2 names them; they are lower case in flowrun. Others come from properties and keep their names.
  package var relationships: [String]
  /// What is different in every case; people read it in the report.
  package var notes: [String]
  /// What is different in every case, so that a person must decide: the processor counts as converted partly.
  package var differences: [String]
  /// Properties of flowrun's for what NiFi does without one.
  package var constants: [YAMLValue.Member]
  /// Whether flowrun's runs one at a time.
  package var isSerial: Bool

  init(
    _ nifi: String, to type: String? = nil, _ properties: [PropertyMapping], dynamic: DynamicMapping? = nil, relationships: [String] = ["success", "failure"],
    notes: [String] = [], differences: [String] = [], constants: [YAMLValue.Member] = [], isSerial: Bool = false
  ) {
    self.nifi = nifi
    self.type = type ?? nifi
    self.properties = properties
    self.dynamic = dynamic
    self.relationships = relationships
    self.notes = notes
    self.differences = differences
    self.constants = constants
    self.isSerial = isSerial
  }

  /// flowrun's name of a relationship. One that a person named keeps its name.
  func relationship(_ name: String, of processor: NiFiProcessor) -> String {
    if dynamic?.namesRelationships == true, property(name) == nil, processor.properties.contains(where: { $0.name == name }) { return rule(name, of: processor) }
    return relationships.contains { $0.lowercased() == name.lowercased() } ? name.lowercased() : name
  }

  /// A rule keeps its name, unless flowrun has a relationship `failure` of that type for what cannot be evaluated, and NiFi has not.
  private func rule(_ name: String, of processor: NiFiProcessor) -> String {
    guard name == Self.failure, !relationships.contains(Self.failure) else { return name }
    let taken = Set(processor.properties.map(\.name))
    let free = name + " rule"
    guard taken.contains(free) else { return free }
    return (2...).lazy.map { "\(free) \($0)" }.first { !taken.contains($0) } ?? free
  }

  private static let failure = "failure"

  /// What is said about a rule that has another name here.
  static func renamed(_ name: String, _ ours: String) -> String {
    "the rule '\(name)' is called '\(ours)' here, also in the attribute that names the route: FlowFiles for which a rule cannot be evaluated go to `\(name)`"
  }

  func property(_ name: String) -> PropertyMapping? { properties.first { $0.names.contains(name) } }
}

/// What becomes of one property of NiFi's.
package struct PropertyMapping: Sendable {
  package enum Target: Sendable {
    /// A property of flowrun's.
    case value(String, ValueRule)
    /// A text in front of the value of another property of flowrun's.
    case prefix(of: String, ValueRule)
    /// None: these values, or none, make no difference here; any other does.
    case only([String], because: String)
    /// None, whatever its value.
    case anything(because: String)
    /// A controller service that reads or writes records, and becomes properties of the processor.
    case reader, writer
    /// A pool of connections, which becomes the service `database`.
    case database
  }

  /// The name in NiFi 2, then former names.
  package var names: [String]
  package var target: Target
  /// NiFi's default.
  package var usual: String?
  /// The value of NiFi's that is flowrun's default, so that it need not be written.
  package var ours: String?
  /// Whether it is a password, also in a file that does not say so.
  package var isSensitive = false

  /// The name under which one that flowrun's type lacks is written, for `validate` to name it.
  package var nameHere: String { ValueConversion.word(names[0]) }

  /// How its value is written; nil: it is not.
  package var rule: ValueRule? {
    switch target {
    case .value(_, let rule), .prefix(_, let rule): rule
    default: nil
    }
  }

  init(_ names: String..., to name: String, _ rule: ValueRule, default usual: String? = nil, ours: String? = nil, isSensitive: Bool = false) {
    self.isSensitive = isSensitive
    self.names = names
    self.usual = usual
    self.ours = ours ?? usual
    target = .value(name, rule)
  }

  init(_ names: String..., is target: Target, isSensitive: Bool = false) {
    self.isSensitive = isSensitive
    self.names = names
    self.target = target
  }
}

/// What becomes of the properties that a person added.
package struct DynamicMapping: Sendable {
  /// The property that is a map of them.
  package var property: String
  package var rule: ValueRule
  /// Whether each is a relationship, too.
  package var namesRelationships = false

  /// Whether they are values, which FlowFiles or requests have under these names; else they are rules, queries, patterns or paths.
  var areValues: Bool { rule == .expression && !namesRelationships }
}

/// How a value of NiFi's is written in a flow file.
package enum ValueRule: Sendable, Equatable {
  /// Both evaluate `${…}`.
  case expression
  /// Neither does. An expression would not be evaluated here, so it makes a placeholder.
  case literal
  /// NiFi evaluates `${…}` against variables alone, which are parameters here.
  case environment
  /// NiFi takes it literally, flowrun evaluates it: `${` is escaped.
  case escaped
  /// One of these, by NiFi's value without regard to case.
  case choice([String: String])
  /// NiFi's value in lower case, words joined by `_`.
  case word
  case boolean
  case integer
  case duration
  case size
  /// A text with commas, which is a list here.
  case list
  /// A JsonPath: a JSON pointer here if it has only members, indices and `*`.
  case jsonPath
}
