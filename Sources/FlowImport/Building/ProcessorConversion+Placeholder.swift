/// What stands for a processor that flowrun does not have, or that must not run before a person has decided.
extension ProcessorConversion {
  /// Whether YAML could not have the name as a key.
  static func isTooLong(_ name: String) -> Bool {
    // Written, a scalar has up to ten bytes.
    name.utf8.count > ImportLimits.nameBytes / 10 && YAMLText.scalar(name).utf8.count > ImportLimits.nameBytes
  }

  /// The beginning of such a name, which is short enough however it is written.
  static func beginning(of name: String) -> String { String(String.UnicodeScalarView(name.unicodeScalars.prefix(80))) + "…" }

  /// The name under which a property is kept that the mapping does not know. None of flowrun's begins so: it never takes effect, whatever it is called.
  static func unknown(_ property: NiFiProperty) -> String { "nifi_" + ValueConversion.word(property.displayName ?? property.name) }

  static func leftOut(_ property: String) -> String {
    "'\(property)' has a user, a password or a key in an address, which is left out: a sensitive parameter may have it"
  }

  /// All that the processor was given.
  mutating func placeholder(_ processor: NiFiProcessor, in surroundings: Surroundings, component: inout ImportedComponent) -> [YAMLValue.Member] {
    var kept: [YAMLValue.Member] = []
    for (place, property) in processor.properties.enumerated() {
      let property = Self.sealed(property, of: processor)
      let shown = Quote.short(property.name)
      let name = Self.isTooLong(property.name) ? "\(Self.beginning(of: property.name)) \(place + 1)" : property.name
      if property.isSensitive, property.value == nil {
        kept.append(YAMLValue.Member(name, .text("")))
        component.mention("'\(shown)' is sensitive and is left out")
      } else if let text = property.value {
        var missing: [String] = []
        checkExpression(parameters.rewritten(text, context: surroundings.context, missing: &missing), property.name, .expression, &component)
        let redacted = Secrets.redacted(text)
        if redacted != nil { component.mention(Self.leftOut(shown)) }
        kept.append(YAMLValue.Member(name, .text(Self.withoutReferences(redacted ?? text))))
        if case .service(let number) = services.find(text, from: surroundings.number) {
          let service = services.services[number]
          component.mention("'\(shown)' is the service '\(Quote.short(service.name))' (\(Quote.short(service.type)))")
        }
      }
    }
    var members = [YAMLValue.Member("nifi_type", .text(processor.type.isEmpty ? "unknown" : Self.withoutReferences(processor.type)))]
    if processor.state == .disabled { members.append(YAMLValue.Member("nifi_state", .text(NiFiState.disabled.rawValue))) }
    if !component.refusals.isEmpty {
      let shown = component.refusals.prefix(5).joined(separator: "; ") + (component.refusals.count > 5 ? "; …" : "")
      members.append(YAMLValue.Member("nifi_reason", .text(Self.withoutReferences(shown))))
    }
    if !kept.isEmpty { members.append(YAMLValue.Member("nifi_properties", .map(kept.uniqued))) }
    if let annotation = processor.annotation, Self.rulesHaveSecrets(annotation) {
      component.mention("a rule gives an attribute that is called as secrets are a value: the rules are left out")
    } else if let annotation = processor.annotation {
      members.append(YAMLValue.Member("nifi_annotation", .text(Self.withoutReferences(Secrets.shown(annotation)))))
    }
    return members
  }

  /// `#{name}` as a text: `##{name}`.
  static func withoutReferences(_ text: String) -> String {
    guard text.contains("#{") else { return text }
    var escaped = ""
    var signs = 0
    for character in text {
      if character == "#" {
        signs += 1
        continue
      }
      escaped += String(repeating: "#", count: character == "{" ? 2 * signs : signs)
      signs = 0
      escaped.append(character)
    }
    return escaped + String(repeating: "#", count: signs)
  }
}
