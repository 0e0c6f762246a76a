/// One unit of work of one trigger. Belongs to one processor and one task; not Sendable, so the compiler keeps it
/// there.
///
/// Every FlowFile taken must be transferred, requeued or removed; every FlowFile created must be transferred or
/// removed. The engine checks this when `process` returns, and commits all or nothing; after a throw, nothing has
/// happened. Like NiFi's ProcessSession, with values instead of handles.
package final class ProcessSession {
  /// The outcome of a FlowFile in this session.
  package enum Disposition: Sendable {
    case transferred(FlowFile, relationship: String)
    /// Returned to its queue, available again after the penalty.
    case requeued(FlowFile, penalty: Duration)
    case removed(FlowFile)
  }
  package struct Created: Sendable {
    package var flowFile: FlowFile
    package var parent: FlowFile?
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
  private let take: () -> FlowFile?
  private let openLineage: () -> LineageID
  private let countOutside: (_ counter: String, _ delta: Int64) -> Void

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
  private var open: [FlowFileID: Bool] = [:]
  private var misuse: Misuse?

  /// - Parameters:
  ///   - take: returns the next FlowFile of the incoming queues; nil if none is available or the trigger's share is
  ///     used up.
  ///   - openLineage: creates the id of a new lineage.
  ///   - countOutside: called for every immediate counter.
  package init(
    processor: String, environment: RuntimeEnvironment, isStopping: Bool = false, take: @escaping () -> FlowFile?,
    openLineage: @escaping () -> LineageID, countOutside: @escaping (_ counter: String, _ delta: Int64) -> Void = { _, _ in }
  ) {
    self.processor = processor
    self.environment = environment
    self.isStopping = isStopping
    self.take = take
    self.openLineage = openLineage
    self.countOutside = countOutside
  }

  /// The next FlowFile; nil if there is none.
  package func get() -> FlowFile? {
    guard let flowFile = take() else { return nil }
    taken.append(flowFile)
    open[flowFile.id] = true
    return flowFile
  }

  /// All FlowFiles that this trigger may take.
  package func getAll() -> [FlowFile] {
    var all: [FlowFile] = []
    while let flowFile = get() { all.append(flowFile) }
    return all
  }

  /// Creates a FlowFile without a parent. It opens a lineage; `onEnd` is called when the FlowFile and all its
  /// descendants have ended.
  package func create(onEnd: LineageEndHandler? = nil) -> FlowFile {
    make(parent: nil, lineage: openLineage(), attributes: [:], content: .empty, onEnd: onEnd ?? { _ in })
  }

  /// Creates a child, which inherits attributes and lineage but not the content. With `onEnd`, it opens a nested
  /// lineage.
  package func create(childOf parent: FlowFile, onEnd: LineageEndHandler? = nil) -> FlowFile {
    make(
      parent: parent, lineage: onEnd == nil ? parent.lineage : openLineage(), attributes: parent.attributes, content: .empty,
      onEnd: onEnd)
  }

  private func make(
    parent: FlowFile?, lineage: LineageID, attributes: Attributes, content: Content, onEnd: LineageEndHandler?
  ) -> FlowFile {
    var flowFile = FlowFile(
      id: FlowFileID(environment.random), attributes: attributes, content: content, lineage: lineage,
      ancestors: parent.map { $0.ancestors + [$0.id] } ?? [], created: environment.time.now)
    if let parent { flowFile.inherit(way: parent.way) }
    created.append(Created(flowFile: flowFile, parent: parent, onEnd: onEnd))
    open[flowFile.id] = true
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
  package func requeue(_ flowFile: FlowFile, penalty: Duration) {
    guard settle(flowFile, "requeue") else { return }
    if !taken.contains(where: { $0.id == flowFile.id }) {
      misuse = misuse ?? Misuse(description: "FlowFile \(flowFile.id) was requeued but not taken from a queue")
    }
    dispositions.append(.requeued(flowFile, penalty: penalty))
  }

  /// Ends a FlowFile here.
  package func remove(_ flowFile: FlowFile) {
    guard settle(flowFile, "remove") else { return }
    dispositions.append(.removed(flowFile))
  }

  private func settle(_ flowFile: FlowFile, _ operation: String) -> Bool {
    if open[flowFile.id] == true {
      open[flowFile.id] = false
      return true
    }
    let reason = open[flowFile.id] == nil ? "is not of this session" : "was settled before"
    misuse = misuse ?? Misuse(description: "\(operation) of FlowFile \(flowFile.id), which \(reason)")
    return false
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
    countOutside(counter, Int64(delta))
  }

  /// Posts a bulletin for the operator on commit.
  package func post(_ level: Bulletin.Level, _ subject: String, _ detail: String) {
    bulletins.append(Bulletin(level, processor: processor, subject: subject, detail: detail))
  }

  /// Asks the engine not to trigger the processor for a while; its queued FlowFiles wait.
  package func yield(_ duration: Duration = .seconds(1)) { yieldDuration = duration }

  /// Declares that a source has no more data.
  package func exhausted() { isExhausted = true }

  /// Checks that every FlowFile is accounted for. The engine calls it before a commit.
  package func checkComplete() throws(Misuse) {
    if let misuse { throw misuse }
    if let unhandled = open.first(where: { $0.value })?.key {
      throw Misuse(description: "FlowFile \(unhandled) was neither transferred, requeued nor removed")
    }
  }
}
