import FlowCore
import FlowErrors
import FlowFileSystem
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("The index of the error folder")
struct EntryIndexTests {
  private static func folder(_ fixture: FileSystemFixture, _ fileSystem: (any FileSystem)? = nil) -> ErrorFolder {
    ErrorFolder(
      folder: fixture.path + "/errors", fileSystem: fileSystem ?? fixture.fileSystem, lane: InlineLane(), indexes: fixture.path + "/state/error-index")
  }

  private static func index(_ fixture: FileSystemFixture) -> String { fixture.path + "/state/error-index/fitbit" }

  private static func entry(_ seed: UInt64, run: String = "run-1", processor: String = "invoke heart") -> ErrorEntry {
    let attributes: Attributes = [
      "participant": "P\(seed)", "data_type": "intraday\theart", "slice.start": "2026-01-05T00:00:00Z", "slice.end": "2026-01-06T00:00:00Z", "scope": "a=b%\n",
    ]
    return ErrorFolderFixture.entry(seed, run: run, processor: processor, cause: seed % 3 == 0 ? .scope : .serverError, attributes: seed % 4 == 0 ? [:] : attributes)
  }

  /// What a sweep does that has nothing to remove.
  @discardableResult
  private static func sweep(_ folder: ErrorFolder, without paths: Set<String> = []) async throws -> EntrySummaries {
    let found = try await folder.summaries(flow: "fitbit")
    try await folder.keep(found, without: paths, flow: "fitbit")
    return found
  }

  /// Adds copies of an entry, each with its own uuid and slice, without waiting for the disk.
  private static func fill(_ fixture: FileSystemFixture, count: Int) async throws {
    let folder = folder(fixture)
    try await folder.write(entry(1, run: "run-0"))
    let first = try #require(try await folder.entries().entries.first)
    let text = try String(contentsOfFile: first.path + "/flowfile.json", encoding: .utf8)
    let random = SeededRandomSource(seed: 99)
    for number in 1..<count {
      let uuid = FlowFileID(random).text
      let path = first.path.replacing(first.document.uuid, with: uuid)
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      let copy = text.replacing(first.document.uuid, with: uuid).replacing("\"P1\"", with: "\"P\(number)\"")
      try Data(copy.utf8).write(to: URL(filePath: path + "/flowfile.json"))
    }
  }

  @Test("one more failure costs as many calls with 10,000 entries as with 10")
  func cost() async throws {
    func calls(count: Int) async throws -> [Int] {
      let fixture = try FileSystemFixture()
      try await Self.fill(fixture, count: count)
      #expect(try await Self.sweep(Self.folder(fixture)).listing.entries.count == count)
      let counting = FailingFileSystem(fixture.fileSystem)
      let folder = Self.folder(fixture, counting)
      try await folder.write(Self.entry(2))
      let written = counting.callCount
      #expect(try await Self.sweep(folder).listing.entries.count == count + 1)
      let swept = counting.callCount
      #expect(try await Self.sweep(folder).listing.damaged == [])
      return [written, swept - written, counting.callCount - swept]
    }
    let few = try await calls(count: 10)
    #expect(try await calls(count: 1000) == few)
    #expect(try await calls(count: 10_000) == few)
  }

  @Test("what the index says of entries is what they say, for all that the sweep asks")
  func summaries() async throws {
    let fixture = try FileSystemFixture()
    for seed in 1...24 as ClosedRange<UInt64> {
      try await Self.folder(fixture).write(Self.entry(seed, run: "run-\(seed % 3)", processor: seed % 2 == 0 ? "invoke heart" : "write=steps"))
    }
    try await Self.sweep(Self.folder(fixture))
    let read = try await Self.folder(fixture).entries(flow: "fitbit").entries
    let known = try await Self.sweep(Self.folder(fixture)).listing.entries
    #expect(known.map(\.path) == read.map(\.path) && known.allSatisfy { $0.document.message.isEmpty })
    func said(_ entries: [StoredEntry]) -> [[String]] {
      entries.map {
        [
          $0.cause.rawValue, $0.time.text, "\(String(describing: $0.slice))", $0.participant ?? "-", $0.document.run, $0.document.processor, $0.document.flow,
          $0.document.processorType, $0.document.attributes["scope"] ?? "-", $0.document.uuid, "\($0.document.way == nil)",
        ]
      }
    }
    #expect(said(known) == said(read))
    #expect(Set(known.superseded(currentRun: "run-2").map(\.path)) == Set(read.superseded(currentRun: "run-2").map(\.path)))
  }

  @Test("entries that others add and remove are seen: the names in the folder decide")
  func others() async throws {
    let fixture = try FileSystemFixture()
    for seed in 1...3 as ClosedRange<UInt64> { try await Self.folder(fixture).write(Self.entry(seed)) }
    let first = try await Self.sweep(Self.folder(fixture)).listing.entries
    // Somebody tidies up by hand, and a version without an index writes.
    try fixture.fileSystem.removeFolder(first[0].path)
    try await ErrorFolderFixture.folder(fixture).write(Self.entry(7))
    let found = try await Self.sweep(Self.folder(fixture)).listing
    #expect(found.entries.map(\.path) == (try await Self.folder(fixture).entries().entries.map(\.path)) && found.entries.count == 3)
    try fixture.fileSystem.removeFolder(fixture.path + "/errors")
    #expect(try await Self.sweep(Self.folder(fixture)).listing == ErrorListing())
  }

