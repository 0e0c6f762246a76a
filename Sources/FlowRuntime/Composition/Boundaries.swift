import FlowCore
import FlowServices
import Foundation

/// The ways of a run to files, network and database. In a debug build a test may put trouble in them (`Interference`).
package struct Boundaries: Sendable {
  package var fileSystem: any FileSystem
  package var transport: any HTTPTransport
  package var sql: SQLFaultPoint = { _ in }

  package init(fileSystem: any FileSystem, transport: any HTTPTransport) {
    self.fileSystem = fileSystem
    self.transport = transport
    #if DEBUG
      if let rules = ProcessInfo.processInfo.environment[Interference.variable] { Interference(rules).meddle(in: &self) }
    #endif
  }
}
