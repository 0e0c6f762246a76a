import FlowCore

/// Runs one processor by hand: FlowFiles in, a real session, FlowFiles by relationship out.
///
/// It holds the processor to its declaration: a relationship, an attribute or a counter that the descriptor does not name is an error of
/// the trigger, as an unsettled FlowFile is.
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
  private let lines = Locked<[LogLine]>([])

  /// Makes the processor from properties, read and checked as a flow file's are.
  ///
  /// Throws `Diagnostics` for what they got wrong, and whatever the processor's own initialiser throws.
  /// - Parameter tables: what the flow's processors declare together; needed by one that uses a table.
  package init(
    _ type: any Processor.Type, _ properties: [String: PropertyLiteral] = [:], services: [String: any Service] = [:],
    tables: [TableSchema] = [], compiler: any ExpressionCompiler = NoExpressions(), name: String = "test",
    environment: RuntimeEnvironment = .undriven()
  ) throws {
    let reader = PropertyReader(
      file: nil, subject: "\(type.descriptor.type) '\(name)'", compiler: compiler, services: services.mapValues { Self.roles(of: $0, as: type.descriptor) })
    let node = PropertyLiteral.map(properties.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }).node
    guard let values = reader.read(node, properties: type.descriptor.properties, withdrawn: type.descriptor.withdrawn) else { throw Diagnostics(reader.problems) }
    self.name = name
    let logging = environment.logging(to: lines)
    self.environment = logging
    processor = try type.init(
      ProcessorConfiguration(name: name, values: values, environment: logging, services: services, tables: tables))
    declaration = DeclaredNames(type.descriptor, values)
    batch = type.descriptor.batch
  }

  /// A FlowFile to give to the processor.
  package func flowFile(_ attributes: Attributes = [:], content: Content = .empty) -> FlowFile {
    FlowFile(
      id: FlowFileID(environment.random), attributes: attributes, content: content, lineage: LineageID(1),
      created: environment.time.now)
  }
  package func flowFile(_ attributes: Attributes = [:], text: String) -> FlowFile {
    flowFile(attributes, content: .bytes(Array(text.utf8)))
  }

  /// Triggers the processor once with the FlowFiles waiting for it; it takes as many as its declaration allows.
  ///
  /// What `process` throws, and what the session finds wrong, is in `error`; then, as in a flow, nothing else has happened.
  package func run(_ flowFiles: [FlowFile] = [], isStopping: Bool = false) async -> Outcome {
    lines.withLock { $0 = [] }
    var outcome = await trigger(flowFiles, isStopping: isStopping)
    outcome.log = lines.withLock { $0 }
    return outcome
  }

  private func trigger(_ flowFiles: [FlowFile], isStopping: Bool) async -> Outcome {
    var waiting = flowFiles[...]
    var takenCount = 0
    var lineage: UInt64 = 1
    let session = ProcessSession(
      processor: name, environment: environment, isStopping: isStopping,
      take: {
        guard takenCount < batch, let next = waiting.popFirst() else { return nil }
        takenCount += 1
        return next
      },
      openLineage: {
        lineage += 1
        return LineageID(lineage)
      })
    do {
      try await processor.process(session)
      try session.checkComplete()
      try declaration.check(session)
    } catch {
      return Outcome(error: error, counters: session.countersAtOnce, untaken: flowFiles)
    }
    return Outcome(session, untaken: Array(waiting))
  }

  /// Triggers until nothing waits and a source has no more: what was put back is taken again at once, its penalty is not waited for.
  /// Stops at the first error, and after `limit` triggers.
  package func runAll(_ flowFiles: [FlowFile] = [], isStopping: Bool = false, limit: Int = 10_000) async -> [Outcome] {
    var waiting = flowFiles, outcomes: [Outcome] = []
    repeat {
      let outcome = await run(waiting, isStopping: isStopping)
      outcomes.append(outcome)
      waiting = outcome.untaken + outcome.requeued.map(\.flowFile)
      if outcome.error != nil { break }
    } while outcomes.count < limit && (!waiting.isEmpty || flowFiles.isEmpty && outcomes.last?.hasMore == true)
    return outcomes
  }

  /// Triggers once in a task that has been cancelled already, as the second signal leaves it.
  package func runCancelled(_ flowFiles: [FlowFile] = []) async -> Outcome {
    await withTaskGroup(of: Outcome.self) { group in
      group.cancelAll()
      group.addTask { await run(flowFiles) }
      return await group.next() ?? Outcome(error: CancellationError(), counters: [:], untaken: flowFiles)
    }
  }

  /// The roles that the service plays among those that the processor needs.
  private static func roles(of service: any Service, as descriptor: ProcessorDescriptor) -> Set<ServiceRole> {
    Set(descriptor.properties.compactMap(\.serviceRole).filter { $0.isPlayed(by: service) })
  }
}

