import FlowCore
import FlowErrors
import FlowFileSystem
import FlowRuntime
import FlowTesting
import StudyModel
import Testing

@Suite("The error folder as values")
struct ErrorRecordsTests {
  private let folder: TemporaryFolder
  private let damaged = Locked<[DamagedEntry]>([])

  init() throws { folder = try TemporaryFolder() }

  private var records: ErrorRecords {
    ErrorRecords(folder: folder.path("errors"), on: .here()) { [damaged] entry in damaged.withLock { $0.append(entry) } }
  }

  /// The uuid.
  private func fail(_ participant: String, _ cause: Cause, run: String = "run-1", at seconds: Int64 = 1_780_000_000) async throws -> String {
    let flowFile = FlowFile(
      id: FlowFileID(SystemRandomSource()), attributes: ["participant": participant], content: .empty, lineage: LineageID(1), created: Instant(seconds: seconds))
    try await ErrorFolder(folder: folder.path("errors"), fileSystem: POSIXFileSystem(), lane: InlineLane()).write(
      ErrorEntry(
        flow: "flow", run: run, flowFile: flowFile, lineage: [], way: [], processor: "extract", processorType: "ExtractRecords", relationship: "failure",
        failure: FlowFileFailure(cause: cause, message: "no sense"), flowSHA256: "", time: Instant(seconds: seconds)))
    return flowFile.id.text
  }

  @Test("a filter chooses by participant, run and age; the total is reported as well")
  func list() async throws {
    _ = try await fail("P1", .badData, run: "run-1")
    _ = try await fail("P2", .badData, run: "run-2")
    let all = try await records.list()
    #expect(all.entries.count == 2 && all.total == 2)
    #expect(try await records.list(EntryFilter(participants: ["P1"])).entries.map(\.participant) == ["P1"])
    #expect(try await records.list(EntryFilter(run: "run-2")).entries.map(\.participant) == ["P2"])
    let none = try await records.list(EntryFilter(since: .seconds(1)))
    #expect(none.entries.isEmpty && none.total == 2)
    await #expect(throws: Diagnostics.self) { try await records.list(EntryFilter(participants: ["Q*"])) }
    await #expect(throws: Diagnostics.self) { try await records.list(EntryFilter(run: "run-3")) }
  }

  @Test("entries are discarded together or not at all, each once, with what remains uncollected")
  func discard() async throws {
    let first = try await fail("P1", .badData)
    let second = try await fail("P2", .serverError)
    await #expect(throws: Diagnostics.self) { try await records.discard([first, "no-such-uuid"], hint: CommandHint()) }
    #expect(try await records.list().total == 2)
    let discarded = try await records.discard([first, String(first.prefix(12))], hint: CommandHint())
    #expect(discarded.map(\.uuid) == [first] && discarded.first?.participant == "P1")
    #expect(try await records.list().entries.map(\.document.uuid) == [second])
  }

  @Test("an entry is found by a unique prefix; none and several are usage errors")
  func entry() async throws {
    let first = try await fail("P1", .badData)
    _ = try await fail("P2", .badData)
    #expect(try await records.entry(String(first.prefix(13)), hint: CommandHint()).participant == "P1")
    for name in ["", "zzz"] { await #expect(throws: Diagnostics.self) { try await records.entry(name, hint: CommandHint()) } }
  }

  @Test("what cannot be read is reported whenever the folder is searched, also if the rest is an error")
  func broken() async throws {
    let uuid = try await fail("P1", .badData)
    let path = try await records.list().entries[0].path
    try POSIXFileSystem().replaceDurably(path + "/flowfile.json", with: Array("{".utf8), temporary: path + "/.temporary")
    await #expect(throws: Diagnostics.self) { try await records.entry(uuid, hint: CommandHint()) }
    #expect(damaged.withLock { $0.map(\.path) } == [path])
  }

  @Test("a missing folder is a usage error")
  func absent() async throws {
    await #expect(throws: Diagnostics.self) { try await records.list() }
  }
}
