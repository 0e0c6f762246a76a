import FlowCore
import StudyModel

/// A data type of a flow as files of an archive hold it: one response a day.
package struct ArchivedDataType: Sendable {
  package var name: String
  /// The processor whose responses the files are.
  package var endpoint: String
  /// The content is the list of pages: a file that is not a list is the only page.
  package var isPaged: Bool
  private let step: SliceStep
  private let zone: any AttributeExpression

  /// The flow's data types whose requests follow the slices directly, in the order of the flow.
  package static func all(of graph: FlowGraph) -> [ArchivedDataType] {
    graph.processors.filter { $0.descriptor.type == SliceTimeRange.descriptor.type }.flatMap { node in
      node.values[SliceTimeRange.slices].filter(\.isActive).compactMap { declaration in
        let destinations = node.outputs.first { $0.relationship == declaration.relationship }?.destinations ?? []
        let endpoint = destinations.lazy.compactMap { destination -> ProcessorNode? in
          guard case .processor(let index, _) = destination, graph.processors[index].descriptor.type == InvokeEndpoint.descriptor.type else { return nil }
          return graph.processors[index]
        }.first
        guard let endpoint else { return nil }
        return ArchivedDataType(
          name: declaration.dataType, endpoint: endpoint.name, isPaged: endpoint.values.optional(InvokeEndpoint.pages) != nil, step: declaration.step,
          zone: declaration.zone)
      }
    }
  }

  /// What the file of a day answers, or why it cannot be placed.
  /// - Parameters:
  ///   - zone: the participant's zone, IANA; nil if it is not known.
  ///   - time: when the file was written. What the day still had before it is over is `provisional`.
  package func answer(
    of participant: String, _ date: CivilDate, zone name: String?, writtenAt time: Instant, provider: String, body: [UInt8]
  ) throws(ProcessorError) -> RawAnswer {
    let zone = try zone(of: participant, name)
    let start = zone.clock.startOfDay(date), end = zone.clock.startOfDay(date.advanced(byDays: 1))
    var flowFile = FlowFile(id: FlowFileID(SeededRandomSource(seed: 0)), lineage: LineageID(0), created: time)
    flowFile[AttributeName.participant] = participant
    flowFile[AttributeName.zone] = name
    let isOver = time.seconds >= end
    let slices = slices(start..<end, zone: zone.name, isProvisional: !isOver)
    guard let span = SpanSequence(slices.makeIterator(), of: self.name, upTo: SpanLimit.days(2)).first(where: { _ in true }) else {
      throw ProcessorError(.badData, "the day \(date.text) has no time in \(zone.name)")
    }
    try SliceAttributes.set(on: &flowFile, span)
    flowFile[AttributeName.latestSync] = Instant(seconds: isOver ? end : max(start, time.seconds)).text
    flowFile[AttributeName.fetchedAt] = time.text
    let place = RawResponse.Place(page: isPaged && !Self.isList(body) ? 0 : nil)
    return RawAnswer(
      participant: participant, provider: provider, processor: endpoint, flowFile: "", attributes: flowFile.attributes.dictionary,
      responses: [RawResponse(place: place, url: "", status: 200, fetchedAt: time, body: body)], isComplete: true)
  }

  private func zone(of participant: String, _ name: String?) throws(ProcessorError) -> (name: String, clock: CivilZone) {
    var flowFile = FlowFile(id: FlowFileID(SeededRandomSource(seed: 0)), lineage: LineageID(0), created: Instant(seconds: 0))
    flowFile[AttributeName.participant] = participant
    flowFile[AttributeName.zone] = name
    let text: String
    do { text = try zone.evaluate(flowFile) } catch { throw ProcessorError(.expression, "the zone of '\(self.name)': \(error)") }
    guard let clock = CivilZone(text) else {
      throw ProcessorError(
        .badData,
        name == nil
          ? "days of '\(self.name)' are those of the participant's zone, which is not known; enrol the participant, or name a zone for all of them with --zone"
          : "'\(text)' is not a zone; expected an IANA name such as America/Chicago")
    }
    return (text, clock)
  }

  private func slices(_ day: Range<Int64>, zone: String, isProvisional: Bool) -> [PlannedSlice] {
    guard case .clock(let seconds) = step else { return [PlannedSlice(start: day.lowerBound, end: day.upperBound, zone: zone, isProvisional: isProvisional)] }
    return stride(from: day.lowerBound, to: day.upperBound, by: Int64.Stride(seconds)).map {
      PlannedSlice(start: $0, end: min($0 + seconds, day.upperBound), zone: zone, isProvisional: isProvisional)
    }
  }

  private static func isList(_ body: [UInt8]) -> Bool { AnswerText.decoded(body).first { !$0.isJSONSpace } == UInt8(ascii: "[") }
}
