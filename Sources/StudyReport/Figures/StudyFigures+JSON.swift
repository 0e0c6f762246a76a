import FlowCore
import FlowRuntime
import StudyModel
import StudyProcessors

/// The figures as `flowrun report --format json` prints them; the guide describes the members under "Report".
extension StudyFigures: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: NamedKey.self)
    func put(_ name: String, _ value: some Encodable) throws { try members.encode(value, forKey: NamedKey(name)) }
    try put("flow", flow)
    try put("databases", databases)
    try put("simulated", isSimulated)
    try put("made_at", madeAt.text)
    try put("until", until.text)
    try put("verdict", verdict)
    try put("standings", Dictionary(uniqueKeysWithValues: standings.map { ($0.standing.rawValue, $0.count) }))
    try put("valid_minutes", validMinutes)
    try put("needs_person", troubles)
    try put("participants", participants)
    try put("weeks", weeks)
    try put("data_types", dataTypes)
    try put("missing", missing)
    try put("delays", delays)
    try put("revisions", revisions)
    try put("vanished", vanished)
    try put("runs", runs)
  }
}

extension StudyTrouble: Encodable {
  package enum CodingKeys: String, CodingKey { case participant, kind, title, why, next, since, days }

  package func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(participant, forKey: .participant)
    try members.encode(kind.rawValue, forKey: .kind)
    try members.encode(title, forKey: .title)
    try members.encode(why, forKey: .why)
    try members.encode(next, forKey: .next)
    try members.encode(since?.text, forKey: .since)
    try members.encode(days, forKey: .days)
  }
}

extension ParticipantFigures: Encodable {
  package enum CodingKeys: String, CodingKey {
    case participant, enrolled, zone, standing, verdict, next, invitation, days, weeks
    case latestSync = "latest_sync"
    case validDays = "valid_days"
    case possibleDays = "possible_days"
  }

  package func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(participant, forKey: .participant)
    try members.encode(enrolled?.text, forKey: .enrolled)
    try members.encode(latestSync?.text, forKey: .latestSync)
    try members.encode(zone, forKey: .zone)
    try members.encode(verdict.standing.rawValue, forKey: .standing)
    try members.encode(verdict.finding, forKey: .verdict)
    try members.encode(verdict.next, forKey: .next)
    try members.encode(invitation, forKey: .invitation)
    try members.encode(validDays, forKey: .validDays)
    try members.encode(possibleDays, forKey: .possibleDays)
    try members.encode(weeks, forKey: .weeks)
    try members.encode(
      days.cells.enumerated().map { DayDocument(CivilDate(daysSince1970: days.first + Int64($0.offset)), $0.element) }, forKey: .days)
  }

  private struct DayDocument: Encodable {
    var date: String
    var state: String
    var share: Int
    var heart_minutes: Int?

    init(_ date: CivilDate, _ cell: ParticipantDays.Cell) {
      self.date = date.text
      state = cell.state.rawValue
      share = Int(cell.share)
      heart_minutes = cell.heartMinutes < 0 ? nil : Int(cell.heartMinutes)
    }
  }
}

extension DataTypeFigures: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: NamedKey.self)
    try members.encode(name, forKey: NamedKey("data_type"))
    try members.encode(unit.rawValue, forKey: NamedKey("unit"))
    try members.encode(wanted, forKey: NamedKey("wanted"))
    for state in CoverageState.allCases { try members.encode(self[state], forKey: NamedKey(state.rawValue)) }
  }
}

extension MissingTime: Encodable {
  package enum CodingKeys: String, CodingKey {
    case state, cause, unit, count, participants
    case dataType = "data_type"
  }

  package func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(state.rawValue, forKey: .state)
    try members.encode(cause?.rawValue, forKey: .cause)
    try members.encode(dataType, forKey: .dataType)
    try members.encode(unit.rawValue, forKey: .unit)
    try members.encode(count, forKey: .count)
    try members.encode(participants, forKey: .participants)
  }
}

extension RunFigures: Encodable {
  package enum CodingKeys: String, CodingKey { case participants, inserted, updated, errors, stopped }

  /// The members of `flowrun runs --format json`, and what the run did.
  package func encode(to encoder: any Encoder) throws {
    try summary.encode(to: encoder)
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(participants, forKey: .participants)
    try members.encode(inserted, forKey: .inserted)
    try members.encode(updated, forKey: .updated)
    try members.encode(errors, forKey: .errors)
    try members.encode(stopped, forKey: .stopped)
  }
}
