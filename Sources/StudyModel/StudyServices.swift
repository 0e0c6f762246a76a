import FlowCore

/// The roles of a study's services.
extension ServiceRole {
  package static let recordStore = ServiceRole("record store") { $0 is any RecordStore }
  package static let provider = ServiceRole("provider") { $0 is any ProviderService }
  package static let rawStorage = ServiceRole("raw storage") { $0 is any RawKeeping }
  package static let objectStorage = ServiceRole("object storage") { $0 is any ObjectKeeping }
  package static let warehouse = ServiceRole("warehouse") { $0 is any WarehouseLoading }
}

extension ProcessorConfiguration {
  package func recordStore(_ property: Property<ServiceReference>) -> any RecordStore { service(property, as: (any RecordStore).self) }
  package func provider(_ property: Property<ServiceReference>) -> any ProviderService { service(property, as: (any ProviderService).self) }
  package func rawStorage(_ property: Property<ServiceReference>) -> any RawKeeping { service(property, as: (any RawKeeping).self) }
  package func objectStorage(_ property: Property<ServiceReference>) -> any ObjectKeeping { service(property, as: (any ObjectKeeping).self) }
  package func warehouse(_ property: Property<ServiceReference>) -> any WarehouseLoading { service(property, as: (any WarehouseLoading).self) }
}

extension ServiceDescriptor {
  /// The kind of names that a provider declares for scopes.
  package static let scopeKind = "scope"
}

extension PropertyKind where Value == String {
  /// An OAuth scope of the provider, named by the processor.
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
