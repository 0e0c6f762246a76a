/// What a session needs of the engine. Called in the session's task only.
package protocol SessionHost: AnyObject {
  /// The next FlowFile of the incoming queues; nil if none is available or the trigger's share is used up.
  func next() -> FlowFile?
  /// The FlowFiles that the processor holds; none the second time.
  func takeHeld() -> [HeldFlowFile]
  /// Creates the id of a new lineage.
  func openLineage() -> LineageID
  /// Counts at once, however the session ends.
  func count(_ counter: String, _ delta: Int64)
  /// Notes that the session begins (1) or has ended (-1) to wait for something outside of the engine.
  func noteWait(_ reason: String, _ change: Int)
}

/// A FlowFile that a processor holds: it has left its queue, and the engine keeps it between the processor's triggers.
package struct HeldFlowFile: Sendable {
  package var flowFile: FlowFile
  /// When it was first held (monotonic).
  package var since: Duration
  package init(_ flowFile: FlowFile, since: Duration) {
    self.flowFile = flowFile
    self.since = since
  }
}

/// One unit of work of one trigger. Belongs to one processor and one task; not Sendable, so the compiler keeps it
/// there.
///
/// Every FlowFile taken must be transferred, requeued, held or removed; every FlowFile created must be transferred or
/// removed. The engine checks this when `process` returns, and commits all or nothing; after a throw, nothing has
/// happened. Like NiFi's ProcessSession, with values instead of handles.
package final class ProcessSession {
  /// The outcome of a FlowFile in this session.
  package enum Disposition: Sendable {
    case transferred(FlowFile, relationship: String)
    /// Returned to its queue, available again after the penalty.
    case requeued(FlowFile, Penalty)
    case removed(FlowFile)
    /// Kept by the engine for the processor's next trigger.
    case held(HeldFlowFile)

    package var isHeld: Bool { if case .held = self { true } else { false } }
  }
  /// The wait of a FlowFile.
  package struct Penalty: Sendable, Equatable {
    package var duration: Duration
    /// What it waits for, for displays: a noun.
    package var reason: String?
    /// It counts against its queue's thresholds meanwhile.
    package var isCounted = false
  }
  package struct Created: Sendable {
    package var flowFile: FlowFile
    package var parent: FlowFile?
    /// Further parents, of a FlowFile that joins several.
    package var otherParents: [FlowFile] = []
    /// Set if the FlowFile opens a nested lineage.
    package var onEnd: LineageEndHandler?
  }
  /// A violation of the session's rules, which the engine treats as an internal error of the processor.
  package struct Misuse: Error, CustomStringConvertible, Sendable {
    package var description: String
    package init(description: String) { self.description = description }
  }

  package let processor: String
  package let environment: RuntimeEnvironment
  /// The run is draining: a processor that emits work in portions must stop emitting.
  package let isStopping: Bool
  /// Nothing more can come until the processor has dealt with what it holds: no FlowFile waits or is under way before it, and no source will
  /// make one. It must not hold any then, unless the run is stopping: what it holds then ends as deferred.
  package let isInputEnded: Bool
  private let host: any SessionHost

  package private(set) var taken: [FlowFile] = []
  package private(set) var created: [Created] = []
  package private(set) var dispositions: [Disposition] = []
  package private(set) var counters: [String: Int64] = [:]
  /// Counters already reported, regardless of how the session ends.
  package private(set) var countersAtOnce: [String: Int64] = [:]
  package private(set) var bulletins: [Bulletin] = []
  /// How long the processor asks not to be triggered (NiFi's yield).
  package private(set) var yieldDuration: Duration?
  /// The source has no more data.
  package private(set) var isExhausted = false
  /// Of FlowFiles that wait before the next processor takes them.
  package private(set) var penalties: [FlowFileID: Penalty] = [:]
  /// When the processor wants those that it holds again, at the latest; nil: no time.
  package private(set) var heldFor: Duration?
  /// With how many further FlowFiles it wants them.
  package private(set) var heldForCount = 1
  /// It has held a FlowFile.
  package private(set) var holdsSome = false
  private var heldSince: [FlowFileID: Duration] = [:]
  private var commitActions: [@Sendable () -> Void] = []
  private var open = OpenFlowFiles()
  private var misuse: Misuse?

  package init(processor: String, environment: RuntimeEnvironment, isStopping: Bool = false, isInputEnded: Bool = false, host: any SessionHost) {
    self.processor = processor
    self.environment = environment
    self.isStopping = isStopping
    self.isInputEnded = isInputEnded
    self.host = host
  }

  /// The next FlowFile; nil if there is none.
  package func get() -> FlowFile? {
    guard let flowFile = host.next() else { return nil }
    taken.append(flowFile)
    open.add(flowFile.id)
    return flowFile
  }

  /// All FlowFiles that this trigger may take.
  package func getAll() -> [FlowFile] {
    var all: [FlowFile] = []
    while let flowFile = get() { all.append(flowFile) }
    return all
  }

  /// All FlowFiles that earlier sessions held, in the order in which they were held; none the second time.
  package func getHeld() -> [HeldFlowFile] {
    let held = host.takeHeld()
    for one in held {
      taken.append(one.flowFile)
      open.add(one.flowFile.id)
      heldSince[one.flowFile.id] = one.since
    }
    return held
  }

  /// Keeps a FlowFile for a later session of this processor, which gets it with `getHeld`. It does not count against its queue's thresholds, so
  /// a processor must bound what it holds. If the run halts, it ends as a FlowFile in a queue does.
  package func hold(_ flowFile: FlowFile) {
    guard settle(flowFile, "hold") else { return }
    if !isTaken(flowFile) { misuse = misuse ?? Misuse(description: "FlowFile \(flowFile.id) was held but not taken from a queue") }
    holdsSome = true
    dispositions.append(.held(HeldFlowFile(flowFile, since: heldSince[flowFile.id] ?? environment.time.monotonic)))
  }

  /// When the processor is triggered next for what it holds: with so many further FlowFiles, or a full queue, or after a time, or when nothing more
  /// can come (`isInputEnded`), whichever is first. Without this call, with the next FlowFile.
  package func wake(after delay: Duration?, orWith count: Int = 1) {
    heldFor = delay
    heldForCount = max(1, count)
  }

  private func isTaken(_ flowFile: FlowFile) -> Bool {
    !heldSince.isEmpty && heldSince[flowFile.id] != nil || taken.contains { $0.id == flowFile.id }
  }

  /// Creates a FlowFile without a parent. It opens a lineage; `onEnd` is called when the FlowFile and all its
  /// descendants have ended.
  package func create(onEnd: LineageEndHandler? = nil) -> FlowFile {
    make(parent: nil, lineage: host.openLineage(), attributes: [:], content: .empty, onEnd: onEnd ?? { _ in })
  }

  /// Creates a child, which inherits attributes and lineage but not the content. With `onEnd`, it opens a nested
  /// lineage.
  package func create(childOf parent: FlowFile, onEnd: LineageEndHandler? = nil) -> FlowFile {
    make(
      parent: parent, lineage: onEnd == nil ? parent.lineage : host.openLineage(), attributes: parent.attributes, content: .empty,
      onEnd: onEnd)
  }

  /// Creates a FlowFile that joins several, such as a merged one. It has their common attributes and no content. The lineage of each ends no earlier
  /// than this FlowFile. It is not retried with its parents. Precondition: there is a parent.
  package func create(joining parents: [FlowFile]) -> FlowFile {
    precondition(!parents.isEmpty, "a FlowFile joins at least one")
    let lineages = Set(parents.map(\.lineage))
    var common = parents[0].attributes
    for parent in parents.dropFirst() {
      for (name, value) in common where parent.attributes[name] != value { common[name] = nil }
    }
    let isNested = lineages.count > 1
    let onEnd: LineageEndHandler = { _ in }
    let flowFile = make(
      parent: parents[0], lineage: isNested ? host.openLineage() : parents[0].lineage, attributes: common, content: .empty, onEnd: isNested ? onEnd : nil)
    created[created.count - 1].otherParents = Array(parents.dropFirst())
    return flowFile
  }

  private func make(
    parent: FlowFile?, lineage: LineageID, attributes: Attributes, content: Content, onEnd: LineageEndHandler?
  ) -> FlowFile {
    var flowFile = FlowFile(
      id: FlowFileID(environment.random), attributes: attributes, content: content, lineage: lineage,
      ancestors: parent.map { $0.ancestors + [$0.id] } ?? [], created: environment.time.now)
    if let parent { flowFile.inherit(way: parent.way) }
    created.append(Created(flowFile: flowFile, parent: parent, onEnd: onEnd))
    open.add(flowFile.id)
    return flowFile
  }

  /// Sends a FlowFile to a relationship. `failure` is the reason recorded in the error folder.
  package func transfer(_ flowFile: FlowFile, to relationship: Relationship, because failure: FlowFileFailure? = nil) {
    transfer(flowFile, to: relationship.name, because: failure)
  }
  package func transfer(_ flowFile: FlowFile, to relationship: String, because failure: FlowFileFailure? = nil) {
    guard settle(flowFile, "transfer") else { return }
    var flowFile = flowFile
    if let failure { flowFile.failure = failure }
    dispositions.append(.transferred(flowFile, relationship: relationship))
  }

  /// Returns an edited FlowFile to the end of its queue. It waits for `penalty`; other FlowFiles may overtake it.
  /// - Parameters:
  ///   - reason: what it waits for, for displays: a noun, such as `rate limit`.
  ///   - isCounted: whether it counts against the queue's thresholds meanwhile, for a processor that makes many wait: the thresholds bound them
  ///     then, by back pressure.
  package func requeue(_ flowFile: FlowFile, penalty: Duration, because reason: String? = nil, isCounted: Bool = false) {
    guard settle(flowFile, "requeue") else { return }
    if !isTaken(flowFile) {
      misuse = misuse ?? Misuse(description: "FlowFile \(flowFile.id) was requeued but not taken from a queue")
    }
    dispositions.append(.requeued(flowFile, Penalty(duration: penalty, reason: reason, isCounted: isCounted)))
  }

  /// Makes a FlowFile that is sent on wait before the next processor takes it (NiFi's penalty); others may overtake it.
  /// - Parameter reason: what it waits for, for displays: a noun.
  package func penalise(_ flowFile: FlowFile, for duration: Duration, because reason: String? = nil) {
    penalties[flowFile.id] = Penalty(duration: duration, reason: reason)
  }

  /// Runs an action once the session is committed, before another session of this processor begins; never if it is rolled back or retried. For
  /// what the processor remembers. Must not block.
  package func onCommit(_ action: @escaping @Sendable () -> Void) { commitActions.append(action) }

  /// The engine calls it after the commit.
  package func committed() {
    for action in commitActions { action() }
    commitActions = []
  }

  /// Ends a FlowFile here.
  package func remove(_ flowFile: FlowFile) {
    guard settle(flowFile, "remove") else { return }
    dispositions.append(.removed(flowFile))
  }

  private func settle(_ flowFile: FlowFile, _ operation: String) -> Bool {
    guard let isOpen = open.settle(flowFile.id) else {
      misuse = misuse ?? Misuse(description: "\(operation) of FlowFile \(flowFile.id), which is not of this session")
      return false
    }
    if !isOpen { misuse = misuse ?? Misuse(description: "\(operation) of FlowFile \(flowFile.id), which was settled before") }
    return isOpen
  }

  /// Increments a counter on commit. The delta must not be negative.
  package func count(_ counter: String, _ delta: Int = 1) {
    precondition(delta >= 0, "counter '\(counter)' only goes up")
    counters[counter, default: 0] += Int64(delta)
  }

  /// Increments a counter at once, even if the session is rolled back or retried (NiFi's immediate counters): for
  /// external effects that cannot be undone, such as a request.
  package func countAtOnce(_ counter: String, _ delta: Int = 1) {
    precondition(delta >= 0, "counter '\(counter)' only goes up")
    countersAtOnce[counter, default: 0] += Int64(delta)
    host.count(counter, Int64(delta))
  }

  /// Posts a bulletin for the operator on commit.
  package func post(_ level: Bulletin.Level, _ subject: String, _ detail: String) {
    bulletins.append(Bulletin(level, processor: processor, subject: subject, detail: detail))
  }

  /// Asks the engine not to trigger the processor for a while; its queued FlowFiles wait.
  package func yield(_ duration: Duration = .seconds(1)) { yieldDuration = duration }

  /// Runs what takes as long as something outside of the engine takes; meanwhile displays say what the processor waits for.
  /// - Parameter reason: a noun, such as `network`.
  package func waiting<Result>(for reason: String, _ body: () async throws -> Result) async rethrows -> Result {
    host.noteWait(reason, 1)
    defer { host.noteWait(reason, -1) }
    return try await body()
  }

  /// Declares that a source has no more data.
  package func exhausted() { isExhausted = true }

  /// Checks that every FlowFile is accounted for. The engine calls it before a commit.
  package func checkComplete() throws(Misuse) {
    if let misuse { throw misuse }
    if let unhandled = open.first {
      throw Misuse(description: "FlowFile \(unhandled) was neither transferred, requeued, held nor removed")
    }
  }
}

