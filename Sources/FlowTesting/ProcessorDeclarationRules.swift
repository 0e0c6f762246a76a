import FlowCore

/// The rules for every processor's declaration, so that flow files, `flowrun processors` and README are consistent.
///
///     #expect(ProcessorDeclarationRules.breaches(of: MyProcessor.self).isEmpty)
package enum ProcessorDeclarationRules {
  /// The violations found, one sentence each.
  package static func breaches(of type: any Processor.Type, compiler: any ExpressionCompiler = NoExpressions()) -> [String] {
    let descriptor = type.descriptor
    var breaches = names(of: type) + documentation(of: descriptor) + numbers(of: descriptor)
    for property in descriptor.properties { breaches += defaults(of: property, compiler) }
    breaches += absence(in: descriptor, compiler)
    return breaches.map { "\(descriptor.type): \($0)" }
  }

  // MARK: Names and words

  private static func names(of type: any Processor.Type) -> [String] {
    let descriptor = type.descriptor
    var breaches: [String] = []
    if descriptor.type != String(describing: type) { breaches.append("its name in flow files is not its Swift type's, \(type)") }
    for (what, names) in [
      ("property", descriptor.properties.map(\.name)), ("relationship", descriptor.relationships.map(\.name)),
      ("attribute read", descriptor.reads.map(\.name)), ("attribute written", descriptor.writes.map(\.name)),
      ("counter", descriptor.counters.map(\.name)),
    ] {
      for (name, count) in Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +) where count > 1 {
        breaches.append("\(what) '\(name)' is declared \(count) times")
      }
    }
    for name in descriptor.properties.flatMap(memberNames) where !isSnakeCase(name) { breaches.append("'\(name)' is not snake_case") }
    // NiFi's names have spaces, points and hyphens too.
    for name in descriptor.relationships.map(\.name) where !isSnakeCase(String(name.map { " .-".contains($0) ? "_" : $0 })) {
      breaches.append("relationship '\(name)' is not in small letters")
    }
    for name in descriptor.withdrawn.keys where descriptor.properties.contains(where: { $0.name == name }) {
      breaches.append("'\(name)' is both a property and withdrawn")
    }
    return breaches
  }

  private static func memberNames(_ property: PropertyDescriptor) -> [String] { [property.name] + property.members.flatMap(memberNames) }

  private static func isSnakeCase(_ name: String) -> Bool {
    name.first.map { "a"..."z" ~= $0 } == true && !name.hasSuffix("_") && !name.contains("__")
      && name.allSatisfy { "a"..."z" ~= $0 || "0"..."9" ~= $0 || $0 == "_" }
  }

  private static func documentation(of descriptor: ProcessorDescriptor) -> [String] {
    var breaches: [String] = []
    if descriptor.summary.count > 150 || !descriptor.summary.hasSuffix(".") { breaches.append("its summary is not one sentence of at most 150 characters") }
    if descriptor.summary.hasPrefix(descriptor.type) { breaches.append("its summary begins with its name") }
    var entries = descriptor.properties.flatMap(sentences)
    entries += descriptor.relationships.map { ($0.name, $0.documentation) }
    entries += (descriptor.reads + descriptor.writes + descriptor.counters).map { ($0.name, $0.documentation) }
    for (name, text) in entries where !text.hasSuffix(".") {
      breaches.append("the documentation of '\(name)' is not a sentence: '\(text)'")
    }
    for (name, hint) in descriptor.withdrawn where hint.isEmpty { breaches.append("withdrawn property '\(name)' does not say what to write instead") }
    return breaches
  }

  private static func sentences(_ property: PropertyDescriptor) -> [(String, String)] {
    [(property.name, property.documentation)] + property.members.flatMap(sentences)
  }

  private static func numbers(of descriptor: ProcessorDescriptor) -> [String] {
    var breaches: [String] = []
    if descriptor.concurrency < 1 || descriptor.batch < 1 { breaches.append("its concurrency or its batch is below 1") }
    if let maximum = descriptor.maximumConcurrency, descriptor.concurrency > maximum { breaches.append("its concurrency is above its own maximum") }
    let hasFailure = descriptor.relationships.contains { $0.name == Relationship.failureName }
    if descriptor.input != .forbidden && !hasFailure { breaches.append("it takes FlowFiles and has no relationship '\(Relationship.failureName)'") }
    if descriptor.input == .forbidden && !descriptor.reads.isEmpty { breaches.append("it takes no FlowFiles and reads attributes") }
    return breaches
  }

  // MARK: Values

  /// A default must be a valid value of its kind.
  private static func defaults(of property: PropertyDescriptor, _ compiler: any ExpressionCompiler) -> [String] {
    var breaches = property.members.flatMap { defaults(of: $0, compiler) }
    if property.isRequired && property.defaultText != nil { breaches.append("'\(property.name)' is required and has a default") }
    guard property.defaultText != nil else { return breaches }
    let reader = reader("default", compiler)
    let values = reader.read(PropertyLiteral.map([]).node, properties: [property])
    if values == nil { breaches.append("the default of '\(property.name)' is not one of its values: \(reader.problems.map(\.description))") }
    return breaches
  }

  /// Without properties, exactly the required ones must be reported by name.
  private static func absence(in descriptor: ProcessorDescriptor, _ compiler: any ExpressionCompiler) -> [String] {
    let reader = reader(descriptor.type, compiler)
    let values = reader.read(PropertyLiteral.map([]).node, properties: descriptor.properties, withdrawn: descriptor.withdrawn)
    let required = descriptor.properties.filter(\.isRequired)
    var breaches = required.filter { property in !reader.problems.contains { $0.description.contains("'\(property.name)'") } }
      .map { "the absence of required property '\($0.name)' is not reported by name" }
    if reader.problems.count != required.count || (values == nil) != !required.isEmpty {
      breaches.append("without properties it finds \(reader.problems.map(\.description)); expected one for each of its \(required.count) required ones")
    }
    let unknown = Self.reader(descriptor.type, compiler)
    _ = unknown.read((["no_such_property": "1"] as PropertyLiteral).node, properties: descriptor.properties, withdrawn: descriptor.withdrawn)
    if !unknown.problems.contains(where: { $0.description.contains("no_such_property") }) { breaches.append("an unknown property is not reported by name") }
    return breaches
  }

  private static func reader(_ subject: String, _ compiler: any ExpressionCompiler) -> PropertyReader {
    PropertyReader(file: nil, subject: subject, compiler: compiler, services: [:])
  }
}
