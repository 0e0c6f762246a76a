// Writes rows of seconds into a PostgreSQL database through the store that runs use, beside Benchmarks/bare_copy.c.
// DatabaseRows URI PARTICIPANTS CONNECTIONS: first into an empty table, then every value changed. Prints `PHASE ROWS SECONDS` for each.
import FlowCore
import FlowPostgres
import FlowTesting
import Foundation
import StudyModel

let arguments = CommandLine.arguments
guard arguments.count == 4, let address = PostgresAddress(arguments[1]), let participants = Int64(arguments[2]), let connections = Int(arguments[3]) else {
  FileHandle.standardError.write(Data("usage: DatabaseRows URI PARTICIPANTS CONNECTIONS\n".utf8))
  exit(64)
}

let table = TableSchema.promised[2]
let secondsOfDay: Int64 = 86_400
/// 2026-01-05T00:00:00Z.
let day: Int64 = 1_767_571_200

func write(_ store: PostgresDatabase, _ participant: Int64, change: Int64) async throws {
  let seconds = 0..<secondsOfDay
  let batch = RecordBatch(
    columns: [
      .init(name: "instant", values: .integer(seconds.map { day + $0 })), .init(name: "utc_offset", values: .integer(seconds.map { _ in -21_600 })),
      .init(name: "value", values: .integer(seconds.map { 60 + (participant + $0 + change) % 40 })),
    ], count: Int(secondsOfDay))
  let name = "P\(participant)"
  var slice = LedgerSlice(
    key: SliceKey(participant: name, dataType: "intraday-heart-rate", start: day, end: day + secondsOfDay), state: .written, run: "bench")
  slice.fetchedAt = Instant(seconds: day + change)
  for result in try await store.write([SliceWrite(table: table, participant: name, batch: batch, ledger: slice)]) { _ = try result.get() }
}

let executor = DispatchExecutor(label: "bench")
let environment = RuntimeEnvironment(
  time: DispatchTimeSource(), random: SystemRandomSource(), fileSystem: NoFileSystem(), transport: ScriptedTransport(answers: []),
  json: NoRecordExtractor(), executor: executor, lane: { DispatchLane(label: $0) }, run: "bench", flowSHA256: "")
var limits = PostgresLimits()
limits.connections = connections
let store = PostgresDatabase(address, agreements: [], environment: environment, limits: limits)
try await store.prepare()
try await store.prepare(tables: [table])
for (phase, change) in [("empty", 0), ("filled", 1)] as [(String, Int64)] {
  let begin = environment.time.monotonic
  try await withThrowingTaskGroup(of: Void.self) { group in
    // A few days in memory at a time, as in a run.
    for participant in 0..<min(8, participants) {
      group.addTask(executorPreference: executor) {
        for number in stride(from: participant, to: participants, by: 8) { try await write(store, number, change: change) }
      }
    }
    try await group.waitForAll()
  }
  let taken = environment.time.monotonic - begin
  print(phase, participants * secondsOfDay, Double(taken.components.seconds) + Double(taken.components.attoseconds) / 1e18)
}
try await store.close()
