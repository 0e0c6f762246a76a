import FlowCore
import FlowFileSystem
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants

@Suite("Statuses that are asked for again and again")
struct KnownStatusesTests {
  /// A batch on the disk, with a count of the participant files that are read.
  private struct Batch {
    let folder: TemporaryFolder
    let disk = POSIXFileSystem()
    let opened = Locked<[String]>([])
    let known = KnownStatuses()
    let store: ParticipantStore

    /// - Parameter isSettled: the clock is long after the files were written, else before.
    init(isSettled: Bool = true) throws {
      folder = try TemporaryFolder()
      let world = TokenWorld { _, _ in .json(200, "{}") }
      if isSettled { world.time.advance(.seconds(1_000_000_000)) }
      let files = GuardedFileSystem(disk) { [opened] boundary, path in
        if boundary == "file.open", path.hasSuffix(".json") { opened.withLock { $0.append(String(path.split(separator: "/").last ?? "")) } }
      }
      store = ParticipantStore(
        path: folder.path("batch"), filter: .init(isSimulated: false, oauthType: "fitbit"),
        environment: RuntimeEnvironment(
          time: world.time, random: SeededRandomSource(seed: 1), fileSystem: files, transport: world.transport, json: NoRecords(),
          executor: DispatchExecutor(), lane: { DispatchLane(label: $0) }, run: "run-1", flowSHA256: ""))
      try disk.makeFolder(folder.path("batch"))
      for name in ["P1", "P2", "P3"] { try put(name) }
    }

    func put(_ name: String, _ more: String = "") throws {
      try disk.writeDurably(Array(TokenWorld.file(name, refresh: RotatingTokens.refresh(1), more).utf8), to: folder.path("batch/\(name).json"))
    }

    /// The files that are read by `body`.
    func reads(_ body: () async throws -> Void) async throws -> [String] {
      opened.withLock { $0 = [] }
      try await body()
      return opened.withLock { $0 }
    }
  }

  @Test("an unchanged file is not read again, and the answer is the same as without memory")
  func unchanged() async throws {
    let batch = try Batch()
    let first = try await batch.reads { _ = try await batch.store.statuses(knowing: batch.known) }
    #expect(first == ["P1.json", "P2.json", "P3.json"])
    let again = try await batch.reads {
      let statuses = try await batch.store.statuses(knowing: batch.known)
      #expect(statuses.map(\.participant) == ["P1", "P2", "P3"])
    }
    #expect(again == [])
    let known = try await batch.store.statuses(knowing: batch.known), read = try await batch.store.statuses()
    #expect(known == read)
  }

  @Test("a file that was written a moment ago is read again: one more change might leave its times as they are")
  func unsettled() async throws {
    let batch = try Batch(isSettled: false)
    for _ in 0..<2 {
      let reads = try await batch.reads { _ = try await batch.store.statuses(knowing: batch.known) }
      #expect(reads == ["P1.json", "P2.json", "P3.json"])
    }
  }

  struct Change: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var apply: @Sendable (_ file: String, _ disk: POSIXFileSystem) throws -> Void
    var expected: @Sendable (ParticipantStatus?) -> Bool
  }
  static let changes = [
    Change(testDescription: "written over with as many bytes") { file, disk in
      let text = String(decoding: try disk.read(file), as: UTF8.self)
      try disk.writeDurably(Array(text.replacing("2026-01-05", with: "2026-01-06").utf8), to: file)
    } expected: { $0?.previousSync?.text == "2026-01-06T00:00:00Z" },
    Change(testDescription: "replaced by another file") { file, disk in
      let text = String(decoding: try disk.read(file), as: UTF8.self)
      try disk.replaceDurably(file, with: Array(text.replacing("2026-01-05", with: "2026-01-07").utf8), temporary: file + ".new")
    } expected: { $0?.previousSync?.text == "2026-01-07T00:00:00Z" },
    Change(testDescription: "damaged") { file, disk in try disk.writeDurably(Array("{".utf8), to: file) } expected: { $0?.problem != nil },
    Change(testDescription: "removed") { file, disk in try disk.removeFile(file) } expected: { $0 == nil },
    Change(testDescription: "a folder now") { file, disk in
      try disk.removeFile(file)
      try disk.makeFolder(file)
    } expected: { $0?.problem?.contains("it is a folder") == true },
    Change(testDescription: "a request for tokens is noted beside it") { file, disk in
      let name = String(file.split(separator: "/").last ?? ""), folder = String(file.dropLast(name.count))
      let participant = try ParticipantFile(parsing: disk.read(file), participant: "P2", path: file)
      try disk.writeDurably(TokenIntent(participant.token, asked: Instant(seconds: 7)).bytes, to: folder + ".\(name).asked")
    } expected: { $0?.tokenState == .inDoubt },
  ]

  @Test("a change is seen at once, and only the changed file is read", arguments: changes)
  func changed(_ change: Change) async throws {
    let batch = try Batch()
    _ = try await batch.store.statuses(knowing: batch.known)
    let before = try await batch.store.statusBasis(of: "P2")
    try change.apply(batch.folder.path("batch/P2.json"), batch.disk)
    #expect(try await batch.store.statusBasis(of: "P2") != before)
    let reads = try await batch.reads {
      let statuses = try await batch.store.statuses(knowing: batch.known)
      #expect(change.expected(statuses.first { $0.participant == "P2" }))
    }
    #expect(Set(reads).isSubset(of: ["P2.json"]))
    let known = try await batch.store.status(of: "P2", knowing: batch.known), read = try await batch.store.status(of: "P2")
    #expect(change.expected(known) && known == read)
    let among = try await batch.store.statuses().first { $0.participant == "P2" }
    #expect(read == among)
  }

  @Test("of one participant, no other file is read; of nobody, none")
  func one() async throws {
    let batch = try Batch()
    let first = try await batch.reads { _ = try await batch.store.status(of: "P2", knowing: batch.known) }
    let again = try await batch.reads { _ = try await batch.store.status(of: "P2", knowing: batch.known) }
    #expect(first == ["P2.json"] && again == [])
    let none = try await batch.reads {
      for name in ["P9", "../P1", ""] {
        let status = try await batch.store.status(of: name), basis = try await batch.store.statusBasis(of: name)
        #expect(status == nil && basis == nil)
      }
      let names = try await batch.store.names()
      #expect(names == ["P1", "P2", "P3"])
    }
    #expect(none == [])
  }
}