extension ProcessorTest {
  /// What a trigger did.
  package struct Outcome: Sendable {
    /// By relationship, in the order sent.
    package var sent: [String: [FlowFile]] = [:]
    package var requeued: [(flowFile: FlowFile, penalty: Duration)] = []
    package var removed: [FlowFile] = []
    package var created: [ProcessSession.Created] = []
    package var counters: [String: Int64] = [:]
    package var bulletins: [Bulletin] = []
    package var yieldDuration: Duration?
    package var isExhausted = false
    /// What it wrote to the log, also if it failed then.
    package var log: [LogLine] = []
    package var error: (any Error)?
    /// What the processor left waiting.
    package var untaken: [FlowFile]

    init(error: any Error, counters: [String: Int64], untaken: [FlowFile]) {
      self.error = error
      self.counters = counters
      self.untaken = untaken
    }

    init(_ session: ProcessSession, untaken: [FlowFile]) {
      for disposition in session.dispositions {
        switch disposition {
        case .transferred(let flowFile, let relationship): sent[relationship, default: []].append(flowFile)
        case .requeued(let flowFile, let penalty): requeued.append((flowFile, penalty))
        case .removed(let flowFile): removed.append(flowFile)
        }
      }
      created = session.created
      counters = session.counters.merging(session.countersAtOnce) { $0 + $1 }
      bulletins = session.bulletins
      yieldDuration = session.yieldDuration
      isExhausted = session.isExhausted
      self.untaken = untaken
    }

    /// A source that made something and did not say that it was the last.
    var hasMore: Bool { !isExhausted && !created.isEmpty }

    /// What went out by a relationship.
    package subscript(relationship: String) -> [FlowFile] { sent[relationship] ?? [] }
    /// The expected failure that `process` threw.
    package var failure: FlowFileFailure? { (error as? ProcessorError)?.failure }

    /// The failure with which FlowFiles went out by a relationship, or the one that was thrown.
    package var failures: [FlowFileFailure] { sent.values.flatMap { $0 }.compactMap(\.failure) + [failure].compactMap { $0 } }

    /// Tells a created FlowFile's handler that everything that descends from it has ended; nothing if it has none.
    package func end(_ flowFile: FlowFile, with outcome: LineageOutcome) async throws {
      try await created.first { $0.flowFile.id == flowFile.id }?.onEnd?(outcome)
    }
  }
}

/// A line that a processor wrote to the log.
package struct LogLine: Sendable, Equatable {
  package var message: String
  package var metadata: [String: String]
  package init(_ message: String, _ metadata: [String: String] = [:]) {
    self.message = message
    self.metadata = metadata
  }
}

extension RuntimeEnvironment {
  /// The same, with the log kept as well.
  fileprivate func logging(to lines: Locked<[LogLine]>) -> RuntimeEnvironment {
    var copy = self
    copy.log = { [log] message, metadata in
      lines.withLock { $0.append(LogLine(message, metadata)) }
      log(message, metadata)
    }
    return copy
  }
}
