import FlowCore

/// Tells FlowFiles apart whose identifier was seen before, as NiFi's DetectDuplicate.
///
/// An identifier counts once its FlowFile has left: a try that fails and is repeated does not make a duplicate of itself, as it does in NiFi. The
/// identifiers are in the memory of one processor of one run, until `age_off_duration` has passed or the run ends; another run, also a replay or the next
/// of `flowrun serve`, begins without any. NiFi's cache lasts as long as its server. What must be unique for longer is compared with a database: DedupeCheck,
/// or PutDatabaseRecord with `statement_type: upsert`.
///
///     - name: once each
///       type: DetectDuplicate
///       properties: { cache_entry_identifier: "${filename:replaceEmpty(${uuid})}", age_off_duration: 1 h }
///       to: { non-duplicate: look for duplicates, duplicate: drop }
package struct DetectDuplicate: Processor {
  static let identifier = Property<any AttributeExpression>("cache_entry_identifier", .expression, default: "${hash.value}", "What is the same for duplicates.")
  static let description = Property<any AttributeExpression>(
    "flowfile_description", .expression, default: "", "What duplicates are told about the first FlowFile, as an attribute.")
  static let ageOff = Property<Duration>("age_off_duration", .duration, "When an identifier is forgotten; absent: at the end of the run.")
  static let caches = Property<Bool>("cache_the_entry_identifier", .boolean, default: "true", "Whether an identifier is remembered; otherwise only compared.")

  static let nonDuplicate = Relationship("non-duplicate", "The identifier was not seen before.")
  static let duplicate = Relationship("duplicate", "The identifier was seen before.")
  static let failure = Relationship(Relationship.failureName, "The identifier is empty (`bad_data`) or cannot be evaluated.")

  package static let descriptor = ProcessorDescriptor(
    type: "DetectDuplicate",
    summary: "Tells FlowFiles apart whose identifier was seen before in this run.",
    properties: [PropertyDescriptor(identifier), PropertyDescriptor(description), PropertyDescriptor(ageOff), PropertyDescriptor(caches)],
    relationships: [nonDuplicate, duplicate, failure],
    writes: [AttributeDescriptor("original.flowfile.description", "Of a duplicate: the description of the first FlowFile.")],
    // The identifier of one FlowFile must be known before the next is compared.
    maximumConcurrency: 1,
    counters: [
      AttributeDescriptor("duplicates detected", "FlowFiles whose identifier was seen before."),
      AttributeDescriptor("non-duplicate files processed", "FlowFiles whose identifier was not seen before."),
    ])

  private let identifier: any AttributeExpression
  private let description: any AttributeExpression
  private let caches: Bool
  private let seen: Locked<SeenIdentifiers>

  package init(_ configuration: ProcessorConfiguration) throws {
    identifier = configuration[Self.identifier]
    description = configuration[Self.description]
    caches = configuration[Self.caches]
    seen = Locked(SeenIdentifiers(ageOff: configuration.optional(Self.ageOff)))
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    let key = try identifier.evaluate(flowFile)
    guard key.contains(where: { !$0.isWhitespace }) else {
      return session.transfer(
        flowFile, to: Self.failure,
        because: FlowFileFailure(cause: .badData, message: "cache_entry_identifier is empty for this FlowFile; expected a text that is the same for duplicates"))
    }
    let now = session.environment.time.monotonic
    if let first = seen.withLock({ $0.description(of: key, at: now) }) {
      var told = flowFile
      told["original.flowfile.description"] = first
      session.count("duplicates detected")
      return session.transfer(told, to: Self.duplicate)
    }
    if caches {
      let description = try description.evaluate(flowFile)
      session.onCommit { [seen] in seen.withLock { $0.add(key, description, at: now) } }
    }
    session.count("non-duplicate files processed")
    session.transfer(flowFile, to: Self.nonDuplicate)
  }
}

/// Identifiers with the descriptions of their first FlowFiles, until they are forgotten. Times are monotonic.
struct SeenIdentifiers: Sendable {
  private struct Entry: Sendable {
    var description: String
    var added: Duration
  }
  private let ageOff: Duration?
  private var entries: [String: Entry] = [:]
  /// In the order in which they were added.
  private var order: [String] = []
  private var first = 0

  init(ageOff: Duration?) { self.ageOff = ageOff }

  var count: Int { entries.count }

  /// The description given with an identifier; nil if it is unknown or forgotten.
  mutating func description(of identifier: String, at now: Duration) -> String? {
    forget(at: now)
    return entries[identifier]?.description
  }

  /// Precondition: the identifier is unknown.
  mutating func add(_ identifier: String, _ description: String, at now: Duration) {
    precondition(entries[identifier] == nil, "an identifier was added twice")
    entries[identifier] = Entry(description: description, added: now)
    if ageOff != nil { order.append(identifier) }
  }

  private mutating func forget(at now: Duration) {
    guard let ageOff else { return }
    while first < order.count, let entry = entries[order[first]], entry.added + ageOff <= now {
      entries[order[first]] = nil
      first += 1
    }
    if first > 1024, first * 2 > order.count {
      order.removeFirst(first)
      first = 0
    }
  }
}
