import FlowCore

/// What `flowrun validate --codes` says of a code, from the tables that Diagnostics.md is made from.
struct CodePage: Encodable {
  var code: String
  var severity: String
  var title: String
  var explanation: String
  var mistake: String
  var fix: String

  init(_ code: DiagnosticCode) {
    self.code = code.id
    severity = code.severity.rawValue
    title = code.title
    explanation = code.explanation
    mistake = code.mistake
    fix = code.fix
  }

  static func text(_ code: DiagnosticCode) -> String {
    let head = "\(code.id) (\(code.severity.rawValue)): \(code.title)\n\(code.explanation)\n"
    // A note has no mistake to mend.
    if code.mistake == code.fix { return head + "\n" + indented(code.mistake) }
    return head + "\ninstead of\n" + indented(code.mistake) + "\nwrite\n" + indented(code.fix)
  }

  private static func indented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }.joined(separator: "\n")
  }
}
