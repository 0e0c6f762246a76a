import FlowCore
import StudyModel

/// An error entry as stored on disk, without its content.
package struct StoredEntry: Sendable, Equatable {
  /// Path of its folder.
  package var path: String
  package var document: EntryDocument
  package var cause: Cause
  package var time: Instant

  package var participant: String? { document.attributes[AttributeName.participant] }
  package var dataType: String? { document.attributes[AttributeName.dataType] }

  /// The slices of the entry's FlowFile, in order; entries of earlier versions have at most one.
  package var slices: [SliceKey] {
    guard let whole = slice else { return [] }
    let parts = document.attributes[AttributeName.sliceParts].flatMap { SlicePart.parts(of: $0) } ?? []
    if parts.isEmpty { return [whole] }
    return parts.map { SliceKey(participant: whole.participant, dataType: whole.dataType, start: $0.start, end: $0.end) }
  }

  /// The slice of the entry's FlowFile, of several their whole extent; nil if it had none.
  package var slice: SliceKey? {
    guard let participant, let dataType,
      let start = document.attributes[AttributeName.sliceStart].flatMap({ Instant(rfc3339: $0) }),
      let end = document.attributes[AttributeName.sliceEnd].flatMap({ Instant(rfc3339: $0) }), start < end
    else { return nil }
    return SliceKey(participant: participant, dataType: dataType, start: start.seconds, end: end.seconds)
  }
}

/// A folder in place of an entry that cannot be read as one.
package struct DamagedEntry: Sendable, Equatable, CustomStringConvertible {
  package var path: String
  package var reason: String

  package init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }
  package var description: String { "\(path): \(reason)" }
}

/// The content of the error folder.
package struct ErrorListing: Sendable, Equatable {
  /// Oldest first; entries of the same time by participant and data type, then by path.
  package var entries: [StoredEntry] = []
  package var damaged: [DamagedEntry] = []

  package init() {}

  mutating func sort() {
    entries.sort { ($0.time, $0.participant ?? "", $0.dataType ?? "", $0.path) < ($1.time, $1.participant ?? "", $1.dataType ?? "", $1.path) }
  }
}

/// Two entries with equal keys record the same recurring problem.
struct EntryKey: Hashable, Sendable {
  static let scopeAttribute = "scope"

  private var participant: String
  private var place: String
  private var subject: [String]

  /// A refused scope is one problem regardless of slices and processors, identified by participant and scope (attribute
  /// `scope`, otherwise the data type). A slice's problem is identified by slice and processor, whatever the cause; any
  /// other problem by cause and processor.
  init(processor: String, cause: Cause, attributes: [String: String]) {
    participant = attributes[AttributeName.participant] ?? ""
    let dataType = attributes[AttributeName.dataType] ?? ""
    if cause == .scope {
      place = ""
      subject = ["scope", attributes[EntryKey.scopeAttribute] ?? dataType]
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

  /// The end of the slice that a later entry must reach to supersede this one; nil if any entry with the same key does.
  fileprivate var reach: Instant? {
    cause == .scope ? nil : document.attributes[AttributeName.sliceEnd].flatMap { Instant(rfc3339: $0) }
  }
}

extension Array<StoredEntry> {
  /// Entries superseded by one of a later run with the same key and a slice that reaches at least as far. The current
  /// run counts as the latest, whatever the clock says.
  package func superseded(currentRun: String) -> [StoredEntry] {
    Dictionary(grouping: self, by: \.key).values.flatMap { alike in
      var later = LaterEntries()
      let ordered = alike.sorted { ($0.document.run == currentRun ? 1 : 0, $0.time, $0.path) < ($1.document.run == currentRun ? 1 : 0, $1.time, $1.path) }
      return ordered.reversed().filter { entry in
        defer { later.add(entry) }
        return later.cover(entry)
      }
    }
  }
}

/// The furthest reach among all later entries, and the furthest among those of other runs. This suffices to decide
/// whether an entry of another run reaches as far, without comparing all pairs.
private struct LaterEntries {
  private struct Reach {
    var run: String
    var end: Instant?
    /// Entries without a slice have no end and order first.
    var order: Int64 { end?.milliseconds ?? Int64.min }
  }
  private var furthest: Reach?
  private var furthestOfOthers: Reach?

  func cover(_ entry: StoredEntry) -> Bool {
    guard let other = furthest?.run == entry.document.run ? furthestOfOthers : furthest else { return false }
    return entry.reach.map { end in other.end.map { $0 >= end } ?? false } ?? true
  }

  mutating func add(_ entry: StoredEntry) {
    let reach = Reach(run: entry.document.run, end: entry.reach)
    guard let first = furthest else { return furthest = reach }
    if first.run == reach.run {
      if reach.order > first.order { furthest = reach }
    } else if reach.order > first.order {
      furthestOfOthers = first
      furthest = reach
    } else if furthestOfOthers.map({ reach.order > $0.order }) ?? true {
      furthestOfOthers = reach
    }
  }
}
