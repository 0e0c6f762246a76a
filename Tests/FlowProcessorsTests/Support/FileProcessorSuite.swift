import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowTesting
import Foundation
import Testing

@testable import FlowProcessors

/// Tests of a processor that takes files, in a folder of their own on the machine's file system.
protocol FileProcessorSuite {
  var folder: TemporaryFolder { get }
}

extension FileProcessorSuite {
  var fileSystem: POSIXFileSystem { POSIXFileSystem() }

  func put(_ name: String, _ text: String = "text") throws {
    let path = folder.path(name)
    try fileSystem.makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    try fileSystem.writeDurably(Array(text.utf8), to: path, mode: 0o640)
  }

  func environment(_ fileSystem: (any FileSystem)? = nil) -> RuntimeEnvironment {
    let environment = RuntimeEnvironment.undriven(time: ManualTime(now: Instant(seconds: 4_000_000_000)), fileSystem: fileSystem ?? self.fileSystem)
    environment.shared.put(RunStateFolder(path: folder.path("state"), flow: "files"))
    return environment
  }

  func test(_ type: any Processor.Type, _ properties: [String: PropertyLiteral] = [:], in name: String = "inbox", _ fileSystem: (any FileSystem)? = nil) throws -> ProcessorTest {
    let folder = type == FetchFile.self ? [:] : ["input_directory": PropertyLiteral.text(self.folder.path(name))]
    return try ProcessorTest(type, folder.merging(properties) { $1 }, compiler: CompiledExpressions(parameters: []), environment: environment(fileSystem))
  }

  /// Calls an action once, after the first part of a file has been read.
  func interrupted(_ action: @escaping @Sendable () throws -> Void) -> GuardedFileSystem {
    let left = Locked(true)
    return GuardedFileSystem(fileSystem, before: { _, _ in }) { boundary, _ in
      guard boundary == "file.read", left.withLock({ left in
        defer { left = false }
        return left
      }) else { return }
      do { try action() } catch { Issue.record("\(error)") }
    }
  }

  /// Puts other content of the same length into a file, and its old time back.
  func forge(_ name: String) throws {
    let path = folder.path(name)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    let length = try fileSystem.read(path).count
    try put(name, String(repeating: "z", count: length))
    try FileManager.default.setAttributes([.modificationDate: try #require(attributes[.modificationDate])], ofItemAtPath: path)
  }

  func names(_ outcomes: [ProcessorTest.Outcome]) -> [String] { outcomes.flatMap { $0["success"] }.compactMap { $0["filename"] } }
  var left: [String] { get throws { try fileSystem.names(in: folder.path("inbox")) } }
}

/// How a lineage ends, for its handler.
enum Ended {
  static let finished: LineageOutcome = {
    var outcome = LineageOutcome()
    outcome.finished = 1
    return outcome
  }()
  static let failed: LineageOutcome = {
    var outcome = LineageOutcome()
    outcome.add(FlowFileFailure(cause: .badData, message: "bad"))
    return outcome
  }()
  static let deferred: LineageOutcome = {
    var outcome = finished
    outcome.deferred = 1
    return outcome
  }()
}
