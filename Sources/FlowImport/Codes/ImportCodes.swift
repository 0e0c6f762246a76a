import FlowCore

extension DiagnosticGroup {
  /// Files that `flowrun import` reads.
  package static let imports = DiagnosticGroup("Import", [.notNiFi, .otherFormat, .tooLargeToImport, .damagedImport])
}

extension DiagnosticCode {
  package static let notNiFi = DiagnosticCode(
    "E1601", "Not a NiFi flow",
    "`flowrun import` reads templates (XML), flow definitions (JSON) and flow.json, also compressed with gzip.",
    mistake: "flowrun import participants.csv", fix: "flowrun import flow-definition.json")
  package static let otherFormat = DiagnosticCode(
    "E1602", "A format that is not imported", "Load the flow into NiFi and download it as a flow definition.",
    mistake: "flowrun import config.yml", fix: "flowrun import flow-definition.json")
  package static let tooLargeToImport = DiagnosticCode(
    "E1603", "Too large to import",
    "Size, depth and number of components have limits, so that a damaged or hostile file costs little. Download one process group at a time.",
    mistake: "flowrun import whole-instance.json", fix: "flowrun import one-group.json")
  package static let damagedImport = DiagnosticCode(
    "E1604", "A damaged file", "The file is cut off, or a part of it is not what NiFi writes. Download it again.", mistake: "flowrun import half.json",
    fix: "flowrun import whole.json")
}
