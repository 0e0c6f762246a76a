import FlowCore
import FlowFileSystem
import FlowHTTP
import StudyParticipants

/// The combined requirements of a flow's provider services on their shared transport.
package enum TransportOptions {
  /// Limits connections to the process's limit on open files.
  package static func make(_ graph: FlowGraph) -> CurlTransport.Options {
    let providers = graph.services.filter { $0.isProvider }.map(\.values)
    return CurlTransport.Options(
      version: Version.text,
      maximumConnections: min(providers.map { $0[ProviderProperties.maximumConnections] }.max() ?? 64, OpenFiles.connectionRoom()),
      caFile: providers.compactMap { $0.optional(ProviderProperties.caFile) }.first)
  }
}

extension ServiceDeclaration {
  /// Whether the service is a provider.
  var isProvider: Bool { type == FitbitWebAPI.descriptor.type || type == GoogleHealthAPI.descriptor.type }
}
