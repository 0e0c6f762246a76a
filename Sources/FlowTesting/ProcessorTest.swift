import FlowCore

/// Runs one processor in isolation: FlowFiles in, a real session, FlowFiles by relationship out.
///
/// Checks the processor against its declaration: using an undeclared relationship, attribute or counter makes the
/// trigger fail, like an unsettled FlowFile.
///
///     let test = try ProcessorTest(RouteOnAttribute.self, ["routes": ["old": "${age:gt(90)}"]], compiler: compiler)
///     let outcome = await test.run([test.flowFile(["age": "91"])])
///     #expect(outcome["old"].count == 1)
package struct ProcessorTest: Sendable {
  package let name: String
  package let processor: any Processor
  package let environment: RuntimeEnvironment
  private let declaration: DeclaredNames
  private let batch: Int
  private let mayHold: Bool
  private let lines = Locked<[LogLine]>([])

  /// Creates the processor from properties that are parsed and checked like those of a flow file.
  ///
  /// Throws `Diagnostics` for invalid properties, and any error of the processor's initialiser.
  /// - Parameters:
  ///   - tables: the tables declared by the flow's processors; needed by processors that use a table.
  ///   - concurrency: nil: as declared.
  ///   - carried: attributes that a source takes over from elsewhere, besides those that it declares.
  package init(
    _ type: any Processor.Type, _ properties: [String: PropertyLiteral] = [:], services: [String: any Service] = [:],
    tables: [TableSchema] = [], compiler: any ExpressionCompiler = NoExpressions(), name: String = "test", concurrency: Int? = nil,
    carried: Set<String> = [], environment: RuntimeEnvironment = .undriven()
  ) throws {
    let reader = PropertyReader(
      file: nil, subject: "\(type.descriptor.type) '\(name)'", compiler: compiler, services: services.mapValues { Self.roles(of: $0, as: type.descriptor) })
    let node = PropertyLiteral.map(properties.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }).node
    guard let values = reader.read(node, properties: type.descriptor.properties, withdrawn: type.descriptor.withdrawn) else { throw Diagnostics(reader.problems) }
    self.name = name
    let logging = environment.logging(to: lines)
    self.environment = logging
    processor = try type.init(
      ProcessorConfiguration(
        name: name, values: values, concurrency: concurrency ?? type.descriptor.concurrency, environment: logging, services: services, tables: tables))
    declaration = DeclaredNames(type.descriptor, values, carried: carried)
    batch = type.descriptor.batch
    mayHold = type.descriptor.holds
  }

  /// Creates a FlowFile as input.
  package func flowFile(_ attributes: Attributes = [:], content: Content = .empty) -> FlowFile {
    FlowFile(
      id: FlowFileID(environment.random), attributes: attributes, content: content, lineage: LineageID(1),
      created: environment.time.now)
  }
  package func flowFile(_ attributes: Attributes = [:], text: String) -> FlowFile {
    flowFile(attributes, content: .bytes(Array(text.utf8)))
  }

  /// Triggers the processor once with the waiting FlowFiles; it receives at most as many as its declaration allows.
  ///
  /// Errors thrown by `process` or found by the session are in `error`; as in a flow, nothing else has then happened.
  /// - Parameters:
  ///   - held: what the processor holds.
  ///   - isInputEnded: nothing more can come.
  package func run(
    _ flowFiles: [FlowFile] = [], isStopping: Bool = false, held: [HeldFlowFile] = [], isInputEnded: Bool = false
  ) async -> Outcome {
    lines.withLock { $0 = [] }
    var outcome = await trigger(flowFiles, isStopping: isStopping, held: held, isInputEnded: isInputEnded)
    outcome.log = lines.withLock { $0 }
    return outcome
  }

  private func trigger(_ flowFiles: [FlowFile], isStopping: Bool, held: [HeldFlowFile], isInputEnded: Bool) async -> Outcome {
    let supply = TestSessionHost(flowFiles, limit: batch, held: held)
    let session = ProcessSession(
      processor: name, environment: environment, isStopping: isStopping, isInputEnded: isInputEnded, host: supply)
    do {
      try await processor.process(session)
      try session.checkComplete()
      try declaration.check(session)
      if session.dispositions.contains(where: \.isHeld), !mayHold || isInputEnded && !isStopping {
        throw ProcessSession.Misuse(description: mayHold ? "holds FlowFiles although nothing more can come" : "holds FlowFiles without declaring it")
      }
      session.committed()
    } catch {
      return Outcome(error: error, counters: session.countersAtOnce, untaken: flowFiles, held: held)
    }
    return Outcome(session, untaken: supply.waiting, untouchedHeld: supply.untouchedHeld)
  }

  /// Triggers until nothing waits and a source is exhausted. Requeued FlowFiles are processed at once, regardless of
  /// their penalty; what it still holds when nothing waits, it is given for the last time. Stops at the first error and after `limit` triggers.
  package func runAll(_ flowFiles: [FlowFile] = [], isStopping: Bool = false, limit: Int = 10_000) async -> [Outcome] {
    var waiting = flowFiles, held: [HeldFlowFile] = [], outcomes: [Outcome] = []
    repeat {
      let outcome = await run(waiting, isStopping: isStopping, held: held, isInputEnded: waiting.isEmpty && !held.isEmpty)
      outcomes.append(outcome)
      waiting = outcome.untaken + outcome.requeued.map(\.flowFile)
      // The engine ends as deferred what is still held at the end of a stopping run.
      let isOver = waiting.isEmpty && outcome.held.map(\.flowFile.id) == held.map(\.flowFile.id)
      held = outcome.held
      if outcome.error != nil || isStopping && isOver { break }
    } while outcomes.count < limit && (!waiting.isEmpty || !held.isEmpty || flowFiles.isEmpty && outcomes.last?.hasMore == true)
    return outcomes
  }

  /// Triggers once in a task that is already cancelled, as after the second signal.
  package func runCancelled(_ flowFiles: [FlowFile] = []) async -> Outcome {
    await withTaskGroup(of: Outcome.self) { group in
      group.cancelAll()
      group.addTask { await run(flowFiles) }
      return await group.next() ?? Outcome(error: CancellationError(), counters: [:], untaken: flowFiles)
    }
  }

  /// The roles of the service among those that the processor needs.
  private static func roles(of service: any Service, as descriptor: ProcessorDescriptor) -> Set<ServiceRole> {
    Set(descriptor.properties.compactMap(\.serviceRole).filter { $0.isPlayed(by: service) })
  }
}

