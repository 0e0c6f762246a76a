import FlowTesting
import Foundation

/// A run of the program in a terminal of its own (`Scripts/terminal_recording.py`).
struct TerminalRecording: Decodable, Sendable {
  enum Step: Encodable, Sendable {
    /// Waits until a text is on the screen.
    case until(String)
    case resize(columns: Int, rows: Int)
    case type(String)
    case kill(Int32)
    /// A signal to another process.
    case signal(process: Int32, Int32)

    private enum CodingKeys: CodingKey { case until, resize, type, kill, signal }

    func encode(to encoder: any Encoder) throws {
      var members = encoder.container(keyedBy: CodingKeys.self)
      switch self {
      case .until(let text): try members.encode(text, forKey: .until)
      case .resize(let columns, let rows): try members.encode([columns, rows], forKey: .resize)
      case .type(let text): try members.encode(text, forKey: .type)
      case .signal(let process, let signal): try members.encode([process, signal], forKey: .signal)
      case .kill(let signal): try members.encode(signal, forKey: .kill)
      }
    }
  }

  private struct Task: Encodable {
    var command: [String]
    var folder: String
    var environment: [String: String]
    var columns: Int
    var rows: Int
    var steps: [Step]
  }

  /// The exit code, or minus the signal that ended it.
  var exit: Int32
  /// Whether the terminal's settings were the same before and after.
  var settings: Bool
  /// Lines that were too long for the terminal, up to each step, then to the end.
  var wrapped: [Int]
  /// The screen after each step, then at the end.
  var screens: [String]
  /// Of the cursor, at the end.
  var column: Int
  var styles: Int
  /// Sequences that change the terminal's state, such as those that hide the cursor.
  var modes: [String]

  static func make(
    _ binary: BuiltBinary, _ arguments: [String], columns: Int, rows: Int = 24, environment: [String: String] = [:], steps: [Step]
  ) async throws -> TerminalRecording {
    let base = ["PATH": "/usr/bin:/bin", "HOME": binary.folder.path, "TERM": "xterm-256color"]
    let task = Task(
      command: [BuiltBinary.executable.path()] + arguments, folder: binary.folder.path, environment: base.merging(environment) { $1 }, columns: columns,
      rows: rows, steps: steps)
    let answer = try await PythonTools.run("Tests/FlowrunTests/Scripts/terminal_recording.py", input: Array(try JSONEncoder().encode(task)))
    return try JSONDecoder().decode(TerminalRecording.self, from: Data(answer))
  }
}
