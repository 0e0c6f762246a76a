import DequeModule
import FlowCore

/// What a commit does to the lineages.
struct LineageChanges: Sendable {
  struct Opened: Sendable {
    var lineage: LineageID
    var parent: LineageID?
    var onEnd: LineageEndHandler
  }
  /// New lineages; a parent comes before those nested in it.
  var opened: [Opened] = []
  /// The lineage of each FlowFile that now exists.
  var created: [LineageID] = []
  /// The lineage of each FlowFile that has ended, and how.
  var ended: [(lineage: LineageID, ending: Ending)] = []

  var isEmpty: Bool { opened.isEmpty && created.isEmpty && ended.isEmpty }
}

/// A lineage of which nothing is left: its handler is to be called.
struct EndedLineage: Sendable {
  var lineage: LineageID
  var outcome: LineageOutcome
  var onEnd: LineageEndHandler
}

/// Which lineages are open, and what each still waits for: its FlowFiles, and the lineages nested in it until their handlers are done.
struct LineageState: Sendable {
  private struct Open: Sendable {
    var parent: LineageID?
    var onEnd: LineageEndHandler
    /// FlowFiles and nested lineages that have not ended.
    var pending = 0
    var outcome = LineageOutcome()
  }
  private var open: [LineageID: Open] = [:]
  private var ended = Deque<EndedLineage>()
  private var lastID: UInt64 = 0
  private(set) var pumpCount = 0

  /// Handlers that may run at once.
  let maximumPumpCount: Int

  init(maximumPumpCount: Int) { self.maximumPumpCount = maximumPumpCount }

  var openCount: Int { open.count }
  var isEmpty: Bool { open.isEmpty }

  /// A new lineage's id; it opens when the commit that uses it is applied.
  mutating func makeID() -> LineageID {
    lastID += 1
    return LineageID(lastID)
  }

  /// Applies a commit. Returns how many more tasks shall call handlers.
  mutating func apply(_ changes: LineageChanges) -> Int {
    for opened in changes.opened {
      open[opened.lineage] = Open(parent: opened.parent, onEnd: opened.onEnd)
      if let parent = opened.parent { open[parent]?.pending += 1 }
    }
    for lineage in changes.created { open[lineage]?.pending += 1 }
    for end in changes.ended { count(end.ending, in: end.lineage) }
    // Only now, when what the commit added is counted, can a lineage be seen to have nothing left.
    for end in changes.ended { concludeIfDone(end.lineage) }
    return recruit(for: ended.count)
  }

  /// The next handler to call, for one of the tasks that call them; nil ends the task.
  mutating func next() -> EndedLineage? {
    if let next = ended.popFirst() { return next }
    pumpCount -= 1
    return nil
  }

  /// A handler has returned: the parent waits for one less. Returns how many more tasks shall call handlers beside the one that reports.
  mutating func handled(_ lineage: LineageID) -> Int {
    guard let done = open.removeValue(forKey: lineage) else { return 0 }
    if let parent = done.parent, open[parent] != nil {
      open[parent]?.pending -= 1
      if let sum = open[parent].map({ $0.outcome + done.outcome }) { open[parent]?.outcome = sum }
      concludeIfDone(parent)
    }
    return recruit(for: ended.count - 1)
  }

  private mutating func count(_ ending: Ending, in lineage: LineageID) {
    open[lineage]?.pending -= 1
    switch ending {
    case .finished: open[lineage]?.outcome.finished += 1
    case .removed: open[lineage]?.outcome.removed += 1
    case .deferred: open[lineage]?.outcome.deferred += 1
    case .abandoned: open[lineage]?.outcome.abandoned += 1
    case .inErrors(let failure): open[lineage]?.outcome.add(failure)
    }
  }

  private mutating func concludeIfDone(_ lineage: LineageID) {
    guard let done = open[lineage], done.pending == 0 else { return }
    // −1 marks it as handed to a handler: it is concluded once, however often it is named.
    open[lineage]?.pending = -1
    ended.append(EndedLineage(lineage: lineage, outcome: done.outcome, onEnd: done.onEnd))
  }

  private mutating func recruit(for waiting: Int) -> Int {
    let more = max(0, min(waiting, maximumPumpCount - pumpCount))
    pumpCount += more
    return more
  }
}
