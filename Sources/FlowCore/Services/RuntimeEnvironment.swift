/// Everything of the outside world that a run uses, passed to services and processors when they are created.
///
/// Nothing else in flowrun reads a clock, generates random numbers, or opens files and sockets. Tests substitute their
/// own. A class, because every session holds it: a struct of a dozen references would be retained a dozen times.
package final class RuntimeEnvironment: Sendable {
  package let time: any TimeSource
  package let random: any RandomSource
  package let fileSystem: any FileSystem
  package let transport: any HTTPTransport
  package let json: any RecordExtractor
  package let executor: any TaskExecutor
  /// Creates a lane; the name is for debugging.
  package let lane: @Sendable (String) -> any Lane
  /// This run's id, as recorded in the ledger, the run history and the error folder.
  package let run: String
  /// SHA-256 (hex) of the flow file's bytes.
  package let flowSHA256: String
  /// Tracks which columns had a value.
  package let columns: ColumnRegister
  /// Values that modules above the framework share within this run; one object for the whole run.
  package let shared: SharedValues
  /// Reads an environment variable of the process; nil if it is not set.
  package let variable: @Sendable (_ name: String) -> String?
  /// Writes a line to the log (standard error): a constant message and its variable parts.
  package let log: @Sendable (_ message: String, _ metadata: [String: String]) -> Void

  package init(
    time: any TimeSource, random: any RandomSource, fileSystem: any FileSystem, transport: any HTTPTransport,
    json: any RecordExtractor, executor: any TaskExecutor, lane: @escaping @Sendable (String) -> any Lane,
    run: String, flowSHA256: String,
    columns: ColumnRegister = ColumnRegister(), shared: SharedValues = SharedValues(),
    variable: @escaping @Sendable (_ name: String) -> String? = { _ in nil },
    log: @escaping @Sendable (_ message: String, _ metadata: [String: String]) -> Void = { _, _ in }
  ) {
    self.time = time
    self.random = random
    self.fileSystem = fileSystem
    self.transport = transport
    self.json = json
    self.executor = executor
    self.lane = lane
    self.run = run
    self.flowSHA256 = flowSHA256
    self.columns = columns
    self.shared = shared
    self.variable = variable
    self.log = log
  }
}
