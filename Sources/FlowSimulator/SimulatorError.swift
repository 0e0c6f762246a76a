/// Why a simulator cannot be set up.
package enum SimulatorError: Error, Equatable, CustomStringConvertible {
  case badFault(String, expected: String)
  case unknownZone(String)
  case cannotWrite(String)
  /// A file in the state folder does not have the expected content.
  case damagedState(String)
  /// The state folder belongs to a world with another seed, number of days or density.
  case otherSimulation(folder: String)
  /// The clock can only be moved forward.
  case clockBackward
  case notListening(port: Int, String)

  package var description: String {
    switch self {
    case .badFault(let text, let expected): "fault '\(text)' is not understood; expected \(expected)"
    case .unknownZone(let name): "the system's time zone database lacks \(name); install tzdata"
    case .cannotWrite(let path): "the simulator cannot write \(path)"
    case .damagedState(let path): "\(path) is damaged; remove the simulator's folder to start over"
    case .otherSimulation(let folder): "\(folder) was created with a different seed, number of days or density; use another folder or remove it"
    case .clockBackward: "the simulated clock only goes forward"
    case .notListening(let port, let reason):
      "the simulator could not listen on 127.0.0.1:\(port): \(reason); name another --port, or 0 for a free one"
    }
  }
}
