import FlowCore
import StudyModel
import Testing

@Suite("Shards of a batch")
struct ParticipantShardTests {
  private static let names = (0..<2000).map { "P\($0)" } + ["a", "a.b", "A-1", "x_9"]

  @Test("every participant is in exactly one shard, whatever their number", arguments: 1...16)
  func partition(_ count: Int) {
    let shards = (0..<count).compactMap { ParticipantShard(index: $0, of: count) }
    #expect(shards.count == count)
    #expect(Self.names.allSatisfy { name in shards.count { $0.includes(name) } == 1 })
    // Of 2,004 participants no shard is far from its share.
    for shard in shards { #expect(Self.names.count { shard.includes($0) } * count > Self.names.count / 2) }
  }

  /// `printf %s P0001 | sha256sum | cut -c1-16`, read as a number.
  @Test("the number is that of the first eight bytes of SHA-256, big-endian", arguments: [
    ("P0001", 0x11c4_7747_d69a_7aa7 as UInt64), ("P0002", 0x2539_8f74_e678_31fb),
  ])
  func hash(_ name: String, _ number: UInt64) {
    for count in 1...16 {
      #expect(ParticipantShard(index: Int(number % UInt64(count)), of: count)?.includes(name) == true)
    }
  }

  @Test("only indices below the number are shards", arguments: [(0, 0), (-1, 2), (2, 2), (0, -1)])
  func impossible(_ index: Int, _ count: Int) { #expect(ParticipantShard(index: index, of: count) == nil) }

  @Test("the option names the shard, or the array's task does", arguments: [
    ("0/1", [:], "0/1"), ("7/8", [:], "7/8"), ("007/008", [:], "7/8"),
    ("auto/8", ["SLURM_ARRAY_TASK_ID": "3"], "3/8"), ("auto/8", ["JOB_COMPLETION_INDEX": "0"], "0/8"),
    ("auto/8", ["SLURM_ARRAY_TASK_ID": "", "JOB_COMPLETION_INDEX": "7"], "7/8"),
    ("auto/8", ["SLURM_ARRAY_TASK_ID": "5", "JOB_COMPLETION_INDEX": "5", "SLURM_ARRAY_TASK_COUNT": "1"], "5/8"),
    ("1/2", ["SLURM_ARRAY_TASK_ID": "0"], "1/2"),
  ] as [(String, [String: String], String)])
  func option(_ text: String, _ variables: [String: String], _ shard: String) throws {
    #expect(try ParticipantShard(option: text) { variables[$0] }.text == shard)
  }

  @Test("what is no shard is a usage error that says what was found", arguments: [
    ("3", [:], "the number of shards is not said"), ("auto", ["SLURM_ARRAY_TASK_ID": "3"], "the number of shards is not said"),
    ("1/2/3", [:], "it has 3 parts"), ("0/0", [:], "'0' is not a number of shards"), ("0/x", [:], "'x' is not a number of shards"),
    ("/2", [:], "'' is not the number of a shard"), ("-1/2", [:], "'-1' is not the number of a shard"),
    ("+1/2", [:], "'+1' is not the number of a shard"), ("8/8", [:], "there is no shard 8 of 8"), ("1/99999999999999999999", [:], "is not a number of shards"),
    ("auto/8", [:], "neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set"),
    ("auto/8", ["SLURM_ARRAY_TASK_ID": "8"], "SLURM_ARRAY_TASK_ID is '8'"), ("auto/8", ["JOB_COMPLETION_INDEX": "x"], "JOB_COMPLETION_INDEX is 'x'"),
    ("auto/8", ["SLURM_ARRAY_TASK_ID": "1", "JOB_COMPLETION_INDEX": "2"], "SLURM_ARRAY_TASK_ID is '1', JOB_COMPLETION_INDEX is '2'"),
  ] as [(String, [String: String], String)])
  func refused(_ text: String, _ variables: [String: String], _ found: String) {
    let error = #expect(throws: Diagnostics.self) { try ParticipantShard(option: text) { variables[$0] } }
    #expect(error?.isUsage == true && error?.description.contains(found) == true, "\(error?.description ?? "")")
  }

  @Test("a shard and patterns combine; participants of other shards are told from those that no pattern names")
  func selection() throws {
    let shard = try #require(ParticipantShard(index: 1, of: 3))
    let selection = ParticipantSelection(patterns: ["P1*"], shard: shard)
    for name in Self.names {
      #expect(selection.includes(name) == (name.hasPrefix("P1") && shard.includes(name)))
      #expect(selection.isLeftToOthers(name) == !shard.includes(name))
      #expect(selection.names(name) == name.hasPrefix("P1"))
    }
    #expect(!ParticipantSelection.all.isLeftToOthers("P1"))
  }
}
