import FlowCore
import StudyModel
import StudyParticipants

/// The environment of commands that run no flow: the machine's own clock, files and lanes, without network unless
/// given.
package enum ToolEnvironment {
  package static func make(_ fileSystem: any FileSystem, transport: any HTTPTransport = NoTransport()) -> RuntimeEnvironment {
    Machine.here(fileSystem, transport: transport).environment(run: "", flowSHA256: "")
  }

  /// Called at every boundary with a store.
  package static var faultPoint: StoreFaultPoint { Machine.here().faultPoint }
}
