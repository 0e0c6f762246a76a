/// Everything of the outside world that a run touches, in one value: given to services and processors when they are made.
///
/// Nothing else in flowrun reads a clock, draws a number, opens a file or a socket. Tests put other parts in.
package struct RuntimeEnvironment: Sendable {
  package var time: any TimeSource
  package var random: any RandomSource
  package var fileSystem: any FileSystem
  package var transport: any HTTPTransport
  package var json: any RecordExtractor
  package var executor: any TaskExecutor
  /// Makes a lane; the name is for debuggers.
  package var lane: @Sendable (String) -> any Lane
  /// The id of this run, as the ledger, the journal and the error folder name it.
  package var run: String
  /// SHA-256 (hex) of the flow file's bytes.
  package var flowSHA256: String
  /// Which columns had a value.
  package var columns = ColumnRegister()
  /// What the modules above the framework share in this run; copies of the environment have it in common.
  package let shared = SharedValues()
  /// An environment variable of the process; nil: it is not set.
  package var variable: @Sendable (_ name: String) -> String?
  /// Writes a line to the log (standard error): a constant sentence and its variable parts.
  package var log: @Sendable (_ message: String, _ metadata: [String: String]) -> Void

  package init(
    time: any TimeSource, random: any RandomSource, fileSystem: any FileSystem, transport: any HTTPTransport,
    json: any RecordExtractor, executor: any TaskExecutor, lane: @escaping @Sendable (String) -> any Lane,
    run: String, flowSHA256: String,
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
    self.variable = variable
    self.log = log
  }
}
