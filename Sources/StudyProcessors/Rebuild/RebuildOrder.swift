import FlowCore
import StudyModel

/// Which object is read next, and when a participant is done.
///
/// A participant's objects are read one after the other, each after the rows of the one before are written and the object is noted: the same
/// slice may be in several, and the last answer wins. Objects of different participants are processed together.
struct RebuildOrder: Sendable {
  /// More participants at once do not make it faster; each has an object's answers in the queues.
  static let openLimit = 8

  private struct Open: Sendable {
    var object: RawObject
    /// FlowFiles whose lineage has not ended.
    var underWay = 0
    var isRead = false
    /// It was given out as done.
    var isDone = false
  }

  private var waiting: [String: [RawObject]]
  /// Participants with waiting objects and none open, in order.
  private var ready: [String]
  private var open: [String: Open] = [:]
  private var outcomes: [String: LineageOutcome] = [:]

  init(_ objects: [RawObject]) {
    waiting = Dictionary(grouping: objects, by: \.participant)
    ready = waiting.keys.sorted()
  }

  var participants: [String] { ready }
  /// Everything has been read; FlowFiles may still be under way.
  var isExhausted: Bool { waiting.isEmpty && open.values.allSatisfy(\.isRead) }

  /// Opens the next object; nil if each participant with further objects has one open, or too many are open.
  mutating func next() -> RawObject? {
    guard open.count < Self.openLimit, !ready.isEmpty else { return nil }
    let participant = ready.removeFirst()
    guard var objects = waiting[participant], !objects.isEmpty else { return nil }
    let object = objects.removeFirst()
    waiting[participant] = objects.isEmpty ? nil : objects
    open[participant] = Open(object: object)
    return object
  }

  mutating func began(_ participant: String) { open[participant]?.underWay += 1 }

  /// Returns the object if its rows are all written by this, once; `noted` goes on with the next one.
  mutating func ended(_ participant: String, _ outcome: LineageOutcome) -> RawObject? {
    outcomes[participant, default: LineageOutcome()] = (outcomes[participant] ?? LineageOutcome()) + outcome
    open[participant]?.underWay -= 1
    return settle(participant)
  }

  /// Nothing more comes of the participant's open object. Returns it as `ended` does.
  mutating func read(_ participant: String) -> RawObject? {
    open[participant]?.isRead = true
    return settle(participant)
  }

  private mutating func settle(_ participant: String) -> RawObject? {
    guard var current = open[participant], current.isRead, current.underWay == 0, !current.isDone else { return nil }
    current.isDone = true
    open[participant] = current
    return current.object
  }

  /// Closes the participant's object, which was done. Returns the participant's outcome if it was the last one.
  mutating func noted(_ participant: String) -> LineageOutcome? {
    open[participant] = nil
    guard waiting[participant] == nil else {
      ready.append(participant)
      return nil
    }
    return outcomes.removeValue(forKey: participant) ?? LineageOutcome()
  }
}
