import FlowCore

/// Rules for names. Names of flows and processors are also folder names in the error folder.
enum NameRules {
  /// Names with a special meaning under `to`.
  static let reserved = ["errors", "defer", "drop"]
  /// In characters; file systems allow 255 bytes per name.
  static let maximumLength = 60

  static func finding(about name: String, of what: String) -> Diagnostic? {
    if name.isEmpty { return .emptyName(of: what) }
    if let trouble = trouble(name) { return .badName(name, of: what, trouble) }
    return what == "processor" && reserved.contains(name) ? .reservedName(name) : nil
  }

  /// The name as a path component.
  static func folder(for name: String) -> String { String(name.map { $0 == " " ? "-" : $0 }) }

  private static func trouble(_ name: String) -> String? {
    if name.contains("/") || name.contains("\\") { return "contains a slash" }
    if name.hasPrefix(".") { return "begins with '.'" }
    if name.hasPrefix("-") { return "begins with '-'" }
    if name.hasPrefix(" ") || name.hasSuffix(" ") { return "begins or ends with a space" }
    if name.unicodeScalars.contains(where: isInvisible) { return "contains a control character" }
    return name.count > maximumLength || name.utf8.count > 200 ? "is longer than \(maximumLength) characters" : nil
  }

  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: true
    default: false
    }
  }
}
