/// Sensitive properties, which become references to parameters.
extension ProcessorConversion {
  /// A property without the value that must not be kept, also where the file does not say that it is sensitive.
  static func sealed(_ property: NiFiProperty, of processor: NiFiProcessor) -> NiFiProperty {
    var property = property
    let mapping = TypeMapping.of(processor.type)
    if let known = mapping?.property(property.name) {
      property.isSensitive = property.isSensitive || known.isSensitive
    } else if let value = property.value, isCalledSecret(property, mapping), Secrets.isGiven(value) {
      property.isSensitive = true
    }
    property.seal()
    return property
  }

  /// - Parameter mapping: of a type that does not have the property; nil: the type is not known.
  private static func isCalledSecret(_ property: NiFiProperty, _ mapping: TypeMapping?) -> Bool {
    // The rule or path that is called `token` finds one, and is none.
    if let added = mapping?.dynamic, isAdded(property), !added.areValues { return false }
    let names = [property.name, property.displayName ?? property.name]
    return names.contains(where: SecretName.matches) || (mapping?.nifi == "InvokeHTTP" && names.contains(where: SecretName.matchesField))
  }

  /// Whether rules of UpdateAttribute give an attribute that is called as secrets are a value with one in it.
  static func rulesHaveSecrets(_ annotation: String) -> Bool {
    annotation.split(separator: "<attribute>", omittingEmptySubsequences: false).dropFirst().contains { rest in
      let name = String(rest.prefix { $0 != "<" })
      let values = rest.split(separator: "<value>", omittingEmptySubsequences: false).dropFirst().map { String($0.prefix { $0 != "<" }) }
      return SecretName.matches(name) && (values.isEmpty || values.contains(where: Secrets.isGiven))
    }
  }

  /// Whether a person added it.
  static func isAdded(_ property: NiFiProperty) -> Bool { property.isDynamic ?? (property.displayName ?? property.name == property.name) }

  /// flowrun's name of a sensitive property; nil: it has none, or it is not set, as far as that can be known.
  func secretName(
    _ property: NiFiProperty, _ known: PropertyMapping?, _ processor: NiFiProcessor, _ mapping: TypeMapping, isAdded: Bool, component: inout ImportedComponent
  ) -> String? {
    let isSet = property.value?.isEmpty == false || property.isHidden
    let shown = Quote.short(property.name)
    switch known?.target {
    case .value(let name, _):
      // NiFi leaves sensitive values out of files, so that nobody knows whether there is a password: where there is a user, there is.
      return isSet || Self.hasUser(name, processor, mapping) ? name : nil
    case .anything: return nil
    case .only(_, let reason):
      guard isSet else { return nil }
      component.differs("'\(shown)' is set, and flowrun has no such property: \(reason)")
      return known?.nameHere ?? Self.unknown(property)
    default:
      // What a person added is set, or it would not be there.
      if isAdded { return property.name }
      guard isSet else { return nil }
      component.differs("'\(shown)' is a property that flowrun does not know: validate names it")
      return Self.unknown(property)
    }
  }

  /// Whether the user of a password is given.
  private static func hasUser(_ password: String, _ processor: NiFiProcessor, _ mapping: TypeMapping) -> Bool {
    let user = password.replacing("password", with: "username")
    return processor.properties.contains { property in
      guard property.value?.isEmpty == false, let known = mapping.property(property.name), case .value(let name, _) = known.target else { return false }
      return name == user
    }
  }

  /// The reference of a sensitive property.
  mutating func secret(
    _ property: NiFiProperty, of processor: NiFiProcessor, as name: String, context: String?, component: inout ImportedComponent
  ) -> String {
    if let value = property.value {
      var missing: [String] = []
      let reference = parameters.rewritten(value, context: context, missing: &missing)
      for name in missing { component.differs("'\(Quote.short(property.name))' refers to the parameter '\(Quote.short(name))', which the group's context does not have") }
      return reference
    }
    let parameter = parameters.declare("\(processor.name) \(name)", value: nil, help: "\(property.name) of \(processor.name).", isSensitive: true)
    let environment = parameters.declarations.last?.environment ?? ""
    component.differs("'\(Quote.short(property.name))' is sensitive: give it in the environment variable \(environment)")
    return "#{\(parameter)}"
  }
}