extension ProcessorTest {
  /// The result of a trigger.
  package struct Outcome: Sendable {
    /// By relationship, in the order sent.
    package var sent: [String: [FlowFile]] = [:]
    package var requeued: [(flowFile: FlowFile, penalty: Duration)] = []
    package var removed: [FlowFile] = []
    /// What the processor holds.
    package var held: [HeldFlowFile] = []
    /// When it wants them again, and with how many further FlowFiles.
    package var heldFor: Duration?
    package var heldForCount = 1
    /// For how long FlowFiles that were sent on wait.
    package var penalties: [FlowFileID: Duration] = [:]
    package var created: [ProcessSession.Created] = []
    package var counters: [String: Int64] = [:]
    package var bulletins: [Bulletin] = []
    package var yieldDuration: Duration?
    package var isExhausted = false
    /// Its log lines, even if it failed afterwards.
    package var log: [LogLine] = []
    package var error: (any Error)?
    /// FlowFiles that the processor did not take.
    package var untaken: [FlowFile]

    init(error: any Error, counters: [String: Int64], untaken: [FlowFile], held: [HeldFlowFile] = []) {
      self.error = error
      self.held = held
      self.counters = counters
      self.untaken = untaken
    }

    init(_ session: ProcessSession, untaken: [FlowFile], untouchedHeld: [HeldFlowFile]) {
      held = untouchedHeld
      for disposition in session.dispositions {
        switch disposition {
        case .transferred(let flowFile, let relationship): sent[relationship, default: []].append(flowFile)
        case .requeued(let flowFile, let penalty): requeued.append((flowFile, penalty.duration))
        case .removed(let flowFile): removed.append(flowFile)
        case .held(let one): held.append(one)
        }
      }
      heldFor = session.heldFor
      heldForCount = session.heldForCount
      penalties = session.penalties.mapValues(\.duration)
      created = session.created
      counters = session.counters.merging(session.countersAtOnce) { $0 + $1 }
      bulletins = session.bulletins
      yieldDuration = session.yieldDuration
      isExhausted = session.isExhausted
      self.untaken = untaken
    }

    /// Whether a source created FlowFiles and has not reported exhaustion.
    var hasMore: Bool { !isExhausted && !created.isEmpty }

    /// The FlowFiles sent through a relationship.
    package subscript(relationship: String) -> [FlowFile] { sent[relationship] ?? [] }
    /// The expected failure that `process` threw.
    package var failure: FlowFileFailure? { (error as? ProcessorError)?.failure }

    /// The failures of sent FlowFiles, and the thrown one.
    package var failures: [FlowFileFailure] { sent.values.flatMap { $0 }.compactMap(\.failure) + [failure].compactMap { $0 } }

    /// Reports to a created FlowFile's handler that its lineage has ended; does nothing without a handler.
    package func end(_ flowFile: FlowFile, with outcome: LineageOutcome) async throws {
      try await created.first { $0.flowFile.id == flowFile.id }?.onEnd?(outcome)
    }
  }
}

/// A log line of a processor.
package struct LogLine: Sendable, Equatable {
  package var message: String
  package var metadata: [String: String]
  package init(_ message: String, _ metadata: [String: String] = [:]) {
    self.message = message
    self.metadata = metadata
  }
}

extension RuntimeEnvironment {
  /// A copy that also records the log.
  fileprivate func logging(to lines: Locked<[LogLine]>) -> RuntimeEnvironment {
    RuntimeEnvironment(
      time: time, random: random, fileSystem: fileSystem, transport: transport, json: json, executor: executor, lane: lane, run: run,
      flowSHA256: flowSHA256, columns: columns, shared: shared, variable: variable
    ) { [log] message, metadata in
      lines.withLock { $0.append(LogLine(message, metadata)) }
      log(message, metadata)
    }
  }
}

extension ProcessSession.Disposition {
  fileprivate var isHeld: Bool { if case .held = self { true } else { false } }
}
