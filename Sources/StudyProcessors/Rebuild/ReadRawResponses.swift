import FlowCore
import StudyModel

/// Gives kept responses out as the FlowFiles that InvokeEndpoint made of them, each to where the processor that had asked for it sent them.
///
/// The source of a rebuild; a flow file cannot name it.
package struct ReadRawResponses: Processor {
  package static let raw = Property<ServiceReference>("raw", .service(.rawStorage), "Raw storage with the responses; absent: they come from elsewhere.")
  package static let ledger = Property<ServiceReference>.required("ledger", .service(.recordStore), "Store that notes what has been loaded.")
  package static let endpoints = Property<[String]>("endpoints", .list(of: .text), default: "", "Names of the processors that asked.")

  static let failure = Relationship(Relationship.failureName, "An object is damaged or cannot be read: nothing is made from it.")

  package static let descriptor = ProcessorDescriptor(
    type: "ReadRawResponses",
    summary: "Gives out kept responses.",
    properties: [PropertyDescriptor(raw), PropertyDescriptor(ledger), PropertyDescriptor(endpoints)],
    relationships: [failure],
    relationshipsFromProperties: { values in values[endpoints].map { Relationship($0, "Responses that this processor had asked for.") } },
    writes: [
      AttributeDescriptor(AttributeName.participant, "Participant of a damaged object; other FlowFiles have the attributes that were kept with them."),
      AttributeDescriptor(AttributeName.rawObject, "The object that holds the response."),
      AttributeDescriptor(AttributeName.rawRun, "The run that fetched it."),
      AttributeDescriptor(AttributeName.rawFlowFile, "The FlowFile that fetched it."),
    ],
    input: .forbidden,
    maximumConcurrency: 1,
    counters: [
      AttributeDescriptor(Counter.objects, "Objects read."), AttributeDescriptor(Counter.answers, "Answers given out."),
      AttributeDescriptor(Counter.unknown, "Answers of a processor that the flow does not have any more."),
    ])

  package enum Counter {
    package static let objects = "raw objects"
    package static let answers = "answers"
    package static let unknown = "answers of unknown processors"
  }

  /// So much content at most is given out by one trigger, so that the queues' thresholds hold the source back.
  private static let portionBytes = 4 << 20
  private static let portionCount = 32

  private let storage: any RawReading
  private let store: any RecordStore
  private let endpoints: Set<String>
  private let scope: RebuildScope
  private let run: String
  private let time: any TimeSource
  private let register: ParticipantRegister
  private let state: Locked<State>

  private struct State {
    var order: RebuildOrder
    var current: (object: RawObject, reader: any RawObjectReader)?
    /// Hashes of the objects that are open or done.
    var sha256: [String: String] = [:]
    /// Participants with an object that the store could not note.
    var unnoted: Set<String> = []
  }

  package init(_ configuration: ProcessorConfiguration) throws {
    let scope = configuration.environment.shared.value { RebuildScope() }
    guard let source = scope.source ?? configuration.optional(Self.raw).map({ _ in configuration.service(Self.raw, as: (any RawReading).self) }) else {
      throw Diagnostic(.missingProperty, subject: configuration.name, found: "nothing says where the responses are", expected: "a raw storage, or a folder of an archive")
    }
    storage = source
    self.scope = scope
    store = configuration.recordStore(Self.ledger)
    endpoints = Set(configuration[Self.endpoints])
    run = configuration.environment.run
    time = configuration.environment.time
    register = configuration.environment.participants
    state = Locked(State(order: RebuildOrder(scope.objects)))
    for participant in Set(scope.objects.map(\.participant)) { register.expect(participant) }
  }

  package func process(_ session: ProcessSession) async throws {
    try await read(session)
    // A source that gives out nothing and does not yield counts as exhausted. An object may have no answer of the scope.
    if session.created.isEmpty, !session.isExhausted, session.yieldDuration == nil { session.yield(.zero) }
  }

  private func read(_ session: ProcessSession) async throws {
    guard !session.isStopping else { return try await giveUp(session) }
    var count = 0, bytes = 0
    while count < Self.portionCount, bytes < Self.portionBytes {
      guard let (object, reader) = try await current(session, &count) else {
        guard count == 0 else { return }
        // Without the yield, the engine takes a source that gives nothing for one that has no more. What is left waits for the rows of
        // earlier answers of the same participants.
        return state.withLock({ $0.order.isExhausted }) ? session.exhausted() : session.yield(.milliseconds(20))
      }
      let next: KeptAnswer?
      do {
        next = try await reader.next()
      } catch let error as ProcessorError {
        // What was read before has become rows; the failure says what is missing. Nothing is thrown: the session has answers that are read once.
        fail(object, error, session)
        count += 1
        next = nil
      }
      guard let kept = next else {
        try await end(object, reader, session)
        continue
      }
      guard scope.includes(kept.answer), let size = try emit(kept, of: object, session) else { continue }
      count += 1
      bytes += size
    }
  }

  /// The object that is being read, or the next one; nil if none can be read now. An object that cannot be read leaves as a failure, and counts
  /// as a FlowFile.
  private func current(_ session: ProcessSession, _ count: inout Int) async throws -> (object: RawObject, reader: any RawObjectReader)? {
    while true {
      if let current = state.withLock({ $0.current }) { return current }
      guard let next = state.withLock({ $0.order.next() }) else { return nil }
      if try await !open(next, session) { count += 1 }
    }
  }

  /// The object is read, to its end or as far as it can be.
  private func end(_ object: RawObject, _ reader: any RawObjectReader, _ session: ProcessSession) async throws {
    state.withLock { $0.current = nil }
    do {
      try await reader.close()
    } catch let error as ProcessorError {
      session.post(.warning, "a copy of a raw object could not be removed", error.failure.message)
    }
    session.count(Counter.objects)
    await take(state.withLock { $0.order.read(object.participant) })
  }

  /// The run ends early: what was not given out is left to the next rebuild.
  private func giveUp(_ session: ProcessSession) async throws {
    let current = state.withLock { state in
      defer { state.current = nil }
      return state.current
    }
    try await current?.reader.close()
    session.exhausted()
  }

  /// Returns whether it can be read.
  private func open(_ object: RawObject, _ session: ProcessSession) async throws -> Bool {
    do {
      let reader = try await storage.open(object)
      if let noted = scope.noted[object.key], noted != reader.sha256 {
        try await reader.close()
        throw ProcessorError(
          .badData, "object \(object.key) has the SHA-256 \(reader.sha256); expected \(noted), with which it was loaded before; nothing was made from it: restore it from a copy")
      }
      state.withLock { state in
        state.current = (object, reader)
        state.sha256[object.key] = reader.sha256
      }
      return true
    } catch let error as ProcessorError {
      fail(object, error, session)
      await take(state.withLock { $0.order.read(object.participant) })
      return false
    }
  }

  private func fail(_ object: RawObject, _ error: ProcessorError, _ session: ProcessSession) {
    state.withLock { _ = $0.sha256.removeValue(forKey: object.key) }
    var flowFile = create(for: object, session)
    flowFile[AttributeName.participant] = object.participant
    flowFile[AttributeName.rawObject] = object.key
    session.transfer(flowFile, to: Self.failure, because: error.failure)
  }

  /// Returns the size of the content; nil if the flow has no use for it.
  private func emit(_ kept: KeptAnswer, of object: RawObject, _ session: ProcessSession) throws -> Int? {
    guard endpoints.contains(kept.answer.processor) else {
      session.count(Counter.unknown)
      session.post(.warning, "answers of a processor that the flow does not have", kept.answer.processor)
      return nil
    }
    var flowFile = create(for: object, session)
    flowFile.attributes = Attributes(kept.answer.attributes)
    flowFile[AttributeName.rawObject] = kept.object
    flowFile[AttributeName.rawRun] = kept.run
    flowFile[AttributeName.rawFlowFile] = kept.run == nil ? nil : kept.answer.flowFile
    do throws(ProcessorError) {
      let content = try kept.answer.content()
      flowFile.content = .bytes(content)
      session.count(Counter.answers)
      session.transfer(flowFile, to: kept.answer.processor)
      return content.count
    } catch {
      session.transfer(flowFile, to: Self.failure, because: error.failure)
      return 0
    }
  }

  private func create(for object: RawObject, _ session: ProcessSession) -> FlowFile {
    state.withLock { $0.order.began(object.participant) }
    return session.create { outcome in
      await take(state.withLock { $0.order.ended(object.participant, outcome) })
    }
  }

  /// Notes an object whose rows are all written, and lets the participant's next one follow.
  private func take(_ done: RawObject?) async {
    guard let done else { return }
    var isNoted = true
    if let sha256 = state.withLock({ $0.sha256.removeValue(forKey: done.key) }) {
      do {
        try await store.note([ProcessedObject(key: done.key, sha256: sha256, participant: done.participant, run: run, time: time.now)])
      } catch {
        isNoted = false
      }
    }
    state.withLock { if !isNoted { $0.unnoted.insert(done.participant) } }
    guard let outcome = state.withLock({ $0.order.noted(done.participant) }) else { return }
    let isWhole = !state.withLock { $0.unnoted.contains(done.participant) }
    register.record(done.participant, isWhole ? ParticipantCompletion.outcome(outcome, unanswered: []) : .deferred)
  }
}
