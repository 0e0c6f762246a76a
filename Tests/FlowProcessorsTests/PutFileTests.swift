import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowProcessors
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("PutFile writes atomically, for the owner only")
struct PutFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func putFile(
    _ environment: RuntimeEnvironment? = nil, conflict: String = "replace", name: String = "answers/day.json"
  ) throws -> ProcessorTest {
    try ProcessorTest(
      PutFile.self, ["folder": .text(folder.path("out")), "name": .text(name), "conflict": .text(conflict)],
      environment: environment ?? .undriven(fileSystem: POSIXFileSystem()))
  }

  private func mode(_ path: String) throws -> UInt32 { try #require(try POSIXFileSystem().status(path)).mode & 0o777 }

  @Test("the file is 0600, its folders 0700, and nothing else is left")
  func modes() async throws {
    let test = try putFile()
    let outcome = await test.run([test.flowFile(text: "{}")])
    #expect(outcome["success"].first?["putfile.path"] == folder.path("out/answers/day.json"))
    #expect(try mode(folder.path("out/answers/day.json")) == 0o600)
    #expect(try mode(folder.path("out")) == 0o700)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("out/answers")) == ["day.json"])
  }

  @Test("a file readable by others is replaced by a private one")
  func replaces() async throws {
    try FileManager.default.createDirectory(atPath: folder.path("out/answers"), withIntermediateDirectories: true)
    try POSIXFileSystem().writeDurably([1], to: folder.path("out/answers/day.json"), mode: 0o644)
    let test = try putFile()
    _ = await test.run([test.flowFile(text: "new")])
    #expect(try mode(folder.path("out/answers/day.json")) == 0o600)
    #expect(try String(contentsOfFile: folder.path("out/answers/day.json"), encoding: .utf8) == "new")
  }

  @Test("two processors and two FlowFiles never share a temporary name, and it is renamed only when it is durable")
  func temporaryNames() async throws {
    let calls = Locked<[(boundary: String, path: String)]>([])
    let guarded = GuardedFileSystem(POSIXFileSystem()) { boundary, path in calls.withLock { $0.append((boundary, path)) } }
    let first = try putFile(.undriven(seed: 1, fileSystem: guarded))
    let second = try putFile(.undriven(seed: 2, fileSystem: guarded))
    let flowFile = first.flowFile(text: "same")
    _ = await first.run([flowFile])
    _ = await second.run([flowFile])
    _ = await second.run([second.flowFile(text: "other")])
    let made = calls.withLock { $0 }
    let temporary = made.filter { $0.boundary == "file.write" }.map(\.path)
    #expect(temporary.count == 3 && Set(temporary).count == 3)
    for path in temporary {
      let own = made.filter { $0.path == path }.map(\.boundary)
      #expect(own.firstIndex(of: "file.synchronize").map { $0 > own.firstIndex(of: "file.write") ?? 0 } == true)
    }
    // New folders are durable in their parents, and the file in its folder.
    let synchronized = Set(made.filter { $0.boundary == "file.synchronize" }.map(\.path))
    #expect(synchronized.isSuperset(of: [folder.path, folder.path("out"), folder.path("out/answers")]))
  }

  @Test("temporary files of a killed run are removed; those being written are kept")
  func leftovers() async throws {
    let fileSystem = POSIXFileSystem()
    try fileSystem.makeFolder(folder.path("out/answers"))
    try fileSystem.writeDurably([1], to: folder.path("out/answers/.flowrun-dead-1.partial"))
    let alive = folder.path("out/answers/.flowrun-alive-1.partial")
    let descriptor = try fileSystem.open(alive, .readWrite(mode: 0o600))
    defer { fileSystem.close(descriptor) }
    #expect(try fileSystem.lock(descriptor, offset: 0, length: 1, path: alive))
    let test = try putFile()
    _ = await test.run([test.flowFile(text: "{}")])
    #expect(
      Set(try FileManager.default.contentsOfDirectory(atPath: folder.path("out/answers"))) == ["day.json", ".flowrun-alive-1.partial"])
  }

  @Test("another run that starts at any moment and removes leftovers does not take the file away", arguments: 1...16)
  func startingBeside(call: Int) async throws {
    let fileSystem = POSIXFileSystem(), folder = folder
    let count = Locked(0)
    let watched = GuardedFileSystem(fileSystem) { boundary, path in
      guard count.withLock({ count in
        count += 1
        return count == call
      }) else { return }
      let names = try fileSystem.status(folder.path("out/answers")) == nil ? [] : try fileSystem.names(in: folder.path("out/answers"))
      // What PutFile of another process does with the folder.
      for name in names where name.hasSuffix(".partial") {
        let file = folder.path("out/answers/\(name)")
        let descriptor = try fileSystem.open(file, .readWrite(mode: 0o600))
        defer { fileSystem.close(descriptor) }
        if try fileSystem.lock(descriptor, offset: 0, length: 1, path: file) { try fileSystem.removeFile(file) }
      }
    }
    let test = try putFile(.undriven(fileSystem: watched))
    let outcome = await test.run([test.flowFile(text: "{}")])
    #expect(outcome["success"].count == 1, "\(String(describing: outcome.failure))")
    #expect(try fileSystem.names(in: folder.path("out/answers")) == ["day.json"])
  }

  @Test("for any failing call there is either the old or the new file, and the failure is reported", arguments: 1...12)
  func failing(call: Int) async throws {
    let fileSystem = POSIXFileSystem()
    try fileSystem.makeFolder(folder.path("out/answers"))
    try fileSystem.writeDurably(Array("old".utf8), to: folder.path("out/answers/day.json"))
    let count = Locked(0)
    let faulty = GuardedFileSystem(fileSystem) { boundary, path in
      let isFailing = count.withLock { count in
        count += 1
        return count == call
      }
      if isFailing { throw FileSystemError(operation: boundary, path: path, errno: 5, reason: "made to fail") }
    }
    let test = try putFile(.undriven(fileSystem: faulty))
    let outcome = await test.run([test.flowFile(text: "new")])
    let text = try String(contentsOfFile: folder.path("out/answers/day.json"), encoding: .utf8)
    #expect(text == "new" || (text == "old" && outcome.failure?.cause == .disk))
    if outcome["success"].isEmpty { #expect(outcome.failure?.cause == .disk) }
  }

  @Test("an existing file is kept or a failure, as configured", arguments: ["ignore", "fail"])
  func conflict(_ conflict: String) async throws {
    let first = try putFile()
    _ = await first.run([first.flowFile(text: "first")])
    let test = try putFile(conflict: conflict)
    let outcome = await test.run([test.flowFile(text: "second")])
    #expect(outcome["success"].count == (conflict == "ignore" ? 1 : 0))
    #expect(try String(contentsOfFile: folder.path("out/answers/day.json"), encoding: .utf8) == "first")
  }

  @Test("files of the run itself are not replaced, by whatever way", arguments: ["study.sqlite", "study.sqlite-wal", "participants/P1.json", "link/P1.json", "new/../participants/P2.json", "no/further/../../participants/P2.json"])
  func protectedFiles(_ name: String) async throws {
    let fileSystem = POSIXFileSystem()
    for file in ["participants", "new"] { try fileSystem.makeFolder(folder.path(file)) }
    for file in ["study.sqlite", "study.sqlite-wal", "participants/P1.json"] { try fileSystem.writeDurably([1], to: folder.path(file)) }
    try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: folder.path("participants"))
    let environment = RuntimeEnvironment.undriven(fileSystem: fileSystem)
    environment.shared.put(
      ProtectedPaths([.init("the participants folder", path: folder.path("participants")), .init("the database", path: folder.path("study.sqlite"), suffixes: ["-wal"])]))
    let path = folder.path(name), slash = try #require(path.lastIndex(of: "/"))
    let test = try ProcessorTest(
      PutFile.self, ["folder": .text(String(path[..<slash])), "name": .text(String(path[path.index(after: slash)...]))], environment: environment)
    let failure = await test.run([test.flowFile(text: "{}")]).failure
    #expect(failure?.cause == .badRequest && failure?.message.contains("belongs to the") == true)
    for file in ["study.sqlite", "study.sqlite-wal", "participants/P1.json"] { #expect(try fileSystem.read(folder.path(file)) == [1]) }
    #expect(try fileSystem.names(in: folder.path("participants")) == ["P1.json"])
  }

  @Test("a folder in which an attribute leads to a parent folder is refused")
  func parents() async throws {
    let test = try ProcessorTest(
      PutFile.self, ["folder": .text(folder.path("out/${site}")), "name": "x"], compiler: CompiledExpressions(parameters: []),
      environment: .undriven(fileSystem: POSIXFileSystem()))
    #expect(await test.run([test.flowFile(["site": "../.."], content: .bytes([1]))]).failure?.cause == .badRequest)
    #expect(await test.run([test.flowFile(["site": "a..b/c"], content: .bytes([1]))])["success"].count == 1)
  }

  @Test("a folder is made of an expression once for each FlowFile, so that a counter in it skips no number")
  func evaluatedOnce() async throws {
    let test = try ProcessorTest(
      PutFile.self, ["folder": .text(folder.path("out/${nextInt()}")), "name": "x"], compiler: CompiledExpressions(parameters: []),
      environment: .undriven(fileSystem: POSIXFileSystem()))
    for _ in 0..<3 { #expect(await test.run([test.flowFile(text: "x")])["success"].count == 1) }
    let numbers = try POSIXFileSystem().names(in: folder.path("out")).compactMap(Int.init)
    #expect(numbers.count == 3 && numbers[2] - numbers[0] == 2)
  }

  @Test("a name outside of the folder is rejected", arguments: ["../x", "a/../../x", "..", "."])
  func outside(name: String) async throws {
    let test = try putFile(name: name)
    let outcome = await test.run([test.flowFile(text: "{}")])
    #expect(outcome.failure?.cause == .badData)
    #expect(!FileManager.default.fileExists(atPath: folder.path("x")))
  }
}
