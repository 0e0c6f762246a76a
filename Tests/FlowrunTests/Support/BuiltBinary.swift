import FlowCore
import FlowTesting
import Foundation
import StudyModel

/// The program as it was built, run as a person would run it.
struct BuiltBinary: Sendable {
  struct Result: Sendable {
    var exit: Int32
    var output: String
    var errors: String

    /// The one object that `--format json` prints.
    func json() throws -> [String: Any] {
      try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] ?? [:]
    }
  }

  struct Signal: Sendable {
    var number: Int32
    var after: Duration
    static func kill(after: Duration) -> Signal { Signal(number: SIGKILL, after: after) }
  }

  /// The program while it runs.
  struct Running: Sendable {
    /// The files of standard output and standard error.
    var output: String
    var errors: String
    var identifier: Int32

    func interrupt() { kill(identifier, SIGINT) }
  }

  /// Where it runs: relative paths begin here.
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static let repository = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Beside the test bundle that is running.
  static let executable = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
    .appending(path: "flowrun")

  /// A shipped flow's path.
  static func flow(_ name: String) -> String { repository.appending(path: "Flows/\(name).yaml").path() }

  /// Runs to the end. The output goes through files, so that no pipe can fill up.
  /// - Parameters:
  ///   - input: the file that is standard input; none by default.
  ///   - launcher: a program and its arguments that runs the words after them, such as `/bin/sh -c 'umask 0; exec "$@"' sh`.
  ///   - signals: what is sent to it, and how long after its start. After SIGKILL its exit is 9.
  ///   - whileRunning: does something beside it.
  func run(
    _ arguments: [String], environment: [String: String] = [:], input: String? = nil, through launcher: [String] = [],
    signals: [Signal] = [], whileRunning: ((Running) async throws -> Void)? = nil
  ) async throws -> Result {
    let name = UUID().uuidString
    let output = folder.path("\(name).out")
    let errors = folder.path("\(name).err")
    let program = try TestProgram(
      launcher + [Self.executable.path()] + arguments, environment: ["PATH": "/usr/bin:/bin", "HOME": folder.path].merging(environment) { $1 }, in: folder.path,
      input: input.map { .file($0) } ?? .nothing, output: .file(output), errors: .file(errors))
    let identifier = program.identifier
    let time = DispatchTimeSource()
    let sending = signals.map { signal in time.schedule(after: signal.after) { kill(identifier, signal.number) } }
    defer { for action in sending { action.cancel() } }
    do {
      try await whileRunning?(Running(output: output, errors: errors, identifier: identifier))
    } catch {
      kill(identifier, SIGKILL)
      throw error
    }
    return Result(
      exit: try await program.result(), output: try String(contentsOfFile: output, encoding: .utf8),
      errors: try String(contentsOfFile: errors, encoding: .utf8))
  }

  /// A file below the folder, made with its folders.
  func write(_ text: String, to name: String) throws {
    let url = URL(filePath: folder.path(name))
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: url, atomically: true, encoding: .utf8)
  }

  /// Copies a folder's contents, hidden ones too, with the modes that the program gives its files: git does not keep them.
  func copy(contentsOf source: URL) throws {
    let manager = FileManager.default
    for name in try manager.contentsOfDirectory(atPath: source.path()) {
      try manager.copyItem(at: source.appending(path: name), to: URL(filePath: folder.path(name)))
    }
    for case let path as String in manager.enumerator(atPath: folder.path) ?? .init() {
      let attributes = try manager.attributesOfItem(atPath: folder.path(path))
      let isFolder = attributes[.type] as? FileAttributeType == .typeDirectory
      try manager.setAttributes([.posixPermissions: isFolder ? 0o700 : 0o600], ofItemAtPath: folder.path(path))
    }
  }
}
