import FlowCore
import FlowDefinition
import StudyParticipants

/// The texts of the consent pages, which a study can change and translate. All of them are there, so that no page mixes two languages.
package struct ConsentTexts: Sendable {
  /// What a text may refer to.
  package enum Placeholder: String, CaseIterable, Sendable { case study, contact, provider, date }

  private let texts: [String: String]

  /// The built-in file.
  package static let standardFile = String(decoding: PackageResources.consent_texts_yaml, as: UTF8.self)
  package static let standard: ConsentTexts = {
    do { return try ConsentTexts(PackageResources.consent_texts_yaml, file: "consent_texts.yaml", names: nil) } catch {
      preconditionFailure("the built-in texts are valid: \(error)")
    }
  }()

  /// Throws all problems of the file as `Diagnostics`.
  package init(_ bytes: [UInt8], file: String) throws { try self.init(bytes, file: file, names: Self.standard.texts.keys.sorted()) }

  /// - Parameter names: the texts that the file must have; nil for those that it has.
  private init(_ bytes: [UInt8], file: String, names: [String]?) throws(Diagnostics) {
    let entries = try NamedTexts.entries(bytes, file: file)
    var problems: [Diagnostic] = []
    if let names {
      let given = Set(entries.map(\.name))
      let missing = names.filter { !given.contains($0) }
      if !missing.isEmpty {
        problems.append(
          Diagnostic(
            .consentTexts, file: file, found: "\(missing.count) \(missing.count == 1 ? "text is" : "texts are") missing: \(missing.joined(separator: ", "))",
            expected: "every text", hint: "flowrun participants texts prints all of them"))
      }
      for entry in entries where !names.contains(entry.name) && !Self.isOfData(entry.name) {
        problems.append(
          Diagnostic(
            .consentTexts, file: file, position: entry.position, subject: "text '\(entry.name)'", found: "there is no text of this name on the pages",
            expected: "one of the \(names.count) names that flowrun participants texts prints", hint: NearestName.hint(for: entry.name, among: names)))
      }
    }
    for entry in entries { problems += Self.problems(of: entry, file) }
    guard problems.isEmpty else { throw Diagnostics(problems) }
    texts = Dictionary(entries.map { ($0.name, $0.text) }) { first, _ in first }
  }

  /// A flow may ask for scopes that the built-in file has no text for.
  private static func isOfData(_ name: String) -> Bool {
    name.hasPrefix("data_") && name.count > 5 && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "_") }
  }

  // MARK: Checks

  private static func problems(of entry: NamedTexts.Entry, _ file: String) -> [Diagnostic] {
    func problem(_ found: String, expected: String, hint: String? = nil) -> Diagnostic {
      Diagnostic(.consentTexts, file: file, position: entry.position, subject: "text '\(entry.name)'", found: found, expected: expected, hint: hint)
    }
    if entry.text.allSatisfy(\.isWhitespace) { return [problem("it is empty", expected: "a text")] }
    if entry.text.utf8.count > 10_000 { return [problem("it has \(entry.text.utf8.count) bytes", expected: "at most 10000")] }
    if entry.name == "language" {
      return isLanguage(entry.text) ? [] : [problem("it is '\(entry.text.prefix(40))'", expected: "a language such as en, es or de-CH")]
    }
    let allowed = placeholders(in: entry.name)
    return Piece.pieces(of: entry.text).compactMap { piece in
      guard case .placeholder(let name) = piece, !allowed.contains(where: { $0.rawValue == name }) else { return nil }
      let isKnown = Placeholder(rawValue: name) != nil
      return problem(
        "it has {\(name)}, which \(isKnown ? "is not known on this page" : "stands for nothing")",
        expected: allowed.isEmpty ? "a text without {…}" : allowed.map { "{\($0.rawValue)}" }.joined(separator: ", "),
        hint: isKnown ? nil : NearestName.suggestion(for: name, among: allowed.map(\.rawValue)))
    }
  }

  /// Pages that are shown without an invitation know no provider.
  private static func placeholders(in name: String) -> [Placeholder] {
    if name == "study" || name == "contact" || name.hasPrefix("data_") { return [] }
    if name == "invite_note" { return Placeholder.allCases }
    if ["unknown_", "trouble_", "slow_", "again_"].contains(where: name.hasPrefix) { return [.study, .contact] }
    return [.study, .contact, .provider]
  }

  /// The form of BCP 47: letters, then groups of letters and digits.
  private static func isLanguage(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard let first = parts.first, (2...3).contains(first.utf8.count), first.utf8.allSatisfy(isLetter) else { return false }
    return parts.dropFirst().allSatisfy { (1...8).contains($0.utf8.count) && $0.utf8.allSatisfy { isLetter($0) || (48...57).contains($0) } }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (97...122).contains(byte) }

  // MARK: Use

  /// A part of a text: as it is, or the name between braces. A brace that encloses no name is text.
  private enum Piece {
    case text(Substring)
    case placeholder(String)

    static func pieces(of text: String) -> [Piece] {
      var pieces: [Piece] = []
      var rest = text[...]
      while let open = rest.firstIndex(of: "{") {
        let name = rest[rest.index(after: open)...].prefix { $0.isASCII && ($0.isLetter || $0 == "_") }
        guard !name.isEmpty, name.endIndex < rest.endIndex, rest[name.endIndex] == "}" else {
          pieces.append(.text(rest[...open]))
          rest = rest[rest.index(after: open)...]
          continue
        }
        pieces.append(.text(rest[..<open]))
        pieces.append(.placeholder(String(name)))
        rest = rest[rest.index(after: name.endIndex)...]
      }
      return pieces + [.text(rest)]
    }
  }

  package var language: String { texts["language"] ?? "en" }
  /// `rtl` for languages that are written from right to left.
  package var direction: String {
    ["ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"].contains(language.prefix { $0 != "-" }.lowercased()) ? "rtl" : "ltr"
  }

  /// A text as one line. The name is one of the built-in file's.
  package func line(_ name: String, _ values: [Placeholder: String] = [:]) -> String {
    guard let text = texts[name] else { preconditionFailure("there is no text '\(name)'") }
    return filled(text, values).split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// A text's paragraphs, which empty lines separate.
  package func paragraphs(_ name: String, _ values: [Placeholder: String] = [:]) -> [String] {
    guard let text = texts[name] else { preconditionFailure("there is no text '\(name)'") }
    let lines = filled(text, values).split(separator: "\n", omittingEmptySubsequences: false)
    return lines.split { $0.allSatisfy(\.isWhitespace) }.map { $0.joined(separator: " ") }
  }

  /// What a scope shares, in words; one without a text by its name.
  package func data(_ scope: String) -> String {
    // A scope may be written as the provider's address of it.
    let short = scope.split(separator: "/").last.map(String.init) ?? scope
    let parts = short.split(separator: ".")
    let name = parts.count > 1 && parts.last == "readonly" ? String(parts[parts.count - 2]) : short
    return texts["data_" + name] ?? name.replacing("_", with: " ")
  }

  private func filled(_ text: String, _ values: [Placeholder: String]) -> String {
    Piece.pieces(of: text).map { piece in
      switch piece {
      case .text(let text): String(text)
      case .placeholder(let name):
        // What the file itself says is filled in as it is: it refers to nothing further.
        Placeholder(rawValue: name).flatMap { values[$0] ?? ($0 == .study || $0 == .contact ? texts[name] : nil) } ?? ""
      }
    }.joined()
  }
}
