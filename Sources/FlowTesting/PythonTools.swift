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
    try await TestProgram.run(command(script, arguments), input: input)
  }

  /// A script that serves until its standard input ends, which is when this object is released or the test process ends.
  package final class Server: Sendable {
    /// The first line that the script writes, when it is ready.
    package let greeting: String
    private let program: HeldProgram

    fileprivate init(_ program: HeldProgram) throws {
      guard program.greeting.hasPrefix("ready ") else { throw Failure(description: "it said '\(program.greeting)'; expected 'ready' and how to reach it") }
      greeting = String(program.greeting.dropFirst(6))
      self.program = program
    }
  }

  /// Starts a server and waits until it is ready.
  package static func serve(_ script: String, _ arguments: [String] = []) async throws -> Server {
    try Server(try await HeldProgram(command(script, arguments)))
  }

  private static func command(_ script: String, _ arguments: [String]) throws -> [String] {
    guard isInstalled else { throw Failure(description: remedy) }
    return [python, root.appending(path: script).path] + arguments
  }
}