/// The FlowFiles of a session, and which of them are not settled yet.
private struct OpenFlowFiles {
  private var flowFiles: [(id: FlowFileID, isOpen: Bool)] = []
  /// The place of each, once there are so many that a search costs more.
  private var places: [FlowFileID: Int] = [:]
  private static let searched = 64
  private var openCount = 0

  /// The first one that is not settled.
  var first: FlowFileID? { openCount == 0 ? nil : flowFiles.first { $0.isOpen }?.id }

  mutating func add(_ id: FlowFileID) {
    flowFiles.append((id, true))
    openCount += 1
    if flowFiles.count == Self.searched { for (place, one) in flowFiles.enumerated() { places[one.id] = place } }
    if flowFiles.count > Self.searched { places[id] = flowFiles.count - 1 }
  }

  /// Settles a FlowFile. Returns whether it was open; nil if it is not of this session.
  mutating func settle(_ id: FlowFileID) -> Bool? {
    // From the end: a processor mostly settles what it took or created last. A dictionary costs more than the few that most sessions have.
    let place = flowFiles.count < Self.searched ? flowFiles.lastIndex { $0.id == id } : places[id]
    guard let index = place else { return nil }
    defer { flowFiles[index].isOpen = false }
    if flowFiles[index].isOpen { openCount -= 1 }
    return flowFiles[index].isOpen
  }
}
