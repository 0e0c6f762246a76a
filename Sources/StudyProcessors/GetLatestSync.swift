import FlowCore
import StudyModel

/// Requests the tracker's latest sync and the participant's zone from the provider.
package struct GetLatestSync: Processor {
  static let provider = Property<ServiceReference>.required("provider", .service(.provider), "Provider to request the sync from.")

  static let success = Relationship("success", "There is a latest sync.")
  static let nothing = Relationship("nothing_to_collect", "No tracker is paired, or it never synced.")
  static let retry = Relationship("retry", "No usable answer this time; a retry may succeed.", turn: .again)
  static let failure = Relationship(Relationship.failureName, "The provider refused.")

  package static let descriptor = ProcessorDescriptor(
    type: "GetLatestSync",
    summary: "Requests the tracker's latest sync and the participant's zone.",
    properties: [PropertyDescriptor(provider), PropertyDescriptor(RateLimitWait.maximumWait)],
    relationships: [success, nothing, retry, RateLimitWait.rateLimited, failure],
    reads: [AttributeDescriptor(AttributeName.participant, "The participant.")],
    writes: [
      AttributeDescriptor(AttributeName.latestSync, "The latest sync of a tracker, RFC 3339, UTC."),
      AttributeDescriptor(
        AttributeName.settledSync,
        "With several recently worn trackers: the oldest of their syncs, RFC 3339, UTC. Later data stays provisional."),
      AttributeDescriptor(AttributeName.zone, "IANA name of the participant's zone."),
      AttributeDescriptor(AttributeName.zones, "After a change of zone: the zones so far and the start of each."),
    ],
    concurrency: 16)

  private let source: any SyncStatusSource
  private let rateLimit: RateLimitWait

  package init(_ configuration: ProcessorConfiguration) throws {
    source = configuration.provider(Self.provider)
    rateLimit = RateLimitWait(maximum: configuration[RateLimitWait.maximumWait])
  }

  package func process(_ session: ProcessSession) async throws {
    guard var flowFile = session.get() else { return }
    let participant = try flowFile.required(AttributeName.participant)
    do {
      let status = try await session.waiting(for: InvokeEndpoint.network) { try await source.syncStatus(of: participant) }
      session.environment.participants.recordSuccess(participant, processorType: Self.descriptor.type)
      switch status {
      case .synced(let latest, let settled, let zone):
        flowFile[AttributeName.latestSync] = latest.text
        flowFile[AttributeName.settledSync] = settled?.text
        flowFile[AttributeName.zone] = zone
        let snapshot = try await source.snapshot(of: participant)
        let zones = snapshot.zones
        if let doubt = snapshot.zoneDoubt {
          session.post(.warning, "the UTC offset reported by the provider contradicts this machine's zone rules", "\(participant): \(doubt)")
        }
        flowFile[AttributeName.zones] = zones.entries.count > 1 ? zones.text : nil
        session.transfer(flowFile, to: Self.success)
      case .noTracker(let zone):
        flowFile[AttributeName.zone] = zone
        session.post(.warning, "no tracker is paired (scales and phones do not count): nothing to collect", participant)
        session.transfer(flowFile, to: Self.nothing)
      case .neverSynced(let zone):
        flowFile[AttributeName.zone] = zone
        session.post(.warning, "the tracker has not synced yet: nothing to collect", participant)
        session.transfer(flowFile, to: Self.nothing)
      }
    } catch let error as ProcessorError where error.failure.cause == .rateLimited {
      rateLimit.wait(flowFile, for: error.failure.retryAfter ?? .seconds(60), because: error.failure, session)
    } catch let error as ProcessorError {
      session.transfer(flowFile, to: error.failure.isWorthRepeating ? Self.retry : Self.failure, because: error.failure)
    }
  }
}
