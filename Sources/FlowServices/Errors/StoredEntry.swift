import FlowCore

/// An entry of the error folder as it is on disk, without its content.
package struct StoredEntry: Sendable, Equatable {
  /// Its folder.
  package var path: String
  package var document: EntryDocument
  package var cause: Cause
  package var time: Instant

  package var participant: String? { document.attributes[AttributeName.participant] }
}

/// A folder where an entry should be that cannot be read as one.
package struct DamagedEntry: Sendable, Equatable, CustomStringConvertible {
  package var path: String
  package var reason: String

  package init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }
  package var description: String { "\(path): \(reason)" }
}

/// What the error folder holds.
package struct ErrorListing: Sendable, Equatable {
  /// The oldest first; of the same time, by path.
  package var entries: [StoredEntry] = []
  package var damaged: [DamagedEntry] = []

  package init() {}
}

/// What makes two entries the same trouble, come back.
struct EntryKey: Hashable, Sendable {
  private var participant: String
  private var place: String
  private var subject: [String]

  /// A refused scope is one trouble however many slices and processors meet it: participant and scope (attribute `scope`, else the data
  /// type). A slice's is the slice at its processor, whatever the cause; anything else the cause at its processor.
  init(processor: String, cause: Cause, attributes: [String: String]) {
    participant = attributes[AttributeName.participant] ?? ""
    let dataType = attributes[AttributeName.dataType] ?? ""
    if cause == .scope {
      place = ""
      subject = ["scope", attributes["scope"] ?? dataType]
    } else if let start = attributes[AttributeName.sliceStart] {
      place = processor
      subject = ["slice", dataType, start]
    } else {
      place = processor
      subject = ["cause", dataType, cause.rawValue]
    }
  }
}

extension StoredEntry {
  var key: EntryKey { EntryKey(processor: document.processor, cause: cause, attributes: document.attributes) }

  /// True if a later entry with the same key says all that this one says: its slice reaches as far.
  func isCovered(by later: ErrorEntry) -> Bool {
    guard cause != .scope, let end = document.attributes[AttributeName.sliceEnd].flatMap({ Instant(rfc3339: $0) }) else { return true }
    return later.flowFile[AttributeName.sliceEnd].flatMap { Instant(rfc3339: $0) }.map { $0 >= end } ?? false
  }
}
