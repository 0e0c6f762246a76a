/// The source of UUIDs and jitter. Injected, so that tests can seed it.
package protocol RandomSource: Sendable {
  func next() -> UInt64
}

/// The system's random number generator.
package struct SystemRandomSource: RandomSource {
  package init() {}
  package func next() -> UInt64 {
    var generator = SystemRandomNumberGenerator()
    return generator.next()
  }
}

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators"): deterministic for a seed.
package final class SeededRandomSource: RandomSource {
  private let state: Locked<UInt64>

  package init(seed: UInt64) { state = Locked(seed) }

  package func next() -> UInt64 {
    state.withLock { state in
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }
}
