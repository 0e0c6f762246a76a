import StudyModel

/// What has become of SQL models.
enum ModelTable {
  static func lines(_ reports: [ModelReport], _ terminal: Terminal) -> [String] {
    var table = TextTable([("model", .left), ("kind", .left), ("rows", .right), ("inserted", .right), ("updated", .right), ("time", .right)])
    let built = reports.filter { $0.skipped == nil && $0.failed == nil }
    for report in built {
      table.add([report.name, report.kind.rawValue, number(report.rows), number(report.inserted), number(report.updated), RunTable.seconds(report.seconds)])
    }
    // What has failed is told as an error.
    return (table.isEmpty ? [] : table.lines(terminal)) + reports.filter { $0.failed == nil }.compactMap(remark)
  }

  /// One model on a line.
  static func line(_ report: ModelReport) -> String {
    if let remark = remark(report) { return remark }
    let changes = report.inserted.map { ", \($0) inserted, \(report.updated ?? 0) updated" } ?? ""
    return "\(report.name): \(report.rows.map { "\($0) rows" } ?? report.kind.rawValue)\(changes)"
  }

  /// What is to be said besides the numbers.
  private static func remark(_ report: ModelReport) -> String? {
    if let reason = report.failed { return "\(report.name): failed: \(reason)" }
    if let reason = report.skipped { return "\(report.name): skipped: \(reason)" }
    return report.rebuilt.map { "\(report.name): made anew with \(report.rows.map { "\($0) rows" } ?? "its SELECT"), because \($0)" }
  }

  private static func number(_ value: Int?) -> String { value.map(String.init) ?? "-" }
}
