import FlowCore
import FlowCrypto

/// One of several shares of a batch that runs on different hosts collect at the same time. Every participant belongs to
/// exactly one share, whoever else is in the batch.
package struct ParticipantShard: Sendable, Equatable {
  package let index: Int
  package let count: Int

  /// nil unless `0 ≤ index < count`.
  package init?(index: Int, of count: Int) {
    guard count > 0, (0..<count).contains(index) else { return nil }
    self.index = index
    self.count = count
  }

  /// The first eight bytes of SHA-256 of the name, big-endian, modulo the number of shares.
  package func includes(_ participant: String) -> Bool {
    let first = SHA256.digest(of: participant.utf8).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return first % UInt64(count) == UInt64(index)
  }

  package var text: String { "\(index)/\(count)" }
}

extension ParticipantShard {
  /// Where a scheduler of arrays tells a job its number: Slurm, Kubernetes.
  package static let numberVariables = ["SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"]
  private static let expected = "I/N with 0 ≤ I < N, such as 3/8, or auto/8"

  /// Reads the value of `--shard`: `I/N`, or `auto/N` with I from the environment. N is never taken from there, because
  /// schedulers give the number of the tasks of one submission (`sbatch --array=7` says 1).
  ///
  /// Throws `Diagnostics` (a usage error).
  /// - Parameter variable: reads an environment variable.
  package init(option text: String, variable: (String) -> String?) throws(Diagnostics) {
    func problem(_ found: String, _ expected: String? = nil, hint: String? = nil) -> Diagnostics {
      Diagnostics([Diagnostic(.unknownName, subject: "--shard '\(text)'", found: found, expected: expected ?? Self.expected, hint: hint)])
    }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2 else { throw problem(parts.count == 1 ? "the number of shards is not said" : "it has \(parts.count) parts") }
    guard let count = Self.number(parts[1]), count > 0 else { throw problem("'\(parts[1])' is not a number of shards") }
    let range = "a number of 0..<\(count)"
    guard parts[0] == "auto" else {
      guard let index = Self.number(parts[0]) else { throw problem("'\(parts[0])' is not the number of a shard", range + ", or auto") }
      guard let shard = ParticipantShard(index: index, of: count) else { throw problem("there is no shard \(index) of \(count)", range) }
      self = shard
      return
    }
    let given = Self.numberVariables.compactMap { name in
      variable(name).flatMap { $0.isEmpty ? nil : (name: name, value: $0) }
    }
    guard let first = given.first else {
      throw problem(
        "neither \(Self.numberVariables.joined(separator: " nor ")) is set", range + " in one of them",
        hint: "start it as a task of a job array, or name the shard: 0/\(count)")
    }
    let shown = given.map { "\($0.name) is '\($0.value)'" }.joined(separator: ", ")
    guard given.allSatisfy({ $0.value == first.value }), let index = Self.number(first.value[...]), let shard = ParticipantShard(index: index, of: count)
    else {
      throw problem(shown, range, hint: "number the tasks from 0: --array=0-\(count - 1), or completions: \(count)")
    }
    self = shard
  }

  /// Decimal digits only.
  private static func number(_ text: Substring) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
    return Int(text)
  }
}
