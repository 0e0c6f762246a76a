/// Texts of an imported file as messages quote them.
package enum Quote {
  /// On one line, without control characters and without the secrets of addresses, cut off.
  static func short(_ text: String) -> String {
    let text = Secrets.shown(text)
    let line = String(String.UnicodeScalarView(text.unicodeScalars.prefix(ImportLimits.quoted + 1).map { isPlain($0) ? $0 : " " }))
    return text.unicodeScalars.count > ImportLimits.quoted ? String(line.unicodeScalars.prefix(ImportLimits.quoted)) + "…" : line
  }

  /// On one line, without control characters: it cannot move the cursor.
  package static func line(_ text: String) -> String { String(String.UnicodeScalarView(text.unicodeScalars.map { isPlain($0) ? $0 : " " })) }

  /// Neither a control character nor one that is invisible or breaks a line.
  static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: false
    case .spaceSeparator: scalar == " "
    default: scalar != "\u{2800}" && scalar != "\u{3164}" && scalar != "\u{115F}" && scalar != "\u{1160}" && scalar != "\u{FFA0}"
    }
  }
}
