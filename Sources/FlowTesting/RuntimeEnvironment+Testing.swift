import FlowCore

extension RuntimeEnvironment {
  /// An environment for tests, with doubles for everything that is not given: the executor's clock, numbers from its seed, lanes that are
  /// jobs of the executor, no files, no network, no JSON.
  package static func testing(
    executor: ManualExecutor = ManualExecutor(), random: (any RandomSource)? = nil,
    fileSystem: any FileSystem = NoFileSystem(),
    transport: any HTTPTransport = ScriptedTransport(answers: []), json: any RecordExtractor = NoRecordExtractor(),
    run: String = "test-run", flowSHA256: String = String(repeating: "0", count: 64)
  ) -> RuntimeEnvironment {
    RuntimeEnvironment(
      time: executor.time, random: random ?? SeededRandomSource(seed: executor.seed), fileSystem: fileSystem,
      transport: transport, json: json, executor: executor, lane: { _ in InlineLane(executor: executor) }, run: run,
      flowSHA256: flowSHA256)
  }

  /// The same without a driver: for tests that await on the system's own threads. Lanes run at once, time stands still unless moved.
  package static func undriven(
    time: ManualTime = ManualTime(), seed: UInt64 = 1, fileSystem: any FileSystem = NoFileSystem(),
    transport: any HTTPTransport = ScriptedTransport(answers: []), json: any RecordExtractor = NoRecordExtractor(),
    run: String = "test-run", flowSHA256: String = String(repeating: "0", count: 64)
  ) -> RuntimeEnvironment {
    RuntimeEnvironment(
      time: time, random: SeededRandomSource(seed: seed), fileSystem: fileSystem, transport: transport, json: json,
      executor: DispatchExecutor(label: "test"), lane: { _ in InlineLane() }, run: run, flowSHA256: flowSHA256)
  }
}
