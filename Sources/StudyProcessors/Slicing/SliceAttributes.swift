import FlowCore
import StudyModel

/// The attributes of a slice, used in URLs and mappings.
enum SliceAttributes {
  static let documentation = [
    AttributeDescriptor(AttributeName.dataType, "Data type of the slice."),
    AttributeDescriptor(AttributeName.sliceStart, "Start of the slice, RFC 3339, UTC."),
    AttributeDescriptor(AttributeName.sliceEnd, "End of the slice (exclusive), RFC 3339, UTC."),
    AttributeDescriptor(AttributeName.sliceZone, "Zone of the dates and times below."),
    AttributeDescriptor(AttributeName.sliceDate, "Civil date of the start."),
    AttributeDescriptor(AttributeName.sliceStartTime, "Time of day of the start, HH:mm."),
    AttributeDescriptor(AttributeName.sliceLastDate, "Civil date of the last minute."),
    AttributeDescriptor(AttributeName.sliceLastTime, "Time of day of the last minute, HH:mm."),
    AttributeDescriptor(AttributeName.sliceEndDate, "Civil date after the last minute."),
    AttributeDescriptor(AttributeName.sliceProvisional, "`true` if the answer, or that for one of the slices, cannot be final yet."),
    AttributeDescriptor(AttributeName.sliceParts, "The slices, if the FlowFile covers several; the attributes above are then of all of them together."),
  ]

  /// - Parameter reason: when a processor that does not cut slices writes them.
  static func documentation(of reason: String) -> [AttributeDescriptor] {
    documentation.filter { ![AttributeName.dataType, AttributeName.sliceZone, AttributeName.sliceProvisional].contains($0.name) }
      .map { AttributeDescriptor($0.name, "Changed to \(reason).") }
  }

  static func set(on flowFile: inout FlowFile, _ span: SliceSpan) throws(ProcessorError) {
    flowFile[AttributeName.dataType] = span.dataType
    flowFile[AttributeName.sliceZone] = span.zone
    try set(on: &flowFile, span.parts, zone: span.zone)
  }

  /// - Parameter parts: not empty; ordered.
  fileprivate static func set(on flowFile: inout FlowFile, _ parts: [SlicePart], zone name: String) throws(ProcessorError) {
    guard let zone = CivilZone(name) else {
      throw ProcessorError(.badData, "the slice's zone is '\(name)'; expected an IANA name such as America/Chicago")
    }
    let (start, end) = (parts[0].start, parts[parts.count - 1].end)
    let lastMinute = end - 60
    let lastDate = zone.date(at: lastMinute)
    flowFile[AttributeName.sliceStart] = Instant(seconds: start).text
    flowFile[AttributeName.sliceEnd] = Instant(seconds: end).text
    flowFile[AttributeName.sliceDate] = zone.date(at: start).text
    flowFile[AttributeName.sliceStartTime] = zone.timeOfDay(at: start)
    flowFile[AttributeName.sliceLastDate] = lastDate.text
    flowFile[AttributeName.sliceLastTime] = zone.timeOfDay(at: lastMinute)
    flowFile[AttributeName.sliceEndDate] = lastDate.advanced(byDays: 1).text
    flowFile[AttributeName.sliceProvisional] = parts.contains(where: \.isProvisional) ? "true" : "false"
    flowFile[AttributeName.sliceParts] = parts.count > 1 ? SlicePart.text(of: parts) : nil
  }
}

extension FlowFile {
  /// Its slices, if it covers several; empty for a FlowFile with one slice or none. Throws `ProcessorError` (`bad_data`) for an attribute
  /// that cannot be read, as after an edit of an error entry.
  func sliceParts() throws(ProcessorError) -> [SlicePart] {
    guard let text = self[AttributeName.sliceParts] else { return [] }
    guard let parts = SlicePart.parts(of: text) else {
      throw ProcessorError(.badData, "attribute '\(AttributeName.sliceParts)' is '\(text)'; expected intervals such as 2026-01-05T00:00:00Z/2026-01-06T00:00:00Z")
    }
    return parts.count > 1 ? parts : []
  }

  /// The FlowFile as it would be for some of its slices, in order: the other attributes and the content stay.
  package func narrowed(to parts: [SlicePart]) throws(ProcessorError) -> FlowFile {
    var narrowed = self
    try SliceAttributes.set(on: &narrowed, parts, zone: try required(AttributeName.sliceZone))
    return narrowed
  }
}

extension FlowFile {
  /// A new FlowFile for one of its slices, which leaves because it failed. It has no content yet.
  func child(for slice: SlicePart, in session: ProcessSession) throws(ProcessorError) -> FlowFile {
    let own = try narrowed(to: [slice])
    var child = session.create(childOf: self)
    child.attributes = own.attributes
    child[AttributeName.sliceRows] = nil
    child[AttributeName.sliceAnswer] = self[AttributeName.sliceAnswer] ?? [AttributeName.sliceStart, AttributeName.sliceEnd].compactMap { self[$0] }.joined(separator: "/")
    return child
  }

  /// The rows of each of its slices: nil if it does not cover several. Throws `ProcessorError` (`bad_data`) if rows and slices do not match.
  func rowsOfSlices(_ batch: RecordBatch) throws(ProcessorError) -> [(slice: SlicePart, batch: RecordBatch)]? {
    let slices = try sliceParts()
    if slices.isEmpty { return nil }
    let counts = (self[AttributeName.sliceRows] ?? "").split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
    guard counts.count == slices.count, counts.allSatisfy({ $0 >= 0 }), counts.reduce(0, +) == batch.count else {
      throw ProcessorError(
        .badData,
        "attribute '\(AttributeName.sliceRows)' is '\(self[AttributeName.sliceRows] ?? "")'; expected the numbers of rows of \(slices.count) slices, \(batch.count) in total")
    }
    var found: [(slice: SlicePart, batch: RecordBatch)] = []
    var first = 0
    for (slice, count) in zip(slices, counts) {
      found.append((slice, batch.rows(first..<first + count)))
      first += count
    }
    return found
  }
}

extension FlowFile {
  /// The FlowFile as it would be for each of its slices, with its rows; the FlowFile itself if it does not cover several. Throws
  /// `ProcessorError` (`bad_data`) if rows and slices do not match.
  func eachSlice(_ batch: RecordBatch) throws(ProcessorError) -> [(flowFile: FlowFile, batch: RecordBatch)] {
    guard let slices = try rowsOfSlices(batch) else { return [(self, batch)] }
    var each: [(flowFile: FlowFile, batch: RecordBatch)] = []
    for (slice, rows) in slices { each.append((try narrowed(to: [slice]), rows)) }
    return each
  }
}

/// What DedupeCheck found out about each slice of a FlowFile that covers several.
struct SliceFindings: FlowFileFinding {
  var findings: [(any RowFinding)?]
  var sizeBytes: Int { findings.reduce(0) { $0 + ($1?.sizeBytes ?? 0) } }
}
