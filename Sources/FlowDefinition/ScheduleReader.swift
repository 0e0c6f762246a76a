import FlowCore
import FlowSchedule

/// Reads when a flow is to be run: its own schedule, and those of its sources.
struct ScheduleReader {
  static let sourceKeys = ["every", "cron", "zone"]
  private static let defaultZone = "UTC"

  let problems: ProblemList
  /// The processor whose schedule it is; empty for the flow's.
  var subject = ""

  /// nil if it is empty, or after a report.
  func schedule(_ node: ConfigurationNode) -> ScheduleDeclaration? {
    guard let section = Section(node, keys: ["cron", "zone", "overlap"], subject: "", problems: problems, name: "schedule") else { return nil }
    if section["cron"] == nil, !section.misspelt.contains("cron") {
      section.report(.missingKey("cron", in: "schedule", expected: "when it is due, such as cron: \"0 */2 * * *\""), at: node.position)
    }
    let cron = cron(section)
    let zone = zone(section)
    let overlap = overlap(section)
    guard let cron, let zone, let overlap else { return nil }
    return ScheduleDeclaration(cron: cron, zone: zone, overlap: overlap)
  }

  /// The schedule of a source. nil if it is empty, or after a report.
  func sourceSchedule(_ node: ConfigurationNode) -> DueTime? {
    guard let section = Section(node, keys: Self.sourceKeys, subject: subject, problems: problems, name: "schedule") else { return nil }
    let hasInterval = section["every"] != nil, hasCron = section["cron"] != nil
    guard hasInterval != hasCron else {
      if section.misspelt.isEmpty {
        section.report(
          Diagnostic(
            .unsuitableSchedule, found: hasCron ? "'schedule' has both 'every' and 'cron'" : "'schedule' says no time",
            expected: "one of every: 5 min and cron: \"0 */2 * * *\""),
          at: node.position)
      }
      return nil
    }
    guard hasCron else { return interval(section).map { .every($0) } }
    let cron = cron(section), zone = zone(section)
    guard let cron, let zone else { return nil }
    return .cron(cron, zone: zone)
  }

  /// nil if it is reported.
  private func interval(_ section: Section) -> Duration? {
    guard let node = section["every"] else { return nil }
    if let zone = section["zone"] {
      section.report(Diagnostic(.unsuitableSchedule, found: "'schedule' has a zone beside 'every'", expected: "a zone beside 'cron' only"), at: zone.position)
      return nil
    }
    guard !node.isNothing, let interval = section.value("every", .duration) else {
      if node.isNothing { section.report(Diagnostic(.unsuitableSchedule, found: "'schedule.every' is empty", expected: "a duration such as 5 min"), at: node.position) }
      return nil
    }
    guard interval >= .seconds(1), interval.wholeMilliseconds % 1000 == 0 else {
      section.report(
        Diagnostic(.unsuitableSchedule, found: "'schedule.every' is \(Units.text(of: interval))", expected: "whole seconds, at least one: it starts a run each time"),
        at: node.position)
      return nil
    }
    return interval
  }

  /// nil if it is missing or reported.
  private func cron(_ section: Section) -> String? {
    guard let node = section["cron"], let text = section.value("cron", .text) else {
      if let node = section["cron"], node.isNothing { report("", node) }
      return nil
    }
    if case .success(let expression) = CronExpression.read(text) { return expression.text }
    report(text, node)
    return nil
  }

  private func report(_ text: String, _ node: ConfigurationNode) {
    guard case .failure(let found) = CronExpression.read(text) else { return }
    for problem in found.all { problems.report(.cronProblem(problem), at: node.given, or: node.position(ofCharacter: problem.offset), subject: subject) }
  }

  /// nil if it is reported.
  private func zone(_ section: Section) -> String? {
    guard let node = section["zone"], !node.isNothing else { return Self.defaultZone }
    guard let name = section.value("zone", .text) else { return nil }
    guard CivilZone(name) == nil else { return name }
    problems.report(.unknownZone(name), at: node.given, or: node.position, subject: subject)
    return nil
  }

  /// nil if it is reported.
  private func overlap(_ section: Section) -> ScheduleDeclaration.Overlap? {
    guard let node = section["overlap"], !node.isNothing else { return .skip }
    guard let text = section.value("overlap", .text) else { return nil }
    if let overlap = ScheduleDeclaration.Overlap(rawValue: text) { return overlap }
    problems.report(.unknownOverlap(text), at: node.given, or: node.position, subject: subject)
    return nil
  }
}

extension ConfigurationNode {
  fileprivate var isNothing: Bool {
    if case .empty = value { true } else { false }
  }
}

extension ProblemList {
  /// Reports where a value was given outside of the file, else at its place in the file.
  fileprivate func report(_ diagnostic: Diagnostic, at given: GivenPlace?, or position: SourcePosition, subject: String) {
    if let given { report(diagnostic, at: given) } else { report(diagnostic, at: position, subject: subject) }
  }
}

extension Diagnostic {
  fileprivate static func cronProblem(_ problem: CronProblem) -> Diagnostic {
    Diagnostic(.unsuitableSchedule, found: "'schedule.cron': \(problem.found)", expected: problem.expected, hint: problem.hint)
  }
  fileprivate static func unknownZone(_ name: String) -> Diagnostic {
    Diagnostic(
      .unsuitableSchedule, found: "'schedule.zone': there is no zone '\(name)'", expected: "UTC, or an IANA name such as Europe/Berlin",
      hint: NearestName.suggestion(for: name, among: ZoneDatabase.commonNames))
  }
  fileprivate static func unknownOverlap(_ text: String) -> Diagnostic {
    let names = ScheduleDeclaration.Overlap.allCases.map(\.rawValue)
    return Diagnostic(
      .unsuitableSchedule, found: "'schedule.overlap' is '\(text)'",
      expected: "\(names.joined(separator: " or ")): a run that is due while one is under way is left out")
  }
}
