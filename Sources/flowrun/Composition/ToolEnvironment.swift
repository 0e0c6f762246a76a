import FlowCore
import FlowServices
import Foundation

/// The environment of commands that run no flow: the machine's own clock, files and lanes, and no network.
enum ToolEnvironment {
  static func make(_ fileSystem: any FileSystem, transport: any HTTPTransport = NoTransport()) -> RuntimeEnvironment {
    let boundaries = Boundaries(fileSystem: fileSystem, transport: transport)
    return RuntimeEnvironment(
      time: DispatchTimeSource(), random: SystemRandomSource(), fileSystem: boundaries.fileSystem, transport: boundaries.transport,
      json: SimdJSONExtractor(), executor: DispatchExecutor(), lane: { DispatchLane(label: $0) }, run: "", flowSHA256: "",
      participants: ParticipantRegister(),
      variable: { ProcessInfo.processInfo.environment[$0] })
  }

  /// Passed at every boundary with a database.
  static var sql: SQLFaultPoint { Boundaries(fileSystem: POSIXFileSystem(), transport: NoTransport()).sql }
}

/// Refuses every request: a command that only looks asks nobody.
struct NoTransport: HTTPTransport {
  func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    throw TransportError(.connection, "this command makes no request")
  }
}
