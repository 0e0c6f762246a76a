import FlowCore
import FlowServices

/// What the provider services of a flow ask of the one transport that they share.
enum TransportOptions {
  static func make(_ graph: FlowGraph) -> CurlTransport.Options {
    let providers = graph.services.filter { $0.type == FitbitWebAPI.descriptor.type }.map(\.values)
    return CurlTransport.Options(
      version: Version.text,
      maximumConnections: providers.map { $0[FitbitWebAPI.maximumConnections] }.max() ?? 64,
      caFile: providers.compactMap { $0.optional(FitbitWebAPI.caFile) }.first)
  }
}
