import FlowCore

/// The roles that a study's services play.
extension ServiceRole {
  package static let recordStore = ServiceRole("record store") { $0 is any RecordStore }
  package static let provider = ServiceRole("provider") { $0 is any ProviderService }
}

extension ProcessorConfiguration {
  package func recordStore(_ property: Property<ServiceReference>) -> any RecordStore { service(property, as: (any RecordStore).self) }
  package func provider(_ property: Property<ServiceReference>) -> any ProviderService { service(property, as: (any ProviderService).self) }
}

extension ServiceDescriptor {
  /// The vocabulary of the scopes that a participant can grant, in the flow's words.
  package static let scopeKind = "scope"
}

extension PropertyKind where Value == String {
  /// A consent of the provider that the processor names.
  package static var scope: PropertyKind {
    PropertyKind("scope", expected: "a scope of the provider") { node, reader in
      guard case .scalar(let text) = node.value, !text.isEmpty else {
        reader.report(node, expected: "a scope of the provider")
        return nil
      }
      reader.note(VocabularyUse(kind: ServiceDescriptor.scopeKind, name: text), at: node)
      return text
    }
  }
}
