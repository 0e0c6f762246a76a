/// One trigger's unit of work. One processor, one task; not Sendable: the compiler keeps it there.
///
/// Every FlowFile taken must be transferred, requeued or removed; every one created must be transferred or removed. The engine checks
/// this when `process` returns and commits all or nothing; on a throw nothing has happened. NiFi's ProcessSession, with values for handles.
package final class ProcessSession {
  /// What became of a FlowFile in this session.
  package enum Disposition: Sendable {
    case transferred(FlowFile, relationship: String)
    /// Back to the queue it came from, available again after the penalty.
    case requeued(FlowFile, penalty: Duration)
    case removed(FlowFile)
  }
  package struct Created: Sendable {
    package var flowFile: FlowFile
    package var parent: FlowFile?
    /// Set when the FlowFile opens a lineage of its own inside its parent's.
    package var onEnd: LineageEndHandler?
  }
  /// A use of the session against its rules: the engine treats it as an internal error of the processor.
  package struct Misuse: Error, CustomStringConvertible, Sendable {
    package var description: String
    package init(description: String) { self.description = description }
  }

  package let processor: String
  package let environment: RuntimeEnvironment
  /// The run takes nothing in any more: a processor that hands out work in portions hands out no more.
  package let isStopping: Bool
  private let take: () -> FlowFile?
  private let openLineage: () -> LineageID
  private let countOutside: (_ counter: String, _ delta: Int64) -> Void

  package private(set) var taken: [FlowFile] = []
  package private(set) var created: [Created] = []
  package private(set) var dispositions: [Disposition] = []
  package private(set) var counters: [String: Int64] = [:]
  /// Counted already, whatever becomes of the session.
  package private(set) var countersAtOnce: [String: Int64] = [:]
  package private(set) var bulletins: [Bulletin] = []
  /// The processor asks not to be triggered for this long (NiFi's yield).
  package private(set) var yieldDuration: Duration?
  /// A source says that it has no more.
  package private(set) var isExhausted = false
  private var open: [FlowFileID: Bool] = [:]
  private var misuse: Misuse?

  /// - Parameters:
  ///   - take: gives the next FlowFile of the incoming queues, nil when none is available or this trigger's share is used up.
  ///   - openLineage: makes the id of a new lineage.
  ///   - countOutside: told of what counts at once.
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

  /// The next FlowFile, or nil.
  package func get() -> FlowFile? {
    guard let flowFile = take() else { return nil }
    taken.append(flowFile)
    open[flowFile.id] = true
    return flowFile
  }

  /// All that this trigger may take.
  package func getAll() -> [FlowFile] {
    var all: [FlowFile] = []
    while let flowFile = get() { all.append(flowFile) }
    return all
  }

  /// A new FlowFile that descends from none. It opens a lineage; `onEnd` is told when it has ended with all its descendants.
  package func create(onEnd: LineageEndHandler? = nil) -> FlowFile {
    make(parent: nil, lineage: openLineage(), attributes: [:], content: .empty, onEnd: onEnd ?? { _ in })
  }

  /// A child: inherits attributes and lineage, not the content. With `onEnd` it opens a lineage nested in its parent's.
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

  /// Sends a FlowFile out by a relationship. `failure` says what stopped it, for the error folder.
  package func transfer(_ flowFile: FlowFile, to relationship: Relationship, because failure: FlowFileFailure? = nil) {
    transfer(flowFile, to: relationship.name, because: failure)
  }
  package func transfer(_ flowFile: FlowFile, to relationship: String, because failure: FlowFileFailure? = nil) {
    guard settle(flowFile, "transfer") else { return }
    var flowFile = flowFile
    if let failure { flowFile.failure = failure }
    dispositions.append(.transferred(flowFile, relationship: relationship))
  }

  /// Puts a taken FlowFile back into its queue, at the end, as edited. It waits for `penalty`, others pass.
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

  /// Counts on commit.
  package func count(_ counter: String, _ delta: Int = 1) {
    precondition(delta >= 0, "counter '\(counter)' only goes up")
    counters[counter, default: 0] += Int64(delta)
  }

  /// Counts at once, also when the session is rolled back or tried again (NiFi's immediate counters): for what has happened outside and
  /// cannot be taken back, such as a request.
  package func countAtOnce(_ counter: String, _ delta: Int = 1) {
    precondition(delta >= 0, "counter '\(counter)' only goes up")
    countersAtOnce[counter, default: 0] += Int64(delta)
    countOutside(counter, Int64(delta))
  }

  /// Tells the operator; posted on commit.
  package func post(_ level: Bulletin.Level, _ subject: String, _ detail: String) {
    bulletins.append(Bulletin(level, processor: processor, subject: subject, detail: detail))
  }

  /// The processor waits, all its FlowFiles with it.
  package func yield(_ duration: Duration = .seconds(1)) { yieldDuration = duration }

  /// A source has nothing more to give.
  package func exhausted() { isExhausted = true }

  /// Checks that every FlowFile is accounted for. Called by the engine before a commit.
  package func checkComplete() throws(Misuse) {
    if let misuse { throw misuse }
    if let forgotten = open.first(where: { $0.value })?.key {
      throw Misuse(description: "FlowFile \(forgotten) was neither transferred, requeued nor removed")
    }
  }
}
