import FlowCore

/// Random choices of a seeded test.
struct Choices {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
  mutating func isTrue(oneIn chances: Int) -> Bool { below(chances) == 0 }
}

extension FlowFile {
  /// A FlowFile with an identity only.
  static func numbered(_ number: Int, attributes: Attributes = [:], lineage: LineageID = LineageID(1), sizeBytes: Int = 0) -> FlowFile {
    var flowFile = FlowFile(
      id: FlowFileID(SeededRandomSource(seed: UInt64(number))), attributes: attributes,
      content: sizeBytes == 0 ? .empty : .bytes(Array(repeating: 0, count: sizeBytes)), lineage: lineage,
      created: Instant(seconds: 0))
    flowFile["n"] = String(number)
    return flowFile
  }
  var number: Int { Int(self["n"] ?? "") ?? -1 }
}
