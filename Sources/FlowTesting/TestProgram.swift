import FlowCore
import FlowFileSystem
import Foundation

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A program that a test starts.
///
/// Not Foundation's `Process`: that one knows that a program has ended when the last copy of a socket is closed, and whatever was started at the same
/// moment, or what the program has left behind, may hold a copy. A test then waited for a server that lives as long as the tests do. Here a thread
/// waits for the program itself, and it gets no descriptor but its own three.
package final class TestProgram: Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// What a standard descriptor is.
  package enum Stream: Sendable {
    case nothing
    /// Read from its beginning, or written anew.
    case file(String)
    /// The caller's own, which he closes.
    case descriptor(Int32)
  }

  /// Far more than any takes, on however busy a machine.
  private static let patience = Duration.seconds(600)

  package let identifier: Int32
  private let child: ChildProcess
  private let end: Task<Int32, any Error>
  private let code = Locked<Int32?>(nil)

  /// Starts it.
  /// - Parameters:
  ///   - words: its path, and its arguments.
  ///   - environment: nil: that of the tests.
  ///   - folder: where it runs; nil: where the tests do.
  package init(
    _ words: [String], environment: [String: String]? = nil, in folder: String? = nil, input: Stream = .nothing, output: Stream = .nothing, errors: Stream = .nothing
  ) throws {
    child = try Self.start(words, environment: environment, in: folder, input: input, output: output, errors: errors)
    identifier = child.identifier
    end = Task { [child, code] in
      try await DispatchLane(label: "test program").run {
        let number = try Self.number(child.wait())
        code.withLock { $0 = number }
        return number
      }
    }
  }

  package var isRunning: Bool { code.withLock { $0 } == nil }

  /// Waits for its end. Returns its exit code; the number of the signal if one has ended it. Throws `Failure` if it stands still: after ten minutes it is
  /// ended, with all that it has started.
  package func result() async throws -> Int32 {
    let isLate = Locked(false)
    let ending = DispatchTimeSource().schedule(after: Self.patience) { [child] in
      isLate.withLock { $0 = true }
      child.signalGroup(SIGKILL)
    }
    defer { ending.cancel() }
    let code = try await end.value
    guard !isLate.withLock({ $0 }) else {
      throw Failure(description: "process \(identifier) did not end within \(Self.patience.components.seconds) s and was ended")
    }
    return code
  }

  package func signal(_ number: Int32) { kill(identifier, number) }

  /// Runs a program to its end; returns what it has written. Throws `Failure` if it fails.
  /// - Parameter input: its standard input.
  @discardableResult
  package static func run(_ words: [String], environment: [String: String]? = nil, input: [UInt8] = []) async throws -> [UInt8] {
    let folder = try TemporaryFolder()
    // Files instead of pipes: nobody has to read while it runs.
    try Data(input).write(to: URL(filePath: folder.path("in")))
    let program = try TestProgram(
      words, environment: environment, input: .file(folder.path("in")), output: .file(folder.path("out")), errors: .file(folder.path("err")))
    return try written(words, code: try await program.result(), folder)
  }

  /// The same, for callers that are not asynchronous; blocks.
  package static func runBlocking(_ words: [String]) throws -> [UInt8] {
    let folder = try TemporaryFolder()
    let child = try start(words, input: .nothing, output: .file(folder.path("out")), errors: .file(folder.path("err")))
    return try written(words, code: try number(child.wait()), folder)
  }

  /// A program as failures name it: its arguments may be scripts.
  fileprivate static func name(_ words: [String]) -> String { String(words.joined(separator: " ").prefix(200)) }

  private static func written(_ words: [String], code: Int32, _ folder: TemporaryFolder) throws -> [UInt8] {
    guard code == 0 else {
      throw Failure(description: "\(name(words)) ended with \(code): \(try String(contentsOfFile: folder.path("err"), encoding: .utf8))")
    }
    return Array(try Data(contentsOf: URL(filePath: folder.path("out"))))
  }

  private static func number(_ ending: ChildProcess.Ending) -> Int32 {
    switch ending {
    case .exit(let code): code
    case .signal(let number): number
    }
  }

  private static func start(
    _ words: [String], environment: [String: String]? = nil, in folder: String? = nil, input: Stream, output: Stream, errors: Stream
  ) throws -> ChildProcess {
    let fileSystem = POSIXFileSystem()
    var own: [Int32] = []
    defer { for descriptor in own { fileSystem.close(descriptor) } }
    func descriptor(_ stream: Stream, isRead: Bool) throws -> Int32 {
      switch stream {
      case .descriptor(let descriptor): return descriptor
      case .nothing: own.append(try fileSystem.open("/dev/null", isRead ? .read : .readWrite(mode: 0o600)))
      case .file(let path): own.append(try fileSystem.open(path, isRead ? .read : .replace(mode: 0o600)))
      }
      return own[own.count - 1]
    }
    return try ChildProcess.start(
      words, environment: environment, folder: folder, input: descriptor(input, isRead: true), output: descriptor(output, isRead: false),
      errors: descriptor(errors, isRead: false))
  }
}

/// A program that writes a line when it is ready, and ends when its standard input ends: when this object is released or the test process ends.
package final class HeldProgram: Sendable {
  /// The first line that it writes.
  package let greeting: String
  private let holder: Locked<FileHandle>

  /// Starts it and waits for its first line. Throws `TestProgram.Failure` with what it has written to standard error if it ends without one.
  package init(_ words: [String], environment: [String: String]? = nil) async throws {
    let folder = try TemporaryFolder(), input = Pipe(), output = Pipe()
    let program = try TestProgram(
      words, environment: environment, input: .descriptor(input.fileHandleForReading.fileDescriptor), output: .descriptor(output.fileHandleForWriting.fileDescriptor),
      errors: .file(folder.path("err")))
    // Both ends that are the program's: its end could not be seen otherwise.
    try input.fileHandleForReading.close()
    try output.fileHandleForWriting.close()
    holder = Locked(input.fileHandleForWriting)
    greeting = try await Self.firstLine(output.fileHandleForReading)
    guard greeting.isEmpty else { return }
    try holder.withLock { try $0.close() }
    let code = try await program.result()
    throw TestProgram.Failure(description: "\(TestProgram.name(words)) ended with \(code) before it was ready: \(try String(contentsOfFile: folder.path("err"), encoding: .utf8))")
  }

  deinit { holder.withLock { $0.closeFile() } }

  /// Empty if the pipe ends before it.
  private static func firstLine(_ reading: sending FileHandle) async throws -> String {
    let handle = Locked(reading)
    return try await DispatchLane(label: "first line").run {
      try handle.withLock { handle in
        defer { handle.closeFile() }
        var bytes: [UInt8] = []
        while let byte = try handle.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
      }
    }
  }
}
