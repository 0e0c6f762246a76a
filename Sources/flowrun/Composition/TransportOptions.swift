import FlowCore
import FlowServices

/// What the provider services of a flow ask of the one transport that they share.
enum TransportOptions {
  static func make(_ graph: FlowGraph) -> CurlTransport.Options {
    let providers = graph.services.filter { $0.isProvider }.map(\.values)
    return CurlTransport.Options(
      version: Version.text,
      maximumConnections: providers.map { $0[ProviderProperties.maximumConnections] }.max() ?? 64,
      caFile: providers.compactMap { $0.optional(ProviderProperties.caFile) }.first)
  }
}

extension ServiceDeclaration {
  /// A service that speaks for participants, whichever its provider.
  var isProvider: Bool { type == FitbitWebAPI.descriptor.type || type == GoogleHealthAPI.descriptor.type }
}
