import FlowCore

/// What a test waited for did not happen.
package struct NeverHappened: Error, CustomStringConvertible {
  package let description: String
}

/// How long a test waits for what takes moments, on however busy a machine.
private let patience = Duration.seconds(300)

/// Waits until a condition holds that something else brings about: another thread, a program, a server. A test that waits for what never comes fails;
/// one that stands still would keep everybody else's results back.
///
/// Throws `NeverHappened` after five minutes, and whatever the condition throws.
package func waitUntil(_ condition: () async throws -> Bool, file: StaticString = #fileID, line: Int = #line) async throws {
  let time = DispatchTimeSource(), began = time.monotonic
  while try await !condition() {
    guard time.monotonic - began < patience else {
      throw NeverHappened(description: "\(file):\(line) waited \(patience.components.seconds) s for what did not happen")
    }
    await time.sleep(for: .milliseconds(2))
  }
}
