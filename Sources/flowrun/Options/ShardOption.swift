import ArgumentParser
import FlowRuntime
import StudyModel

/// The option of every command that makes or continues a run: this process takes one share of the participants.
struct ShardOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only share I of N of the participants, I from 0, such as 3/8; auto/8 takes I from SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX.",
      valueName: "I/N|auto/N"))
  var shard: String?

  /// Throws `Diagnostics` (a usage error) for what is not a shard.
  func value(on machine: Machine) throws -> ParticipantShard? {
    try shard.map { try ParticipantShard(option: $0, variable: machine.variable) }
  }
}
