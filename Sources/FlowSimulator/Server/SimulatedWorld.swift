import FlowCore

/// The simulated clock, and the state that outlives the process if there is a folder.
final class SimulatedWorld: Sendable {
  /// How often a process has opened this world before; 0 without a folder.
  let boot: Int
  private let initialNow: Int
  private let folder: StateFolder?
  private let offset: Locked<Int>

  private struct Memory: Codable {
    let seed: UInt64
    let days: Int
    let dense: Bool
    var clockOffsetSeconds: Int
    var boots: Int

    enum CodingKeys: String, CodingKey {
      case seed, days, dense, boots
      case clockOffsetSeconds = "clock_offset_seconds"
    }
  }

  /// - Throws: `SimulatorError.otherSimulation` if the folder belongs to another world.
  init(_ population: Population, folder: StateFolder?) throws {
    initialNow = population.initialNow
    self.folder = folder
    guard let folder else {
      boot = 0
      offset = Locked(0)
      return
    }
    let memory = try folder.whileLocked {
      let found = try folder.read(Memory.self, from: Self.fileName)
      var memory =
        found
        ?? Memory(seed: population.seed, days: population.days, dense: population.dense, clockOffsetSeconds: 0, boots: -1)
      guard memory.seed == population.seed, memory.days == population.days, memory.dense == population.dense else {
        throw SimulatorError.otherSimulation(folder: folder.path)
      }
      memory.boots += 1
      try folder.write(memory, to: Self.fileName)
      return memory
    }
    boot = memory.boots
    offset = Locked(memory.clockOffsetSeconds)
  }

  /// Simulated seconds since 1970.
  var now: Int { initialNow + advancedSeconds }

  /// The total advance of the clock since the world's start, in seconds.
  var advancedSeconds: Int { offset.withLock { $0 } }

  /// Moves the clock forward, at once for this process and through the folder for later ones.
  func advance(bySeconds seconds: Int) throws {
    guard seconds >= 0 else { throw SimulatorError.clockBackward }
    let advanced = offset.withLock { offset in
      offset += seconds
      return offset
    }
    guard let folder else { return }
    try folder.whileLocked {
      guard var memory = try folder.read(Memory.self, from: Self.fileName) else {
        throw SimulatorError.damagedState(folder.path)
      }
      memory.clockOffsetSeconds = max(memory.clockOffsetSeconds, advanced)
      try folder.write(memory, to: Self.fileName)
    }
  }

  private static let fileName = "world.json"
}
