import FlowCore
import Foundation

/// Python with the packages that tests compare flowrun with (`Tests/python-packages.txt`), made by `Scripts/setup --tests`.
package enum PythonTools {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private static let python = root.appending(path: ".build/python/bin/python").path
  /// Written by `Scripts/setup` when everything is there.
  private static let isInstalled = FileManager.default.fileExists(atPath: root.appending(path: ".build/python/installed.txt").path)

  /// For `.enabled(if:)`: whether tests that need the packages are run. In continuous integration they are always: without the packages they fail.
  package static let mayRun = isInstalled || ProcessInfo.processInfo.environment["CI"] == "true"
  package static let remedy = "the Python packages of the tests are missing; run Scripts/setup --tests"

  /// Runs a script to its end; returns what it writes. Throws if it fails.
  /// - Parameters:
  ///   - script: the path below the repository.
  ///   - input: its standard input.
  package static func run(_ script: String, _ arguments: [String] = [], input: [UInt8]) async throws -> [UInt8] {
    let folder = try TemporaryFolder()
    let process = try prepare(script, arguments)
    // Files instead of pipes: nobody has to read while it runs.
    let files = try ["in", "out", "err"].map { name in
      try Data(name == "in" ? input : []).write(to: URL(filePath: folder.path(name)))
      return try name == "in" ? FileHandle(forReadingFrom: URL(filePath: folder.path(name))) : FileHandle(forWritingTo: URL(filePath: folder.path(name)))
    }
    process.standardInput = files[0]
    process.standardOutput = files[1]
    process.standardError = files[2]
    let (ended, end) = AsyncStream.makeStream(of: Int32.self)
    process.terminationHandler = { end.yield($0.terminationStatus) }
    try process.run()
    for file in files { try file.close() }
    for await code in ended {
      if code == 0 { break }
      throw Failure(description: "\(script) ended with \(code): \(try String(contentsOfFile: folder.path("err"), encoding: .utf8))")
    }
    return Array(try Data(contentsOf: URL(filePath: folder.path("out"))))
  }

  /// A script that serves until its standard input ends, which is when this object is released or the test process ends.
  package final class Server: Sendable {
    /// The first line that the script writes, when it is ready.
    package let greeting: String
    private let holder: Locked<Pipe>

    fileprivate init(greeting: String, holder: sending Pipe) {
      self.greeting = greeting
      self.holder = Locked(holder)
    }

    deinit { try? holder.withLock { $0 }.fileHandleForWriting.close() }
  }

  /// Starts a server and waits until it is ready.
  package static func serve(_ script: String, _ arguments: [String] = []) async throws -> Server {
    let process = try prepare(script, arguments), holder = Pipe(), output = Pipe(), folder = try TemporaryFolder()
    try Data().write(to: URL(filePath: folder.path("err")))
    let errors = try FileHandle(forWritingTo: URL(filePath: folder.path("err")))
    process.standardInput = holder
    process.standardOutput = output
    process.standardError = errors
    let (lines, line) = AsyncStream.makeStream(of: String.self)
    output.fileHandleForReading.readabilityHandler = { handle in
      line.yield(String(decoding: handle.availableData, as: UTF8.self))
      handle.readabilityHandler = nil
    }
    try process.run()
    try errors.close()
    for await said in lines {
      guard said.hasPrefix("ready ") else { break }
      return Server(greeting: String(said.dropFirst(6).prefix { $0 != "\n" }), holder: holder)
    }
    throw Failure(description: "\(script) did not start: \(try String(contentsOfFile: folder.path("err"), encoding: .utf8))")
  }

  private static func prepare(_ script: String, _ arguments: [String]) throws -> Process {
    guard isInstalled else { throw Failure(description: remedy) }
    let process = Process()
    process.executableURL = URL(filePath: python)
    process.arguments = [root.appending(path: script).path] + arguments
    return process
  }
}
