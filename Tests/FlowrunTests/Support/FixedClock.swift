import FlowTesting
import Foundation

/// A wall clock that stands still, for programs that a test starts (`Scripts/fixed_clock.c`). Linux only.
struct FixedClock: Sendable {
  private struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private let folder: TemporaryFolder
  private var library: String { folder.path("fixed_clock.so") }

  #if os(Linux)
    static let isThere = true
  #else
    static let isThere = false
  #endif

  /// Builds it with the C compiler that builds this package, else with the machine's own.
  init() async throws {
    folder = try TemporaryFolder()
    let source = BuiltBinary.repository.appending(path: "Tests/FlowrunTests/Scripts/fixed_clock.c").path()
    do {
      try await TestProgram.run(["/bin/sh", "-c", "$(command -v clang || command -v cc) -shared -fPIC -O1 -o \"$1\" \"$2\"", "sh", library, source])
    } catch let error as TestProgram.Failure {
      throw Failure(description: "\(source) cannot be compiled; expected clang or cc on PATH: \(error)")
    }
  }

  /// The environment of a program for which it is this time.
  func environment(seconds: Int) -> [String: String] { ["LD_PRELOAD": library, "FIXED_CLOCK": "\(seconds)"] }
}
