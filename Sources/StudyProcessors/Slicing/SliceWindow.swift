import FlowCore
import StudyModel

/// The extent of a FlowFile's slice, of several slices from the first to the last, as values. Each throws `ProcessorError`
/// (`bad_data`) for an attribute that cannot be read, as after an edit of an error entry.
extension FlowFile {
  /// nil if the FlowFile has no slice.
  func sliceDates() throws -> Range<CivilDate>? {
    let expected = "a date yyyy-MM-dd"
    guard
      let start = try read(AttributeName.sliceDate, expected: expected, { CivilDate(text: $0) }),
      let end = try read(AttributeName.sliceEndDate, expected: expected, { CivilDate(text: $0) })
    else { return nil }
    guard start <= end else { throw ProcessorError(.badData, "the slice ends on \(end.text), before its start \(start.text)") }
    return start..<end
  }

  /// In seconds since 1970; nil if the FlowFile has no slice.
  func sliceWindow() throws -> Range<Int64>? {
    let expected = "an instant such as 2026-01-05T00:00:00Z"
    guard
      let start = try read(AttributeName.sliceStart, expected: expected, { Instant(rfc3339: $0) }),
      let end = try read(AttributeName.sliceEnd, expected: expected, { Instant(rfc3339: $0) })
    else { return nil }
    guard start <= end else { throw ProcessorError(.badData, "the slice ends at \(end.text), before its start \(start.text)") }
    return start.seconds..<end.seconds
  }
}
