import FlowCore
import StudyModel

/// The participant and time range of planning, read from the FlowFile once.
struct SliceSubject: Sendable {
  let flowFile: FlowFile
  let participant: String
  /// Seconds since 1970.
  let enrolled: Int64
  let latestSync: Int64
  /// nil means the latest sync.
  let settledSync: Int64?

  /// Throws `ProcessorError` (`bad_data`) for missing or malformed attributes, and for an implausibly long history.
  init(_ flowFile: FlowFile) throws(ProcessorError) {
    self.flowFile = flowFile
    participant = try flowFile.required(AttributeName.participant)
    enrolled = try flowFile.requiredInstant(AttributeName.enrolled).seconds
    latestSync = try flowFile.requiredInstant(AttributeName.latestSync).seconds
    settledSync = flowFile[AttributeName.settledSync] == nil ? nil : try flowFile.requiredInstant(AttributeName.settledSync).seconds
    if let problem = SlicePlanner.problem(enrolled: enrolled, latestSync: latestSync) {
      throw ProcessorError(.badData, "\(participant): \(problem)")
    }
  }
}
