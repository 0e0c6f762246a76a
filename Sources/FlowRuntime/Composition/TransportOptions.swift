import FlowCore
import FlowFileSystem
import FlowHTTP
import StudyParticipants

/// What the provider services of a flow ask of the one transport that they share.
package enum TransportOptions {
  /// No more connections than the process may have files open for.
  package static func make(_ graph: FlowGraph) -> CurlTransport.Options {
    let providers = graph.services.filter { $0.isProvider }.map(\.values)
    return CurlTransport.Options(
      version: Version.text,
      maximumConnections: min(providers.map { $0[ProviderProperties.maximumConnections] }.max() ?? 64, OpenFiles.connectionRoom()),
      caFile: providers.compactMap { $0.optional(ProviderProperties.caFile) }.first)
  }
}

extension ServiceDeclaration {
  /// A service that speaks for participants, whichever its provider.
  var isProvider: Bool { type == FitbitWebAPI.descriptor.type || type == GoogleHealthAPI.descriptor.type }
}
