import FlowCore
import FlowErrors
import FlowTesting
import Testing

/// The properties the engine relies on, for the error folder and its test double.
@Suite("Every error sink meets the same requirements")
struct ErrorSinkConformanceTests {
  enum Subject: String, CaseIterable, CustomTestStringConvertible {
    case folder, memory
    var testDescription: String { rawValue }
  }

  /// A sink, and what a reader finds in it.
  private struct Bench {
    let sink: any ErrorSink
    let entries: @Sendable () async throws -> [ErrorEntry]
    let faults = FaultPlan()
    private let fixture: FileSystemFixture

    init(_ subject: Subject) throws {
      fixture = try FileSystemFixture()
      switch subject {
      case .memory:
        let memory = MemoryErrorSink(faults: faults)
        sink = memory
        entries = { memory.entries }
      case .folder:
        sink = ErrorFolderFixture.folder(fixture, GuardedFileSystem(FailingFileSystem(fixture.fileSystem), faults: faults))
        let reader = ErrorFolderFixture.folder(fixture)
        entries = {
          var entries: [ErrorEntry] = []
          for entry in try await reader.entries().entries { entries.append(try await reader.load(entry)) }
          return entries
        }
      }
    }
  }

  @Test("a written entry is read back unchanged", arguments: Subject.allCases)
  func written(_ subject: Subject) async throws {
    let bench = try Bench(subject)
    let contents: [Content] = [.empty, .bytes([]), .bytes([0, 0xFF, 0x0A]), .records(ErrorFolderFixture.batch)]
    let given = contents.enumerated().map { index, content in
      ErrorFolderFixture.entry(UInt64(index + 1), content: content, attributes: ["participant": "P\(index)", "ä \"": "\n"], seconds: Int64(index))
    }
    for entry in given { try await bench.sink.write(entry) }
    let found = try await bench.entries()
    #expect(found.count == given.count)
    for (found, given) in zip(found, given) { #expect(found.saysTheSame(as: given)) }
  }

  @Test("entries written concurrently by many tasks are all present, each once", arguments: Subject.allCases)
  func concurrent(_ subject: Subject) async throws {
    let bench = try Bench(subject)
    let given = (1...40).map { ErrorFolderFixture.entry(UInt64($0), processor: "processor \($0 % 4)") }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for entry in given { group.addTask { try await bench.sink.write(entry) } }
      try await group.waitForAll()
    }
    #expect(Set(try await bench.entries().map(\.flowFile.id)) == Set(given.map(\.flowFile.id)))
    #expect(try await bench.entries().count == given.count)
  }

  @Test("a FlowFile has one entry at a processor in a run, however often it is written; other processors and runs have their own", arguments: Subject.allCases)
  func again(_ subject: Subject) async throws {
    let bench = try Bench(subject)
    for _ in 0..<2 { try await bench.sink.write(ErrorFolderFixture.entry()) }
    try await bench.sink.write(ErrorFolderFixture.entry(processor: "another"))
    try await bench.sink.write(ErrorFolderFixture.entry(run: "run-2"))
    #expect(try await bench.entries().count == 3)
  }

  @Test("a write that fails throws, leaves what was there and nothing half done, and can be made again", arguments: Subject.allCases)
  func failing(_ subject: Subject) async throws {
    let probe = try Bench(subject)
    try await probe.sink.write(ErrorFolderFixture.entry(1))
    let before = probe.faults.callCount
    try await probe.sink.write(ErrorFolderFixture.entry(2, content: .bytes([1])))
    let calls = before + 1...probe.faults.callCount
    for call in calls {
      let bench = try Bench(subject)
      try await bench.sink.write(ErrorFolderFixture.entry(1))
      let fault = FileSystemError(operation: "write", path: "somewhere", errno: 5, reason: "Input/output error")
      bench.faults.fail(call: call, with: fault)
      await #expect(throws: (any Error).self, "call \(call)") { try await bench.sink.write(ErrorFolderFixture.entry(2, content: .bytes([1]))) }
      let left = try await bench.entries()
      // Where only the last step failed (fsync of the folder), the entry is whole already.
      #expect(left.count == 1 || left.count == 2 && call >= calls.upperBound - 1, "call \(call): \(left.count) entries")
      try await bench.sink.write(ErrorFolderFixture.entry(2, content: .bytes([1])))
      #expect(try await bench.entries().count == 2, "call \(call)")
    }
  }
}
