import FlowCore
import FlowPackaging

/// Merges FlowFiles into fewer ones, as NiFi's MergeContent: contents one after the other, or FlowFiles with their attributes as packages.
///
/// FlowFiles wait in bins until one is complete. At the end of the run, when nothing more can come, what waits is merged although it is less than a
/// minimum (`merge.reason` is then `INPUT_ENDED`; in NiFi it would wait on); fragments that are incomplete then fail. If the run stops before,
/// incomplete fragments end as deferred.
///
///     - name: join hours
///       type: MergeContent
///       properties: { correlation_attribute_name: device, minimum_number_of_entries: 24, max_bin_age: 5 min, delimiter_strategy: text, demarcator: "\n" }
///       to: { merged: look for duplicates, original: drop }
package struct MergeContent: Processor {
  enum Strategy: String, CaseIterable, Sendable {
    case binPacking = "bin_packing_algorithm"
    case defragment
  }
  enum Format: String, CaseIterable, Sendable {
    case concatenation = "binary_concatenation"
    case packages = "flowfile-stream-v3"
  }
  enum AttributeStrategy: String, CaseIterable, Sendable {
    case common = "keep_only_common_attributes"
    case unique = "keep_all_unique_attributes"
  }
  enum DelimiterStrategy: String, CaseIterable, Sendable {
    case none = "do_not_use_delimiters"
    case text
  }

  static let strategy = Property<Strategy>(
    "merge_strategy", .choice, default: "bin_packing_algorithm", "`bin_packing_algorithm`: by number and size; `defragment`: what was split, by the attributes `fragment.*`.")
  static let format = Property<Format>("merge_format", .choice, default: "binary_concatenation", "How contents become one: one after the other; or as packages with the attributes, from which `UnpackContent` makes the FlowFiles again.")
  static let attributes = Property<AttributeStrategy>(
    "attribute_strategy", .choice, default: "keep_only_common_attributes", "Attributes of the merged FlowFile: those that all have with one value, or also those of some.")
  static let correlation = Property<String>("correlation_attribute_name", .text, "Only FlowFiles with the same value of this attribute are merged; not for `defragment`.")
  static let minimumEntries = Property<Int>("minimum_number_of_entries", .integer(1...Int.max), default: "1", "FlowFiles in a bin before it is merged.")
  static let maximumEntries = Property<Int>("maximum_number_of_entries", .integer(1...Int.max), default: "1000", "The most FlowFiles in a bin.")
  static let minimumSize = Property<Int>("minimum_group_size", .byteSize, default: "0 B", "Size of a bin before it is merged.")
  static let maximumSize = Property<Int>("maximum_group_size", .byteSize, "The largest size of a bin; a larger FlowFile is alone. Absent: any.")
  static let maximumAge = Property<Duration>("max_bin_age", .duration, "After this time a bin is merged however little it has; incomplete fragments fail. Absent: none.")
  static let maximumBins = Property<Int>("maximum_number_of_bins", .integer(1...Int.max), default: "5", "Bins that wait at once; the oldest is merged if there are more, or fails with `defragment`.")
  static let delimiters = Property<DelimiterStrategy>("delimiter_strategy", .choice, default: "do_not_use_delimiters", "Whether there are a header, a footer and a demarcator.")
  static let header = Property<any AttributeExpression>("header", .expression, default: "", "Text before the contents; expressions see the first FlowFile.")
  static let footer = Property<any AttributeExpression>("footer", .expression, default: "", "Text behind the contents.")
  static let demarcator = Property<any AttributeExpression>("demarcator", .expression, default: "", "Text between two contents.")

  static let merged = Relationship("merged", "The merged FlowFile.")
  static let original = Relationship("original", "The FlowFiles that were merged.")
  static let failure = Relationship(
    Relationship.failureName, "Fragments that are incomplete, contradictory or without their attributes (`bad_data`), or contents that cannot be read.")

  package static let descriptor = ProcessorDescriptor(
    type: "MergeContent",
    summary: "Merges FlowFiles by number, size, age or attribute, or restores what was split.",
    properties: [
      PropertyDescriptor(strategy), PropertyDescriptor(format), PropertyDescriptor(attributes), PropertyDescriptor(correlation),
      PropertyDescriptor(minimumEntries), PropertyDescriptor(maximumEntries), PropertyDescriptor(minimumSize), PropertyDescriptor(maximumSize),
      PropertyDescriptor(maximumAge), PropertyDescriptor(maximumBins), PropertyDescriptor(delimiters), PropertyDescriptor(header),
      PropertyDescriptor(footer), PropertyDescriptor(demarcator),
    ],
    relationships: [merged, original, failure],
    writes: [
      AttributeDescriptor("filename", "Of several: the first's `segment.original.filename`, or the merged FlowFile's uuid; of packages with `.pkg` behind it."),
      AttributeDescriptor("mime.type", "`application/flowfile-v3` for packages; else the contents' type if all have the same, otherwise `application/octet-stream`."),
      AttributeDescriptor("merge.count", "How many were merged."), AttributeDescriptor("merge.bin.age", "How long the bin waited, in milliseconds."),
      AttributeDescriptor("merge.reason", "Why the bin was merged."), AttributeDescriptor("merge.uuid", "On the originals: the merged FlowFile's uuid."),
    ],
    holds: true,
    batch: 1000,
    check: { problems($0.values) })

  private static func problems(_ values: PropertyValues) -> [Diagnostic] {
    var problems: [Diagnostic] = []
    func conflict(_ name: String, _ found: String, _ expected: String) {
      problems.append(Diagnostic(.conflictingProperties, property: name, found: found, expected: expected))
    }
    if values[minimumEntries] > values[maximumEntries] { conflict(minimumEntries.name, "it is above maximum_number_of_entries", "at most as many") }
    if let largest = values.optional(maximumSize), values[minimumSize] > largest { conflict(minimumSize.name, "it is above maximum_group_size", "at most as much") }
    if values[strategy] == .defragment, values.optional(correlation) != nil {
      conflict(correlation.name, "fragments belong together by fragment.identifier", "no correlation_attribute_name with merge_strategy: defragment")
    }
    if values[format] == .packages, values[delimiters] == .text {
      conflict(delimiters.name, "packages have nothing between them", "no delimiter_strategy with merge_format: \(Format.packages.rawValue)")
    }
    if values[delimiters] == .none {
      for property in [header, footer, demarcator] where values[property].literal != "" { conflict(property.name, "it is not used", "delimiter_strategy: text") }
    }
    return problems
  }

  private let packing: BinPacking
  private let correlation: String?
  private let isPackaging: Bool
  private let keepsUnique: Bool
  private let header: any AttributeExpression
  private let footer: any AttributeExpression
  private let demarcator: any AttributeExpression

  package init(_ configuration: ProcessorConfiguration) throws {
    packing = BinPacking(
      isDefragmenting: configuration[Self.strategy] == .defragment, minimumEntries: configuration[Self.minimumEntries],
      maximumEntries: configuration[Self.maximumEntries], minimumBytes: configuration[Self.minimumSize],
      maximumBytes: configuration.optional(Self.maximumSize) ?? .max, maximumAge: configuration.optional(Self.maximumAge),
      maximumBins: configuration[Self.maximumBins])
    correlation = configuration.optional(Self.correlation)
    isPackaging = configuration[Self.format] == .packages
    keepsUnique = configuration[Self.attributes] == .unique
    header = configuration[Self.header]
    footer = configuration[Self.footer]
    demarcator = configuration[Self.demarcator]
  }

  package func process(_ session: ProcessSession) async throws {
    let now = session.environment.time.monotonic
    let new = session.getAll()
    let waiting = session.getHeld() + new.map { HeldFlowFile($0, since: now) }
    let isMoreThere = new.count == Self.descriptor.batch
    let items = waiting.enumerated().map { item($0.element, $0.offset) }
    let plan = packing.plan(items, at: now, isInputEnded: session.isInputEnded, isMoreThere: isMoreThere)
    for (item, problem) in plan.rejected { fail([waiting[item.index].flowFile], .badData, problem, session) }
    for (bin, reason) in plan.complete {
      let flowFiles = bin.items.map { waiting[$0.index].flowFile }
      guard !packing.isDefragmenting || reason == .allFragments else {
        // Only a stop keeps the others away; the next run makes them all again.
        if session.isStopping && reason == .inputEnded { flowFiles.forEach(session.hold) } else { fail(flowFiles, .badData, incomplete(bin, reason), session) }
        continue
      }
      try await merge(flowFiles, reason, age: now - bin.since, session)
    }
    for held in plan.waiting.flatMap(\.items).sorted(by: { $0.index < $1.index }) { session.hold(waiting[held.index].flowFile) }
    if isMoreThere { session.wake(after: .zero) } else { wake(plan, at: now, session) }
  }

  private func item(_ held: HeldFlowFile, _ index: Int) -> BinPacking.Item {
    let flowFile = held.flowFile
    var item = BinPacking.Item(index: index, bytes: flowFile.content.loadedSizeBytes, group: "", since: held.since)
    guard packing.isDefragmenting else {
      // A missing attribute is a group of its own.
      if let correlation { item.group = flowFile[correlation].map { "=" + $0 } ?? "" }
      return item
    }
    guard let identifier = flowFile[FragmentAttribute.identifier], let number = flowFile[FragmentAttribute.index].flatMap({ Int($0) }) else { return item }
    item.group = identifier
    item.fragment = BinPacking.Fragment(number: number, count: flowFile[FragmentAttribute.count].flatMap { Int($0) })
    return item
  }

  /// With each trigger all that waits is looked at; so with many that wait, more must come before the next.
  private func wake(_ plan: BinPacking.Plan, at now: Duration, _ session: ProcessSession) {
    let count = plan.waiting.reduce(0) { $0 + $1.items.count }
    let wanted = max(1, min(plan.missing, count / 8))
    var delay = plan.deadline.map { max(.zero, $0 - now) }
    // One of another bin may be complete already.
    if wanted > 1 { delay = min(delay ?? Self.patience, Self.patience) }
    session.wake(after: delay, orWith: wanted)
  }
  private static let patience = Duration.seconds(1)

  // MARK: A bin

  private func merge(_ flowFiles: [FlowFile], _ reason: BinPacking.Reason, age: Duration, _ session: ProcessSession) async throws {
    let content: [UInt8]
    do {
      content = isPackaging ? try await packaged(flowFiles, session) : try await concatenated(flowFiles, session)
    } catch let error as ProcessorError {
      return fail(flowFiles, error.failure, session)
    }
    var merged = session.create(joining: flowFiles)
    if keepsUnique { merged.attributes = Self.uniqueAttributes(flowFiles) }
    merged.content = Content(bytes: content)
    merged["filename"] = flowFiles.count == 1 ? flowFiles[0]["filename"] ?? merged.id.text : flowFiles[0][FragmentAttribute.originalName] ?? merged.id.text
    let types = Set(flowFiles.map { $0["mime.type"] })
    if isPackaging, let name = merged["filename"] { merged["filename"] = name + FlowFilePackage.fileExtension }
    merged["mime.type"] = isPackaging ? FlowFilePackage.mediaType : types.count == 1 ? types.first.flatMap { $0 } ?? Self.anyType : Self.anyType
    merged["merge.count"] = String(flowFiles.count)
    merged["merge.bin.age"] = String(age.wholeMilliseconds)
    merged["merge.reason"] = reason.rawValue
    for flowFile in flowFiles {
      var original = flowFile
      original["merge.uuid"] = merged.id.text
      session.transfer(original, to: Self.original)
    }
    session.transfer(merged, to: Self.merged)
  }
  private static let anyType = "application/octet-stream"

  private func concatenated(_ flowFiles: [FlowFile], _ session: ProcessSession) async throws -> [UInt8] {
    let between = Array(try demarcator.evaluate(flowFiles[0]).utf8)
    var content = Array(try header.evaluate(flowFiles[0]).utf8)
    for (index, flowFile) in flowFiles.enumerated() {
      if index > 0 { content += between }
      content += try await flowFile.contentBytes(session)
    }
    return content + Array(try footer.evaluate(flowFiles[0]).utf8)
  }

  private func packaged(_ flowFiles: [FlowFile], _ session: ProcessSession) async throws -> [UInt8] {
    var content: [UInt8] = []
    for flowFile in flowFiles { content += FlowFilePackage(attributes: flowFile.packageAttributes, content: try await flowFile.contentBytes(session)).bytes }
    return content
  }

  /// Every attribute that has the same value wherever it is.
  private static func uniqueAttributes(_ flowFiles: [FlowFile]) -> Attributes {
    var unique: [String: String] = [:]
    var conflicting: Set<String> = []
    for (name, value) in flowFiles.flatMap({ Array($0.attributes) }) where unique.updateValue(value, forKey: name).map({ $0 != value }) == true {
      conflicting.insert(name)
    }
    return Attributes(unique.filter { !conflicting.contains($0.key) })
  }

  private func incomplete(_ bin: BinPacking.Bin, _ reason: BinPacking.Reason) -> String {
    let counts = Set(bin.items.compactMap { $0.fragment?.count })
    let found = counts.count > 1 ? "fragments that disagree about their number: \(counts.sorted().map(String.init).joined(separator: ", "))" : "\(bin.items.count) fragments"
    let expected = counts.count > 1 ? "the same fragment.count on all" : counts.first.map { "\($0) (fragment.count)" } ?? "fragment.count on at least one"
    let words = ["TIMEOUT": "within max_bin_age", "BIN_MANAGER_FULL": "before other bins took the place (maximum_number_of_bins)"][reason.rawValue] ?? "before the end of the run"
    return "'\(bin.items[0].group)' has \(found) \(words); expected \(expected)"
  }

  private func fail(_ flowFiles: [FlowFile], _ cause: Cause, _ message: String, _ session: ProcessSession) {
    fail(flowFiles, FlowFileFailure(cause: cause, message: message), session)
  }

  private func fail(_ flowFiles: [FlowFile], _ failure: FlowFileFailure, _ session: ProcessSession) {
    for flowFile in flowFiles { session.transfer(flowFile, to: Self.failure, because: failure) }
  }
}
