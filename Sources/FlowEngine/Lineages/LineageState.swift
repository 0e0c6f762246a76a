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
///
/// A count that does not come out is a fault of the engine: to go on would end a lineage early and lose what still belongs to it, or never
/// end it. It stops the program.
struct LineageState: Sendable {
  private struct Open: Sendable {
    var parent: LineageID?
    var onEnd: LineageEndHandler
    /// FlowFiles and nested lineages that have not ended.
    var pending = 0
    /// Handed to a handler, once: nothing joins it any more.
    var isConcluded = false
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
      precondition(open[opened.lineage] == nil, "lineage \(opened.lineage.value) was opened twice")
      open[opened.lineage] = Open(parent: opened.parent, onEnd: opened.onEnd)
      if let parent = opened.parent { join(parent) }
    }
    for lineage in changes.created { join(lineage) }
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
    guard let done = open.removeValue(forKey: lineage), done.isConcluded else {
      preconditionFailure("the handler of lineage \(lineage.value) has returned, which had not been called")
    }
    if let parent = done.parent {
      leave(parent) { $0 = $0 + done.outcome }
      concludeIfDone(parent)
    }
    return recruit(for: ended.count - 1)
  }

  private mutating func count(_ ending: Ending, in lineage: LineageID) {
    leave(lineage) { outcome in
      switch ending {
      case .finished: outcome.finished += 1
      case .removed: outcome.removed += 1
      case .deferred: outcome.deferred += 1
      case .abandoned: outcome.abandoned += 1
      case .inErrors(let failure): outcome.add(failure)
      }
    }
  }

  /// One more to wait for.
  private mutating func join(_ lineage: LineageID) {
    precondition(open[lineage]?.isConcluded == false, "something joined lineage \(lineage.value), which is not open")
    open[lineage]?.pending += 1
  }

  /// One less to wait for.
  private mutating func leave(_ lineage: LineageID, _ note: (inout LineageOutcome) -> Void) {
    guard var left = open[lineage], left.pending > 0 else {
      preconditionFailure("something ended in lineage \(lineage.value), which waits for nothing")
    }
    // Not a copy: what it holds is edited in place.
    open[lineage] = nil
    left.pending -= 1
    note(&left.outcome)
    open[lineage] = left
  }

  private mutating func concludeIfDone(_ lineage: LineageID) {
    guard let done = open[lineage], done.pending == 0, !done.isConcluded else { return }
    open[lineage]?.isConcluded = true
    ended.append(EndedLineage(lineage: lineage, outcome: done.outcome, onEnd: done.onEnd))
  }

  private mutating func recruit(for waiting: Int) -> Int {
    let more = max(0, min(waiting, maximumPumpCount - pumpCount))
    pumpCount += more
    return more
  }
}
