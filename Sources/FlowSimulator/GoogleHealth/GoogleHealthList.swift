import NIOCore

/// The response of `list` or `reconcile`: one page of data points, newest first.
struct GoogleHealthList {
  let answer: ByteBuffer

  /// - Throws: `WireRefusal` for a filter, page or source family that the provider rejects.
  init(
    _ request: WireRequest, type: GoogleHealthDataType, isReconciled: Bool, participant: SimulatedParticipant, now: Int,
    summaries: SummaryCache
  ) throws(WireRefusal) {
    let query = request.query
    try Self.check(family: query["dataSourceFamily"], type: type, isReconciled: isReconciled)
    let filter = try GoogleHealthFilter(query["filter"], for: type)
    var size: Int?
    if let text = query["pageSize"] {
      guard let number = Int(text) else { throw .invalidArgument("Invalid value at 'page_size' (TYPE_INT32), \"\(text)\".") }
      size = number
    }
    let identity = "\(request.path) \(query["filter"] ?? "") \(size ?? 0) \(query["dataSourceFamily"] ?? "") \(participant.number)"
    let page = try GoogleHealthPage(
      size: size, token: query["pageToken"], identity: identity, defaultSize: 1440, largest: type.largestPage,
      dice: participant.dice)
    let source = PointSource(
      participant: participant, now: now, isReconciled: isReconciled,
      // The provider sometimes omits the redundant civil times.
      withCivil: participant.dice.fork(Purpose.pages).below(3, at: stableHash(identity)) > 0)
    answer = Self.answer(page, filter, type, source, summaries)
  }

  private static func answer(
    _ page: GoogleHealthPage, _ filter: GoogleHealthFilter, _ type: GoogleHealthDataType, _ source: PointSource,
    _ summaries: SummaryCache
  ) -> ByteBuffer {
    // The range of the whole response: instants, or days for daily types.
    var span = 0..<0
    if type.record == .daily {
      if let days = source.days(filter) { span = Range(days) }
    } else if let bounds = source.bounds {
      // A sleep may end exactly at the sync.
      let last = bounds.upperBound + (type.record == .sleep ? 1 : 0)
      span = filter.instants(in: source.participant.zone, atMost: bounds.lowerBound..<last)
    }
    let start = min(page.position ?? span.upperBound, span.upperBound)
    span = span.lowerBound..<max(span.lowerBound, start)
    guard !span.isEmpty else { return page.answer("dataPoints", points: ByteBuffer(), next: nil) }
    if page.isEmptyByChance(from: start) {
      return page.answer("dataPoints", points: ByteBuffer(), next: start, isEmptyByChance: true)
    }
    let run: PointRun
    switch type.name {
    case "heart-rate": run = source.heartRate(in: span, filter, limit: page.size)
    case "steps": run = source.steps(in: span, filter, limit: page.size)
    case "sleep": run = source.sleep(in: span, filter, limit: page.size)
    case "basal-energy-burned": run = source.basalEnergy(in: span, filter, limit: page.size)
    case "exercise", "weight", "body-fat", "heart-rate-variability", "vo2-max", "run-vo2-max":
      run = source.sparse(type, in: span, filter, limit: page.size)
    default: run = source.daily(type, on: span, limit: page.size, summaries)
    }
    return page.answer("dataPoints", points: run.text, next: run.next)
  }

  private static let families = ["all-sources", "google-wearables", "google-sources", "self-sources"]

  private static func check(
    family: String?, type: GoogleHealthDataType, isReconciled: Bool
  ) throws(WireRefusal) {
    guard let family else { return }
    guard families.contains(where: { family == "users/me/dataSourceFamilies/\($0)" }), isReconciled || type.record != .sleep else {
      throw .invalidArgument("Request contains an invalid argument.", reason: "INVALID_DATA_POINT_DATA_SOURCE_FAMILY")
    }
  }
}

/// Points in reverse chronological order.
struct PointRun {
  /// JSON objects separated by commas.
  var text: ByteBuffer
  /// All remaining points are before it; nil: none remain.
  var next: Int?
}
