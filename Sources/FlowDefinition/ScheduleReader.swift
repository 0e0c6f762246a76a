import FlowCore
import FlowSchedule

/// Reads when a flow is to be run.
struct ScheduleReader {
  private static let defaultZone = "UTC"

  let problems: ProblemList

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
    for problem in found.all { problems.report(.cronProblem(problem), at: node.given, or: node.position(ofCharacter: problem.offset)) }
  }

  /// nil if it is reported.
  private func zone(_ section: Section) -> String? {
    guard let node = section["zone"], !node.isNothing else { return Self.defaultZone }
    guard let name = section.value("zone", .text) else { return nil }
    guard CivilZone(name) == nil else { return name }
    problems.report(.unknownZone(name), at: node.given, or: node.position)
    return nil
  }

  /// nil if it is reported.
  private func overlap(_ section: Section) -> ScheduleDeclaration.Overlap? {
    guard let node = section["overlap"], !node.isNothing else { return .skip }
    guard let text = section.value("overlap", .text) else { return nil }
    if let overlap = ScheduleDeclaration.Overlap(rawValue: text) { return overlap }
    problems.report(.unknownOverlap(text), at: node.given, or: node.position)
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
  fileprivate func report(_ diagnostic: Diagnostic, at given: GivenPlace?, or position: SourcePosition) {
    if let given { report(diagnostic, at: given) } else { report(diagnostic, at: position) }
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
