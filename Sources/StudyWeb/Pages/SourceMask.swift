/// Shows a flow file without its secrets: defaults of sensitive parameters, literal values of sensitive properties, and any value that the server
/// uses for a sensitive parameter.
///
/// It goes by lines and not by the parsed file, so that it also holds for a file that cannot be parsed. In doubt a line is hidden.
struct SourceMask: Sendable {
  /// Names of the flow's sensitive parameters, those of the file as it is now included.
  var parameters: Set<String>
  /// Names of sensitive properties, such as `client_secret`.
  var properties: Set<String>
  /// Values that are nowhere shown.
  var values: [String]

  static let hidden = "…"
  /// Keys of a parameter whose values are no secrets.
  private static let plainKeys: Set<String> = ["environment", "sensitive", "help"]

  func lines(of text: String) -> [String] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let names = parameters.union(Self.sensitiveParameters(lines))
    var shown: [String] = []
    /// The indentation of the sensitive key whose lines follow, and whether it is a parameter.
    var inside: (indent: Int, isParameter: Bool)?
    var section = ""
    for line in lines {
      let indent = line.prefix { $0 == " " }.count, content = line.dropFirst(indent)
      let isBlank = content.isEmpty || content.hasPrefix("#")
      if let current = inside {
        if isBlank || indent > current.indent {
          shown.append(isBlank && content.isEmpty ? "" : masked(line, indent, isParameter: current.isParameter))
          continue
        }
        inside = nil
      }
      if indent == 0, let key = Self.key(content) { section = key }
      if section == "parameters", indent > 0, let key = Self.key(content), names.contains(key) {
        inside = (indent, true)
        shown.append(Self.hidingRest(line, after: key))
      } else if let key = Self.key(content[...].dropFirst(content.hasPrefix("- ") ? 2 : 0)), properties.contains(key), !Self.isReference(line) {
        inside = (indent, false)
        shown.append(Self.hidingRest(line, after: key))
      } else {
        shown.append(hidingInline(line))
      }
    }
    return shown.map { line in values.reduce(line) { $1.isEmpty ? $0 : $0.replacing($1, with: Self.hidden) } }
  }

  private func masked(_ line: String, _ indent: Int, isParameter: Bool) -> String {
    if isParameter, let key = Self.key(line.dropFirst(indent)), Self.plainKeys.contains(key) { return line }
    return line.prefix(indent) + Self.hidden
  }

  /// In `{ client_id: a, client_secret: b }` what follows the name, to the end of the line.
  private func hidingInline(_ line: String) -> String {
    for name in properties {
      guard let range = line.firstRange(of: "\(name):"), !Self.isReference(line[range.upperBound...]) else { continue }
      return line[..<range.upperBound] + " " + Self.hidden
    }
    return line
  }

  private static func hidingRest(_ line: String, after key: String) -> String {
    guard let range = line.firstRange(of: "\(key):") ?? line.firstRange(of: "\(key)\":") else { return hidden }
    let rest = line[range.upperBound...].drop { $0 == " " }
    return rest.isEmpty ? line : line[..<range.upperBound] + " " + hidden
  }

  /// Whether all that stands there is a reference to a parameter, `"#{client_secret}"`.
  private static func isReference(_ text: some StringProtocol) -> Bool {
    guard let start = text.firstRange(of: "#{"), let end = text[start.upperBound...].firstRange(of: "}") else { return false }
    let before = text[..<start.lowerBound].split(separator: ":").last ?? ""
    return before.allSatisfy { " \"'".contains($0) } && text[end.upperBound...].prefix { !",}".contains($0) }.allSatisfy { " \"'".contains($0) }
  }

  /// `name` of `name: …` or `"name": …`.
  private static func key(_ content: some StringProtocol) -> String? {
    guard let colon = content.firstIndex(of: ":") else { return nil }
    return String(content[..<colon].filter { $0 != "\"" })
  }

  /// Those that the file itself says are sensitive, also where it cannot be parsed.
  private static func sensitiveParameters(_ lines: [String]) -> Set<String> {
    var found: Set<String> = []
    var name = "", indentOfNames: Int?
    var isInside = false
    for line in lines {
      let indent = line.prefix { $0 == " " }.count, content = line.dropFirst(indent)
      guard !content.isEmpty, !content.hasPrefix("#") else { continue }
      if indent == 0 {
        isInside = key(content) == "parameters"
        indentOfNames = nil
        if !isInside { continue }
      } else if isInside {
        if indentOfNames == nil { indentOfNames = indent }
        if indent == indentOfNames, let key = key(content) { name = key }
      }
      if isInside, content.firstRange(of: "sensitive") != nil { found.insert(name) }
    }
    return found
  }
}
