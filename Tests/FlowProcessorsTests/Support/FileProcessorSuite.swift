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

  /// Puts other content of the same length into a file, a nanosecond after its old one.
  func forge(_ name: String) throws {
    let path = folder.path(name)
    let before = try #require(try fileSystem.identity(path))
    try put(name, String(repeating: "z", count: Int(before.sizeBytes)))
    let (seconds, nanoseconds) = (before.modified + 1).quotientAndRemainder(dividingBy: 1_000_000_000)
    let time = timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds))
    #expect(utimensat(AT_FDCWD, path, [time, time], 0) == 0)
  }

  func names(_ outcomes: [ProcessorTest.Outcome]) -> [String] { outcomes.flatMap { $0["success"] }.compactMap { $0["filename"] } }
  var left: [String] { get throws { try fileSystem.names(in: folder.path("inbox")) } }
}

/// What changes a file's time of status (ctime) and not its content.
enum MetadataChange: String, CaseIterable {
  case mode, newLink, removedLink

  func prepare(_ name: String, in folder: TemporaryFolder) throws {
    if self == .removedLink { try FileManager.default.linkItem(atPath: folder.path(name), toPath: folder.path("second name")) }
  }

  func make(_ name: String, in folder: TemporaryFolder) throws {
    switch self {
    case .mode: #expect(chmod(folder.path(name), 0o600) == 0)
    case .newLink: try FileManager.default.linkItem(atPath: folder.path(name), toPath: folder.path("second name"))
    case .removedLink: try FileManager.default.removeItem(atPath: folder.path("second name"))
    }
  }
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
