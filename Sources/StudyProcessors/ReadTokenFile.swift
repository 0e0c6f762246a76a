import FlowCore
import StudyModel

/// The source of a batch: emits one FlowFile for each participant file. `previous_sync` advances only when all
/// descendants of that FlowFile have ended.
package struct ReadTokenFile: Processor {
  static let provider = Property<ServiceReference>.required("provider", .service(.provider), "Provider whose batch folder is read.")
  static let ledger = Property<ServiceReference>.required("ledger", .service(.recordStore), "Database with the ledger.")
  static let from = Property<CivilDate>("from", .date, "Backfill from this date: `previous_sync` is left unchanged.")
  static let until = Property<CivilDate>("until", .date, "Backfill before this date: `previous_sync` is left unchanged.")

  static let success = Relationship("success", "One FlowFile for each participant, whose lock is held until its last descendant has ended.")
  static let failure = Relationship(Relationship.failureName, "The file is damaged or its name is not allowed. The file is left unchanged.")

  package static let descriptor = ProcessorDescriptor(
    type: "ReadTokenFile",
    summary: "Reads the batch folder and emits one FlowFile for each participant.",
    properties: [PropertyDescriptor(provider), PropertyDescriptor(ledger), PropertyDescriptor(from), PropertyDescriptor(until)],
    relationships: [success, failure],
    writes: [
      AttributeDescriptor(AttributeName.participant, "Name of the participant."),
      AttributeDescriptor(AttributeName.enrolled, "Start of the history, RFC 3339."),
      AttributeDescriptor(AttributeName.previousSync, "Time up to which everything has been collected, RFC 3339."),
      AttributeDescriptor(AttributeName.zone, "Zone of the participant, if already known."),
    ],
    input: .forbidden,
    maximumConcurrency: 1,
    counters: [
      AttributeDescriptor("participants held by another run", "Left to the run that holds them."),
      AttributeDescriptor("participants skipped", "Paused, withdrawn, or of another provider."),
    ])

  private let leases: any ParticipantHolding
  private let store: any RecordStore
  private let backfill: BackfillWindow?
  private let participants: ParticipantRegister
  private let selection: ParticipantSelection
  /// Participants yet to be leased; nil before the folder has been listed.
  private let waiting = Locked<[ParticipantListing]?>(nil)

  package init(_ configuration: ProcessorConfiguration) throws {
    leases = configuration.provider(Self.provider)
    store = configuration.recordStore(Self.ledger)
    backfill = BackfillWindow(from: configuration.optional(Self.from), until: configuration.optional(Self.until))
    participants = configuration.environment.participants
    selection = configuration.environment.selection
  }

  package func process(_ session: ProcessSession) async throws {
    if waiting.withLock({ $0 == nil }) {
      let named = try await leases.listParticipants().filter { selection.names($0.name) }
      let listed = named.filter { selection.includes($0.name) }
      for listing in named where selection.isLeftToOthers(listing.name) { participants.record(listing.name, .skipped) }
      for listing in listed { participants.expect(listing.name) }
      waiting.withLock { $0 = listed.reversed() }
    }
    // Only a few per trigger, so that the queue's threshold rather than the batch size limits the number of open
    // participants.
    for listing in takeNext(8) { try await emit(listing, session) }
    if waiting.withLock({ $0?.isEmpty ?? true }) { session.exhausted() }
  }

  private func takeNext(_ count: Int) -> [ParticipantListing] {
    waiting.withLock { waiting in
      var next: [ParticipantListing] = []
      while next.count < count, let listing = waiting?.popLast() { next.append(listing) }
      return next
    }
  }

  private func emit(_ listing: ParticipantListing, _ session: ProcessSession) async throws {
    do {
      if let problem = listing.problem { throw ProcessorError(.badParticipantFile, problem) }
      switch try await leases.lease(listing.name) {
      case .leased(let snapshot):
        participants.recordSuccess(listing.name, processorType: Self.descriptor.type)
        emit(snapshot, session)
      case .heldByAnotherRun: leave(listing.name, listing.name, session)
      case .leasedElsewhere(let holder, let until):
        leave(listing.name, "\(listing.name): \(holder), until \(until.text) unless it renews the lease", session)
      case .skipped(let reason):
        participants.record(listing.name, .skipped)
        session.count("participants skipped")
        session.post(.info, "skipped", "\(listing.name): \(reason)")
      }
    } catch let error as ProcessorError {
      participants.record(listing.name, error.failure.cause.isRetryable ? .deferred : .failed)
      var flowFile = session.create()
      flowFile[AttributeName.participant] = listing.name
      session.transfer(flowFile, to: Self.failure, because: error.failure)
    }
  }

  private func leave(_ participant: String, _ detail: String, _ session: ProcessSession) {
    participants.record(participant, .deferred)
    session.count("participants held by another run")
    session.post(.warning, "held by another run, left to it", detail)
  }

  private func emit(_ snapshot: ParticipantSnapshot, _ session: ProcessSession) {
    let completion = ParticipantCompletion(
      participant: snapshot.participant, leases: leases, store: store, backfill: backfill, register: participants)
    var flowFile = session.create { outcome in try await completion.finish(outcome) }
    flowFile[AttributeName.participant] = snapshot.participant
    flowFile[AttributeName.enrolled] = snapshot.enrolled.text
    flowFile[AttributeName.previousSync] = snapshot.previousSync.text
    if let zone = snapshot.zone { flowFile[AttributeName.zone] = zone }
    session.transfer(flowFile, to: Self.success)
  }
}
