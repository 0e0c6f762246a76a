import FlowCore
import StudyModel

/// How a SliceTimeRange plans, without its services: what a run does, and what `flowrun run --plan` says of it, are the same. Pure.
package struct SlicePlanning: Sendable {
  /// Those whose `when` holds.
  let declarations: [SliceDeclaration]
  /// By data type.
  let limits: [String: SpanLimit]
  let rereadSeconds: Int64
  package let window: BackfillWindow?
  /// To which it sends slices.
  package var relationships: Set<String> { Set(declarations.map(\.relationship)) }
  let flowSHA256: String

  /// - Parameter values: a SliceTimeRange's.
  package init(_ values: PropertyValues, flowSHA256: String) {
    declarations = values[SliceTimeRange.slices].filter(\.isActive)
    limits = Dictionary(declarations.compactMap { declaration in declaration.limit.map { (declaration.dataType, $0) } }) { first, _ in first }
    rereadSeconds = values[SliceTimeRange.reread].wholeMilliseconds / 1000
    window = BackfillWindow(from: values.optional(SliceTimeRange.from), until: values.optional(SliceTimeRange.until))
    self.flowSHA256 = flowSHA256
  }

  /// Throws `ProcessorError` (`bad_data`) for a zone that is not known.
  func request(
    _ declaration: SliceDeclaration, _ subject: SliceSubject, _ rows: [LedgerSlice], isGranted: @escaping @Sendable (String) -> Bool
  ) throws -> SliceRequest {
    let zoneName = try declaration.zone.evaluate(subject.flowFile)
    guard let zone = CivilZone(zoneName) else {
      throw ProcessorError(.badData, "zone of \(subject.participant) is '\(zoneName)'; expected an IANA name such as America/Chicago")
    }
    let isCovered = declaration.isCovered(isGranted)
    let named: (@Sendable (PlannedSlice) -> Bool)? = if let window { { window.contains($0) } } else { nil }
    return SliceRequest(
      enrolled: subject.enrolled, latestSync: subject.latestSync, settledSync: subject.settledSync, step: declaration.step, zone: zone,
      rereadSeconds: declaration.rereadSeconds ?? rereadSeconds, ledger: rows.filter { $0.key.dataType == declaration.dataType },
      isUnblocked: { [flowSHA256] row in
        switch row.state {
        case .written, .provisional: row.lackingScopes.contains(where: isGranted)
        case .deferred, .failed:
          switch row.cause {
          case .scope, .needsConsent: isCovered
          // The stored answer was at fault; a new one may be valid.
          case .badData: true
          default: row.flowSHA256 != flowSHA256
          }
        }
      },
      isNamed: named)
  }

  /// The requests' spans of one data type, oldest first, lazily.
  func spans(
    _ slices: SliceSequence, of dataType: String
  ) -> SpanSequence<LazyFilterSequence<SliceSequence>.Iterator> {
    let window = window
    return SpanSequence(slices.lazy.filter { window?.contains($0) ?? true }.makeIterator(), of: dataType, upTo: limits[dataType])
  }
}

/// A participant whose next run is planned before it.
package struct PlannedParticipant: Sendable {
  package var participant: String
  package var enrolled: Instant
  package var latestSync: Instant
  /// nil if it is not known yet.
  package var zone: String?
  package var isGranted: @Sendable (String) -> Bool

  package init(participant: String, enrolled: Instant, latestSync: Instant, zone: String?, isGranted: @escaping @Sendable (String) -> Bool) {
    self.participant = participant
    self.enrolled = enrolled
    self.latestSync = latestSync
    self.zone = zone
    self.isGranted = isGranted
  }
}

/// A request's span, and the relationship that its FlowFile takes.
package struct PlannedSpan: Sendable {
  package var relationship: String
  package var span: SliceSpan
}

extension SlicePlanning {
  /// Everything that a run would hand out for a participant if the provider told this latest sync. Slices that the consent does not cover are left out:
  /// nothing is asked for them. Throws `ProcessorError` (`bad_data`) where the run would refuse the participant.
  /// - Parameter ledger: the participant's whole ledger.
  package func spans(of planned: PlannedParticipant, ledger: [LedgerSlice]) throws -> [PlannedSpan] {
    var flowFile = FlowFile(id: FlowFileID(SeededRandomSource(seed: 0)), lineage: LineageID(0), created: planned.latestSync)
    flowFile[AttributeName.participant] = planned.participant
    flowFile[AttributeName.enrolled] = planned.enrolled.text
    flowFile[AttributeName.latestSync] = planned.latestSync.text
    flowFile[AttributeName.settledSync] = settledSync(planned, ledger)?.text
    flowFile[AttributeName.zone] = planned.zone
    let subject = try SliceSubject(flowFile)
    return try declarations.flatMap { declaration -> [PlannedSpan] in
      guard declaration.isCovered(planned.isGranted) else { return [] }
      let request = try request(declaration, subject, ledger, isGranted: planned.isGranted)
      return spans(SliceSequence(request), of: declaration.dataType).map { PlannedSpan(relationship: declaration.relationship, span: $0) }
    }
  }

  /// How far every tracker had synced, as far as the ledger tells: what stayed provisional at this sync although it is older than the window that is
  /// read again was waiting for another tracker.
  private func settledSync(_ planned: PlannedParticipant, _ ledger: [LedgerSlice]) -> Instant? {
    let latest = planned.latestSync.seconds
    let waiting = ledger.filter { row in
      let reread = declarations.first { $0.dataType == row.key.dataType }?.rereadSeconds ?? rereadSeconds
      return row.state == .provisional && row.latestSync == latest && row.key.end <= latest - reread
    }
    return waiting.map(\.key.end).min().map { Instant(seconds: $0 - 1) }
  }
}
