import FlowCore

extension RuntimeEnvironment {
  /// A test environment with doubles for everything not given: the executor's clock, random numbers from its seed,
  /// lanes that run as the executor's jobs, and no files, network or JSON.
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

  /// The same without an executor to drive: for tests on the system's threads. Lanes run at once; time advances only on
  /// request.
  package static func undriven(
    time: ManualTime = ManualTime(), seed: UInt64 = 1, fileSystem: any FileSystem = NoFileSystem(),
    transport: any HTTPTransport = ScriptedTransport(answers: []), json: any RecordExtractor = NoRecordExtractor(),
    run: String = "test-run", flowSHA256: String = String(repeating: "0", count: 64),
    lane: @escaping @Sendable (String) -> any Lane = { _ in InlineLane() }
  ) -> RuntimeEnvironment {
    RuntimeEnvironment(
      time: time, random: SeededRandomSource(seed: seed), fileSystem: fileSystem, transport: transport, json: json,
      executor: DispatchExecutor(label: "test"), lane: lane, run: run, flowSHA256: flowSHA256)
  }
}
