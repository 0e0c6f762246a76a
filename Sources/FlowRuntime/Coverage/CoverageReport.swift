import FlowCore
import StudyModel
import StudyProcessors

/// The result of `flowrun coverage`; the guide describes its JSON under "Coverage".
package struct CoverageReport: Encodable {
  package struct Gap: Encodable {
    package var from: String
    package var until: String
    package var state: String
    /// Minutes or days.
    package var count: Int64
    package var cause: String?
    package var why: String
    package var next: String
    /// In the participant's local time, with its offset.
    package var fromLocal: String
    package var untilLocal: String
    /// Whether something should be done about it.
    package let isProblem: Bool

    package init(_ span: CoverageSpan, zone: CivilZone, why: String, next: String, isProblem: Bool) {
      fromLocal = zone.text(at: span.start)
      untilLocal = zone.text(at: span.end)
      self.isProblem = isProblem
      from = Instant(seconds: span.start).text
      until = Instant(seconds: span.end).text
      state = span.state.rawValue
      count = span.count
      cause = span.cause?.rawValue
      self.why = why
      self.next = next
    }

    package enum CodingKeys: String, CodingKey {
      case from, until, state, count, cause, why, next
      case fromLocal = "from_local"
      case untilLocal = "until_local"
    }

    /// Encodes every member, including nulls, so that scripts need not check whether it exists.
    package func encode(to encoder: any Encoder) throws {
      var members = encoder.container(keyedBy: CodingKeys.self)
      try members.encode(from, forKey: .from)
      try members.encode(until, forKey: .until)
      try members.encode(state, forKey: .state)
      try members.encode(count, forKey: .count)
      try members.encode(cause, forKey: .cause)
      try members.encode(why, forKey: .why)
      try members.encode(next, forKey: .next)
      try members.encode(fromLocal, forKey: .fromLocal)
      try members.encode(untilLocal, forKey: .untilLocal)
    }
  }

  /// Minutes or days by state.
  package struct Counts: Encodable {
    package var unit: String
    private var byState: [CoverageState: Int64]

    package init(_ coverage: Coverage) {
      unit = coverage.unit.rawValue
      byState = Dictionary(uniqueKeysWithValues: CoverageState.allCases.map { ($0, coverage[$0]) })
    }

    package subscript(state: CoverageState) -> Int64 { byState[state] ?? 0 }
    package var wanted: Int64 { byState.reduce(0) { $0 + ($1.key == .notSynced ? 0 : $1.value) } }

    package mutating func add(_ other: Counts) { byState.merge(other.byState) { $0 + $1 } }

    package func encode(to encoder: any Encoder) throws {
      var members = encoder.container(keyedBy: NamedKey.self)
      try members.encode(unit, forKey: NamedKey("unit"))
      try members.encode(wanted, forKey: NamedKey("wanted"))
      for state in CoverageState.allCases { try members.encode(self[state], forKey: NamedKey(state.rawValue)) }
    }
  }

  package struct DataType: Encodable {
    package var dataType: String
    package var counts: Counts
    /// Every span that is not `have`, ordered by time; nil in a summary.
    package var gaps: [Gap]?

    package init(_ name: String, _ coverage: Coverage, gap: (CoverageSpan) -> Gap) {
      dataType = name
      counts = Counts(coverage)
      gaps = coverage.spans.filter { $0.state != .have }.map(gap)
    }

    package enum CodingKeys: String, CodingKey {
      case gaps
      case dataType = "data_type"
    }

    package func encode(to encoder: any Encoder) throws {
      try counts.encode(to: encoder)
      var members = encoder.container(keyedBy: CodingKeys.self)
      try members.encode(dataType, forKey: .dataType)
      try members.encodeIfPresent(gaps, forKey: .gaps)
    }
  }

  package struct Participant: Encodable {
    package var participant: String
    package var enrolled: String?
    package var latestSync: String?
    package var zone: String?
    package var state: String?
    /// Why the participant file cannot be read.
    package var problem: String?
    package var dataTypes: [DataType]
    package var verdict: CoverageVerdict

    package init(
      participant: String, enrolled: String? = nil, latestSync: String? = nil, zone: String? = nil, state: String? = nil, problem: String? = nil,
      dataTypes: [DataType] = [], verdict: CoverageVerdict
    ) {
      self.participant = participant
      self.enrolled = enrolled
      self.latestSync = latestSync
      self.zone = zone
      self.state = state
      self.problem = problem
      self.dataTypes = dataTypes
      self.verdict = verdict
    }

    package enum CodingKeys: String, CodingKey {
      case participant, enrolled, zone, state, problem, standing, verdict, next
      case latestSync = "latest_sync"
      case dataTypes = "data_types"
    }

    package func encode(to encoder: any Encoder) throws {
      var members = encoder.container(keyedBy: CodingKeys.self)
      try members.encode(participant, forKey: .participant)
      try members.encode(enrolled, forKey: .enrolled)
      try members.encode(latestSync, forKey: .latestSync)
      try members.encode(zone, forKey: .zone)
      try members.encode(state, forKey: .state)
      try members.encode(problem, forKey: .problem)
      try members.encode(dataTypes, forKey: .dataTypes)
      try members.encode(verdict.standing.rawValue, forKey: .standing)
      try members.encode(verdict.finding, forKey: .verdict)
      try members.encode(verdict.next, forKey: .next)
    }
  }

  package struct Total: Encodable {
    package var dataType: String
    package var counts: Counts

    package func encode(to encoder: any Encoder) throws {
      try counts.encode(to: encoder)
      var members = encoder.container(keyedBy: DataType.CodingKeys.self)
      try members.encode(dataType, forKey: .dataType)
    }
  }

  package var flow: String
  /// The overall result in one line.
  package var verdict: String
  /// Number of participants by standing.
  package var standings: [String: Int]
  /// End of the time counted as not synced.
  package var until: String
  package var participants: [Participant]
  /// Sums over all participants, by data type.
  package var totals: [Total]

  /// Columns (`table.column`) that are NULL in every row.
  package var emptyColumns: [String]

  package enum CodingKeys: String, CodingKey {
    case flow, verdict, standings, until, participants, totals
    case emptyColumns = "empty_columns"
  }

  package init(flow: String, until: String, participants: [Participant], types: [CoveredDataType], emptyColumns: [TableColumn]) {
    self.emptyColumns = emptyColumns.map { "\($0.table).\($0.column)" }
    self.flow = flow
    self.until = until
    self.participants = participants
    verdict = Self.verdict(participants)
    standings = Dictionary(
      uniqueKeysWithValues: CoverageVerdict.Standing.allCases.map { standing in
        (standing.rawValue, participants.count { $0.verdict.standing == standing })
      })
    totals = types.compactMap { type in
      let counts = participants.flatMap(\.dataTypes).filter { $0.dataType == type.name }.map(\.counts)
      guard var sum = counts.first else { return nil }
      for other in counts.dropFirst() { sum.add(other) }
      return Total(dataType: type.name, counts: sum)
    }
  }
}

extension CoverageReport {
  /// The report without gaps: only counts and verdicts.
  package var summary: CoverageReport { mappingGaps { _ in nil } }

  /// The report restricted to gaps that need action, and to the participants concerned.
  package var problems: CoverageReport {
    var report = mappingGaps { $0?.filter(\.isProblem) }
    report.participants.removeAll { participant in
      participant.verdict.next == CoverageVerdict.nothing && participant.dataTypes.allSatisfy { $0.gaps?.isEmpty ?? true }
    }
    return report
  }

  private func mappingGaps(_ change: ([Gap]?) -> [Gap]?) -> CoverageReport {
    var report = self
    for participant in report.participants.indices {
      for type in report.participants[participant].dataTypes.indices {
        report.participants[participant].dataTypes[type].gaps = change(report.participants[participant].dataTypes[type].gaps)
      }
    }
    return report
  }
}

extension CivilZone {
  /// `2026-03-08T02:00:00-06:00`.
  fileprivate func text(at instant: Int64) -> String {
    let offset = utcOffset(at: instant)
    return Instant(seconds: instant + offset).text.dropLast() + CivilZone.text(ofOffset: offset)
  }
}
