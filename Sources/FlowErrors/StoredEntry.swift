import FlowCore
import StudyModel

/// An entry of the error folder as it is on disk, without its content.
package struct StoredEntry: Sendable, Equatable {
  /// Its folder.
  package var path: String
  package var document: EntryDocument
  package var cause: Cause
  package var time: Instant

  package var participant: String? { document.attributes[AttributeName.participant] }
  package var dataType: String? { document.attributes[AttributeName.dataType] }

  /// The slice that the entry's FlowFile was for; nil if it was for none.
  package var slice: SliceKey? {
    guard let participant, let dataType,
      let start = document.attributes[AttributeName.sliceStart].flatMap({ Instant(rfc3339: $0) }),
      let end = document.attributes[AttributeName.sliceEnd].flatMap({ Instant(rfc3339: $0) }), start < end
    else { return nil }
    return SliceKey(participant: participant, dataType: dataType, start: start.seconds, end: end.seconds)
  }
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

  /// How far a later entry with the same key has to reach to say all that this one says; nil: any does.
  fileprivate var reach: Instant? {
    cause == .scope ? nil : document.attributes[AttributeName.sliceEnd].flatMap { Instant(rfc3339: $0) }
  }
}

extension Array<StoredEntry> {
  /// Trouble that came back: entries for which one of a later run stands, with the same key and a slice that reaches as far. Entries
  /// of the run that is under way are the latest, whatever the clock says.
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

/// How far the entries of two runs reach: the furthest of all runs, and the furthest of any other. Enough to ask of an entry whether
/// another run's reaches as far, without comparing each with each.
private struct LaterEntries {
  private struct Reach {
    var run: String
    var end: Instant?
    /// nil, no slice: it reaches nowhere in time, and any entry without a slice is covered by it.
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
