/// A source of numbers that depends on its key and the index asked for, and on nothing else.
///
/// There is no state to advance: the number of a minute is the same whichever minutes were asked before. That is what lets any window
/// of the simulated data be generated on its own. The function is the finaliser of SplitMix64 (Steele, Lea, Flood, 2014).
package struct SeededDice: Sendable {
  private let key: UInt64

  package init(seed: UInt64) {
    key = Self.mix(seed)
  }

  private init(key: UInt64) {
    self.key = key
  }

  /// Dice of their own for one purpose: equal labels give equal dice.
  package func fork(_ label: Int) -> SeededDice {
    SeededDice(key: Self.mix(key ^ Self.mix(UInt64(bitPattern: Int64(label)))))
  }

  /// 64 even bits for `index`.
  @inline(__always)
  package func roll(_ index: Int) -> UInt64 {
    Self.mix(key &+ UInt64(bitPattern: Int64(index)) &* 0x9E37_79B9_7F4A_7C15)
  }

  /// A number in `0..<bound`; `bound` is positive.
  @inline(__always)
  package func below(_ bound: Int, at index: Int) -> Int {
    Int(roll(index) % UInt64(bound))
  }

  /// Whether an event of the given share (0 to 1) happens at `index`.
  package func happens(_ share: Double, at index: Int) -> Bool {
    Double(roll(index) >> 11) * 0x1p-53 < share
  }

  @inline(__always)
  private static func mix(_ value: UInt64) -> UInt64 {
    var bits = value &+ 0x9E37_79B9_7F4A_7C15
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }
}

/// FNV-1a: a hash of text that is the same in every process, unlike `Hasher`.
package func stableHash(_ text: String) -> Int {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in text.utf8 {
    hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
  }
  return Int(truncatingIfNeeded: hash)
}
