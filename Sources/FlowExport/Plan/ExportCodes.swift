import FlowCore

extension DiagnosticGroup {
  /// Targets of exports.
  package static let exports = DiagnosticGroup("Exports", [.otherExport])
}

extension DiagnosticCode {
  static let otherExport = DiagnosticCode(
    "E1401", "The target holds another export",
    "A target holds one export: of one flow, in one layout and format, for one selection of participants. A partition is replaced only by one that "
      + "covers its days. Nothing was written.",
    mistake: "flowrun export study.yaml -o data --format csv   # data holds Parquet", fix: "flowrun export study.yaml -o data-csv --format csv", isUsage: true)
}