  @Test("no entry is removed because of its summary alone")
  func edited() async throws {
    let fixture = try FileSystemFixture()
    let folder = Self.folder(fixture)
    for seed in 1...2 as ClosedRange<UInt64> { try await folder.write(Self.entry(seed)) }
    let paths = try await Self.sweep(folder).listing.entries.map(\.path)
    let file = paths[0] + "/flowfile.json"
    let text = try String(contentsOfFile: file, encoding: .utf8)
    try text.replacing("2026-01-06T00:00:00Z", with: "2026-01-07T00:00:00Z").write(toFile: file, atomically: false, encoding: .utf8)
    let found = try await folder.summaries(flow: "fitbit")
    var removed: [Bool] = []
    for entry in found.listing.entries { removed.append(try await folder.remove(entry, foundIn: found)) }
    #expect(removed == [false, true])
    try await folder.keep(found, without: Set(paths), flow: "fitbit")
    let left = try await folder.summaries(flow: "fitbit").listing.entries
    #expect(left.map(\.path) == [paths[0]] && left[0].document.attributes["slice.end"] == "2026-01-07T00:00:00Z")
  }

  @Test("a damaged index is replaced: cut off, altered anywhere, of another version, a folder")
  func damaged() async throws {
    let fixture = try FileSystemFixture()
    for seed in 1...4 as ClosedRange<UInt64> { try await Self.folder(fixture).write(Self.entry(seed)) }
    let expected = try await Self.sweep(Self.folder(fixture)).listing.entries.map(\.path)
    let whole = try fixture.fileSystem.read(Self.index(fixture))
    var forms: [[UInt8]] = [[], Array("flowrun error index 2 0\n".utf8)]
    for place in stride(from: 0, to: whole.count, by: 7) {
      forms.append(Array(whole.prefix(place)))
      var altered = whole
      altered[place] ^= 0x15
      forms.append(altered)
    }
    for form in forms {
      try fixture.fileSystem.writeDurably(form, to: Self.index(fixture))
      #expect(try await Self.sweep(Self.folder(fixture)).listing.entries.map(\.path) == expected)
      #expect(try fixture.fileSystem.read(Self.index(fixture)) == whole)
    }
  }

  @Test("whichever call fails, nothing is lost and the next sweep finds every entry", arguments: FailingFileSystem.Pattern.allCases)
  func faults(pattern: FailingFileSystem.Pattern) async throws {
    func play(_ fixture: FileSystemFixture, _ folder: ErrorFolder) async throws {
      let found = try await folder.summaries(flow: "fitbit")
      guard let first = found.listing.entries.first else { return }
      _ = try await folder.remove(first, foundIn: found)
      try await folder.keep(found, without: [first.path], flow: "fitbit")
    }
    func bench() async throws -> (fixture: FileSystemFixture, first: String) {
      let fixture = try FileSystemFixture()
      for seed in 1...3 as ClosedRange<UInt64> { try await Self.folder(fixture).write(Self.entry(seed)) }
      let first = try await Self.sweep(Self.folder(fixture)).listing.entries[0].path
      try await Self.folder(fixture).write(Self.entry(5, run: "run-2"))
      return (fixture, first)
    }
    let (fixture, _) = try await bench()
    let counting = FailingFileSystem(fixture.fileSystem)
    try await play(fixture, Self.folder(fixture, counting))
    #expect(counting.callCount > 20)
    for failing in 1...counting.callCount {
      let (fixture, first) = try await bench()
      let faulty = FailingFileSystem(fixture.fileSystem, failing: failing, pattern: pattern, error: 5)
      do { try await play(fixture, Self.folder(fixture, faulty)) } catch { #expect(error is FileSystemError, "call \(failing)") }
      let read = try await Self.folder(fixture).entries()
      #expect(Set(read.entries.map(\.path)).union([first]).count == 4 && read.damaged == [], "call \(failing)")
      let found = try await Self.sweep(Self.folder(fixture)).listing
      #expect(found.entries.map(\.path) == read.entries.map(\.path) && found.damaged == [], "call \(failing)")
    }
  }

  @Test("the index can be removed, for it names participants; without it the entries are read")
  func removal() async throws {
    let fixture = try FileSystemFixture()
    try await Self.folder(fixture).write(Self.entry(1))
    try await Self.sweep(Self.folder(fixture))
    #expect(String(decoding: try fixture.fileSystem.read(Self.index(fixture)), as: UTF8.self).contains("=P1\t"))
    for _ in 1...2 { try await Self.folder(fixture).removeIndex(flow: "fitbit") }
    #expect(try fixture.tree("state/") == ["state/error-index/"])
    #expect(try await Self.sweep(Self.folder(fixture)).listing.entries.count == 1)
  }
}
