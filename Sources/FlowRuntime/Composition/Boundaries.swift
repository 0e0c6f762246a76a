import FlowCore
import Foundation
import StudyModel
import StudyParticipants

/// The boundaries between a run and files, network and store. In a debug build a test may inject faults
/// (`FaultInjection`).
struct Boundaries: Sendable {
  var fileSystem: any FileSystem
  var transport: any HTTPTransport
  var faultPoint: StoreFaultPoint = { _ in }

  init(fileSystem: any FileSystem, transport: any HTTPTransport) {
    self.fileSystem = fileSystem
    self.transport = transport
    #if DEBUG
      if let rules = ProcessInfo.processInfo.environment[FaultInjection.variable] { FaultInjection(rules).install(in: &self) }
    #endif
  }
}
