import DequeModule
import FlowCore

/// The effects of a commit on lineages.
struct LineageChanges: Sendable {
  struct Opened: Sendable {
    var lineage: LineageID
    /// More than one: of a FlowFile that joins several lineages.
    var parents: Set<LineageID>
    var onEnd: LineageEndHandler

    init(lineage: LineageID, parents: Set<LineageID>, onEnd: @escaping LineageEndHandler) {
      self.lineage = lineage
      self.parents = parents
      self.onEnd = onEnd
    }
    init(lineage: LineageID, parent: LineageID?, onEnd: @escaping LineageEndHandler) {
      self.init(lineage: lineage, parents: parent.map { [$0] } ?? [], onEnd: onEnd)
    }
  }
  /// New lineages; parents precede nested ones.
  var opened: [Opened] = []
  /// The lineage of each new FlowFile.
  var created: [LineageID] = []
  /// The lineage of each FlowFile that has ended, and how it ended.
  var ended: [(lineage: LineageID, ending: Ending)] = []

  var isEmpty: Bool { opened.isEmpty && created.isEmpty && ended.isEmpty }
}

/// A lineage whose handler is due because nothing of it is left.
struct EndedLineage: Sendable {
  var lineage: LineageID
  var outcome: LineageOutcome
  var onEnd: LineageEndHandler
}

/// The open lineages and how many things each still waits for: its FlowFiles, and its nested lineages until their
/// handlers complete.
///
/// An inconsistent count is a bug in the engine. Continuing would end a lineage early and lose what still belongs to
/// it, or never end it, so the program traps.
struct LineageState: Sendable {
  private struct Open: Sendable {
    var parents: Set<LineageID>
    var onEnd: LineageEndHandler
    /// FlowFiles and nested lineages that have not ended.
    var pending = 0
    /// Its handler has been scheduled; nothing can join it any more.
    var isConcluded = false
    var outcome = LineageOutcome()
  }
  private var open: [LineageID: Open] = [:]
  private var ended = Deque<EndedLineage>()
  private var lastID: UInt64 = 0
  private(set) var pumpCount = 0

  /// The maximum number of handlers that run concurrently.
  let maximumPumpCount: Int

  init(maximumPumpCount: Int) { self.maximumPumpCount = maximumPumpCount }

  var openCount: Int { open.count }
  var isEmpty: Bool { open.isEmpty }

  /// Creates a lineage id. The lineage opens when the commit that uses it is applied.
  mutating func makeID() -> LineageID {
    lastID += 1
    return LineageID(lastID)
  }

  /// Applies a commit. Returns how many more handler tasks to start.
  mutating func apply(_ changes: LineageChanges) -> Int {
    for opened in changes.opened {
      precondition(open[opened.lineage] == nil, "lineage \(opened.lineage.value) was opened twice")
      open[opened.lineage] = Open(parents: opened.parents, onEnd: opened.onEnd)
      for parent in opened.parents { join(parent) }
    }
    for lineage in changes.created { join(lineage) }
    for end in changes.ended { count(end.ending, in: end.lineage) }
    // Conclude only after counting the commit's new FlowFiles, which may belong to the same lineage.
    for end in changes.ended { concludeIfEnded(end.lineage) }
    return recruit(for: ended.count)
  }

  /// The next handler for a handler task to call; nil ends the task.
  mutating func next() -> EndedLineage? {
    if let next = ended.popFirst() { return next }
    pumpCount -= 1
    return nil
  }

  /// Records that a handler has returned, which its parent was waiting for. Returns how many more handler tasks to
  /// start.
  mutating func handled(_ lineage: LineageID) -> Int {
    guard let done = open.removeValue(forKey: lineage), done.isConcluded else {
      preconditionFailure("the handler of lineage \(lineage.value) has returned, which had not been called")
    }
    // In a fixed order: the order in which handlers are called must not depend on the hashes of a run.
    for parent in done.parents.isEmpty ? [] : done.parents.sorted(by: { $0.value < $1.value }) {
      leave(parent) { $0 = $0 + done.outcome }
      concludeIfEnded(parent)
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

  /// Adds one item to wait for.
  private mutating func join(_ lineage: LineageID) {
    precondition(open[lineage]?.isConcluded == false, "something joined lineage \(lineage.value), which is not open")
    open[lineage]?.pending += 1
  }

  /// Removes one item to wait for.
  private mutating func leave(_ lineage: LineageID, _ note: (inout LineageOutcome) -> Void) {
    guard var left = open[lineage], left.pending > 0 else {
      preconditionFailure("something ended in lineage \(lineage.value), which waits for nothing")
    }
    // Remove the entry first so that it is edited in place and not copied.
    open[lineage] = nil
    left.pending -= 1
    note(&left.outcome)
    open[lineage] = left
  }

  private mutating func concludeIfEnded(_ lineage: LineageID) {
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
