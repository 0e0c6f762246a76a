import FlowCore

/// What becomes of a connection's settings.
enum ConnectionConversion {
  private static let usualCount = 10_000
  private static let usualSize = 1 << 30
  /// As many FlowFiles as a queue of flowrun may be told to hold.
  private static let largestCount = 1_000_000

  /// What is said of a queue that NiFi lets grow: processors wait sooner here, and do the same. The flow says so once.
  private static let unlimited = "its queue has no threshold in NiFi; here it has flowrun's default"
  static let unlimitedQueues = "queues without a threshold in NiFi have flowrun's default here: processors wait for what is behind them instead of filling the memory"

  static func isUnlimited(_ connection: NiFiConnection) -> Bool { connection.objectThreshold == 0 && NiFiUnits.bytes(connection.sizeThreshold) == 0 }

  /// The members of `queue`; none: NiFi's defaults, for which flowrun's stand.
  static func queue(_ connection: NiFiConnection) -> [YAMLValue.Member] {
    var members: [YAMLValue.Member] = []
    let size = NiFiUnits.bytes(connection.sizeThreshold)
    // Without any limit memory would have none.
    let isUnlimited = isUnlimited(connection)
    if let count = connection.objectThreshold, count != usualCount, count >= 0, !isUnlimited {
      members.append(YAMLValue.Member("count", .text(String(min(count, largestCount)))))
    }
    if let size, size != usualSize, !isUnlimited { members.append(YAMLValue.Member("bytes", .text(NiFiUnits.trimmed(connection.sizeThreshold)))) }
    if connection.prioritizers.contains("PriorityAttributePrioritizer") { members.append(YAMLValue.Member("prioritise", .text("priority"))) }
    return members
  }

  /// - Parameter isWhole: both of its ends are in the file.
  static func report(_ connection: NiFiConnection, isWhole: Bool, _ component: inout ImportedComponent) {
    guard isWhole else {
      component.status = .dropped
      component.mention("an end of it is not in the file")
      return
    }
    let expiration = NiFiUnits.trimmed(connection.expiration)
    // What is no duration may mean one to a later NiFi.
    if !expiration.isEmpty, NiFiUnits.duration(expiration) != .zero {
      component.differs("FlowFiles expire after \(Quote.short(expiration)) in NiFi; here nothing expires")
    }
    for name in connection.prioritizers where name != "FirstInFirstOutPrioritizer" && name != "PriorityAttributePrioritizer" {
      component.differs("\(Quote.short(name)) has no counterpart: a queue is first in, first out, or by an attribute (`prioritise`)")
    }
    let size = NiFiUnits.bytes(connection.sizeThreshold)
    if size == nil, !connection.sizeThreshold.isEmpty {
      component.differs("'\(Quote.short(connection.sizeThreshold))' is no size that flowrun knows: the queue has flowrun's default")
    }
    if isUnlimited(connection) { component.mention(unlimited) }
    if let count = connection.objectThreshold, count > largestCount { component.differs("a queue of \(count) FlowFiles; flowrun allows \(largestCount)") }
    if !connection.loadBalancing.isEmpty, connection.loadBalancing != "DO_NOT_LOAD_BALANCE" {
      component.mention("\(Quote.short(connection.loadBalancing)): a run of flowrun is one process, which has nothing to balance")
    }
  }
}
