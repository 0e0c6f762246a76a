import FlowCore

/// Lets no more through than a rate allows, as NiFi's ControlRate. What exceeds it waits in its queue, in order, and with it whatever comes behind
/// it; in groups, each group waits by itself, in order, beside the queue, where it counts against the queue's thresholds. If the run stops, what waits
/// ends as deferred. The rate is of this run: a processor of another run has its own.
///
///     - name: ten requests a second
///       type: ControlRate
///       properties: { rate_control_criteria: flowfile_count, maximum_rate: 10, time_duration: 1 s }
///       to: { success: look for duplicates }
package struct ControlRate: Processor {
  enum Criteria: String, CaseIterable, Sendable {
    case dataRate = "data_rate"
    case count = "flowfile_count"
    case attributeValue = "attribute_value"
    case dataRateOrCount = "data_rate_or_flowfile_count"
  }
  enum Exceeded: String, CaseIterable, Sendable {
    case hold = "hold_flowfile"
    case route = "route_to_rate_exceeded"
  }

  static let criteria = Property<Criteria>("rate_control_criteria", .choice, default: "data_rate", "What is limited: bytes, FlowFiles, the sum of an attribute, or the first two.")
  static let maximum = Property<String>(
    "maximum_rate", .text, "The most that passes in `time_duration`: a size with `data_rate`, a whole number with `flowfile_count` and `attribute_value`.")
  static let maximumData = Property<Int>("maximum_data_rate", .byteSize, "With `data_rate_or_flowfile_count`: bytes in `time_duration`.")
  static let maximumCount = Property<Int>("maximum_flowfile_rate", .integer(1...Int.max), "With `data_rate_or_flowfile_count`: FlowFiles in `time_duration`.")
  static let exceeded = Property<Exceeded>("rate_exceeded_strategy", .choice, default: "hold_flowfile", "Whether FlowFiles above the rate wait, or go to `rate exceeded`.")
  static let attribute = Property<String>("rate_controlled_attribute", .text, "With `attribute_value`: the attribute, a whole number of at least 1.")
  static let time = Property<Duration>("time_duration", .duration, default: "1 min", "The time of the maximum, at least 1 s.")
  static let grouping = Property<String>("grouping_attribute", .text, "FlowFiles with the same value of this attribute have a rate of their own.")

  static let success = Relationship("success", "What the rate allows.")
  static let rateExceeded = Relationship("rate exceeded", "With `route_to_rate_exceeded`: what is above the rate.")
  static let failure = Relationship(Relationship.failureName, "The controlled attribute is missing or no whole number of at least 1 (`bad_data`).")

  package static let descriptor = ProcessorDescriptor(
    type: "ControlRate",
    summary: "Lets no more FlowFiles, bytes or sums of an attribute through than a rate allows.",
    properties: [
      PropertyDescriptor(criteria), PropertyDescriptor(maximum), PropertyDescriptor(maximumData), PropertyDescriptor(maximumCount),
      PropertyDescriptor(exceeded), PropertyDescriptor(attribute), PropertyDescriptor(time), PropertyDescriptor(grouping),
    ],
    relationships: [success, failure],
    relationshipsFromProperties: { $0[exceeded] == .route ? [rateExceeded] : [] },
    // Two at once could not tell which of them is first.
    maximumConcurrency: 1,
    check: { problems($0.values) })

  // MARK: Properties

  private static func problems(_ values: PropertyValues) -> [Diagnostic] {
    var problems: [Diagnostic] = []
    func require(_ name: String, _ isThere: Bool, _ expected: String) {
      guard !isThere else { return }
      problems.append(
        Diagnostic(.conflictingProperties, property: criteria.name, found: "it is '\(values[criteria].rawValue)', without a usable \(name)", expected: expected))
    }
    switch values[criteria] {
    case .dataRateOrCount:
      require(maximumData.name, (values.optional(maximumData) ?? 0) > 0, "a size such as 1 MB")
      require(maximumCount.name, values.optional(maximumCount) != nil, "a whole number of at least 1")
    case .dataRate: require(maximum.name, dataLimit(values) != nil, "a size such as 1 MB")
    case .count: require(maximum.name, countLimit(values) != nil, "a whole number of at least 1")
    case .attributeValue:
      require(maximum.name, countLimit(values) != nil, "a whole number of at least 1")
      require(attribute.name, values.optional(attribute) != nil, "the attribute's name")
    }
    if values[time] < .seconds(1) { problems.append(Diagnostic(.unsuitableValue, property: time.name, found: "it is below a second", expected: "at least 1 s")) }
    return problems
  }

  private static func dataLimit(_ values: PropertyValues) -> Int? {
    switch values[criteria] {
    case .dataRate: values.optional(maximum).flatMap(Units.bytes).flatMap { $0 > 0 ? $0 : nil }
    case .dataRateOrCount: values.optional(maximumData)
    case .count, .attributeValue: nil
    }
  }

  private static func countLimit(_ values: PropertyValues) -> Int? {
    switch values[criteria] {
    case .count, .attributeValue: values.optional(maximum).flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    case .dataRateOrCount: values.optional(maximumCount)
    case .dataRate: nil
    }
  }

  // MARK: Work

  private let attribute: String?
  private let grouping: String?
  private let isHeld: Bool
  private let state: Locked<RateControl>

  package init(_ configuration: ProcessorConfiguration) throws {
    let values = configuration.values
    if let problem = Self.problems(values).first { throw problem }
    attribute = values[Self.criteria] == .attributeValue ? values.optional(Self.attribute) : nil
    grouping = configuration.optional(Self.grouping)
    isHeld = configuration[Self.exceeded] == .hold
    state = Locked(RateControl(data: Self.dataLimit(values), count: Self.countLimit(values), time: configuration[Self.time]))
  }

  package func process(_ session: ProcessSession) async throws {
    let now = session.environment.time.monotonic
    // What need not be looked at stays in its queue, so that the queue exerts back pressure and keeps its order.
    if isHeld, grouping == nil, !session.isStopping, let until = state.withLock({ $0.opening(at: now) }) {
      // A stopping run must not wait for the end of a long yield.
      return session.yield(min(until - now, .seconds(1)))
    }
    guard let flowFile = session.get() else { return }
    guard let amount = amount(of: flowFile) else {
      let found = attribute.flatMap { flowFile[$0] }.map { "is '\($0)'" } ?? "is missing"
      return session.transfer(
        flowFile, to: Self.failure,
        because: FlowFileFailure(cause: .badData, message: "attribute '\(attribute ?? "")' \(found); expected a whole number of at least 1"))
    }
    let group = grouping.map { flowFile[$0] ?? "" } ?? ""
    let request = RateControl.Request(id: flowFile.id, group: group, amount: amount, bytes: flowFile.content.loadedSizeBytes)
    switch state.withLock({ $0.decide(request, at: now, holds: isHeld) }) {
    case .pass: session.transfer(flowFile, to: Self.success)
    case .wait(let until) where isHeld: session.requeue(flowFile, penalty: until - now, because: "rate limit", isCounted: true)
    case .wait: session.transfer(flowFile, to: Self.rateExceeded)
    }
  }

  private func amount(of flowFile: FlowFile) -> Int? {
    guard let attribute else { return 1 }
    return flowFile[attribute].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
  }
}
