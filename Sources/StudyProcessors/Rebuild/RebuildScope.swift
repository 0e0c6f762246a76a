import FlowCore
import StudyModel

/// Which kept answers a rebuild makes rows of.
package struct RebuildScope: Sendable {
  /// Where the objects are read; nil for the flow's raw storage.
  package var source: (any RawReading)?
  /// Of the participants that were asked for.
  package var objects: [RawObject]
  /// Empty for all data types.
  package var dataTypes: Set<String>
  /// nil for all times.
  package var window: BackfillWindow?
  /// The SHA-256 with which an object was loaded before, by its key.
  package var noted: [String: String] = [:]

  package init(source: (any RawReading)? = nil, objects: [RawObject] = [], dataTypes: Set<String> = [], window: BackfillWindow? = nil) {
    self.source = source
    self.objects = objects
    self.dataTypes = dataTypes
    self.window = window
  }

  /// An answer that covers several slices belongs to it with any of them.
  func includes(_ answer: RawAnswer) -> Bool {
    let attributes = answer.attributes
    if !dataTypes.isEmpty {
      guard let dataType = attributes[AttributeName.dataType], dataTypes.contains(dataType) else { return false }
    }
    guard let window else { return true }
    let starts =
      attributes[AttributeName.sliceParts].flatMap { SlicePart.parts(of: $0) }.map { $0.map(\.start) }
      ?? [attributes[AttributeName.sliceStart].flatMap { Instant(rfc3339: $0)?.seconds }].compactMap { $0 }
    let zone = attributes[AttributeName.sliceZone].flatMap { CivilZone($0) } ?? .utc
    return starts.contains { window.contains(sliceFrom: $0, in: zone) }
  }
}
