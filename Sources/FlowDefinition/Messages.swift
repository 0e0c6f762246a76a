import FlowCore

/// The texts of every message about a flow file, in the order in which a file is read. The caller adds position and
/// subject.

// MARK: File and text

extension Diagnostic {
  static func fileTooLarge(bytes: Int?) -> Diagnostic {
    let size = bytes.map { "the file has \($0) bytes" } ?? "the file is too large"
    return Diagnostic(.unreadableFile, found: size, expected: "a flow file of at most \(SourceText.maximumBytes) bytes")
  }
  static let isFolder = Diagnostic(.unreadableFile, found: "this is a folder", expected: "a flow file")
  static func notText(_ scalar: Unicode.Scalar) -> Diagnostic {
    Diagnostic(.notText, found: "the file contains \(UnseenCharacter.words(for: scalar))", expected: "a text file in UTF-8", hint: "delete it")
  }
  static let binary = Diagnostic(
    .notText, found: "this is not text: it contains NUL bytes", expected: "text in UTF-8")
  static let utf16 = Diagnostic(
    .notText, found: "the file is UTF-16", expected: "UTF-8",
    hint: "save it as UTF-8, or: iconv -f UTF-16 -t UTF-8 FILE > NEW-FILE")
  static func unseen(_ character: UnseenCharacter) -> Diagnostic {
    Diagnostic(
      .invisibleCharacter, found: "\(character.words), which is invisible", expected: "plain spaces and letters",
      hint: "retype the text; if the character is intended, write \"\(escape(character.scalar))\" in double quotes")
  }
  static func typographicQuote(_ character: UnseenCharacter) -> Diagnostic {
    Diagnostic(.lookAlikeCharacter, found: "\(character.words), which is not a quote to YAML", expected: "\" or '")
  }
  static func lookAlike(_ character: UnseenCharacter) -> Diagnostic {
    Diagnostic(.lookAlikeCharacter, found: "\(character.words) in a key", expected: "the plain character that it looks like")
  }
  static let notUTF8 = Diagnostic(.notText, found: "the file is not UTF-8 from here on", expected: "a text file in UTF-8")
  static let emptyFile = Diagnostic(
    .emptyFile, found: "the file is empty", expected: "a flow", hint: "a flow begins with 'flow: NAME' and has 'processors:'")

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    scalar.value > 0xFFFF
      ? "\\U" + Hexadecimal.text(scalar.value, width: 8, uppercase: true) : "\\u" + Hexadecimal.text(scalar.value, width: 4, uppercase: true)
  }
}

// MARK: YAML

extension Diagnostic {
  static func yaml(_ words: String) -> Diagnostic { Diagnostic(.invalidYAML, found: "not valid YAML: \(words)") }
  static let tab = Diagnostic(.tab, found: "a tab", expected: "spaces: YAML allows only them for indentation")
  static func cannotStartText(_ character: Unicode.Scalar) -> Diagnostic {
    Diagnostic(.reservedCharacter, found: "text begins with '\(character)', which YAML reserves", hint: "put the text in quotes")
  }
  static let secondColon = Diagnostic(
    .misplacedColon, found: "an unexpected ':'", expected: "one 'key: value' per line",
    hint: "put text that contains ': ' in quotes, or align the key with its neighbours")
  static let keyWithoutColon = Diagnostic(.missingColon, found: "text without a ':'", expected: "'key: value'")
  static func misaligned(_ shape: String, opened: SourcePosition) -> Diagnostic {
    Diagnostic(
      .misalignedLine, found: "this is not aligned with the \(shape) that starts at \(opened.line):\(opened.column)",
      expected: "\(shape == "map" ? "a key" : "'- '") in column \(opened.column)")
  }
  /// A line whose indentation is slightly off from its neighbours'.
  static func indented(by spaces: Int, neighbour: SourcePosition) -> Diagnostic {
    Diagnostic(
      .misalignedLine, found: "this line is indented by \(spaces == 1 ? "1 space" : "\(spaces) spaces") but aligned with nothing",
      expected: "\(neighbour.column - 1) spaces, as in line \(neighbour.line)")
  }
  static func notClosed(_ open: String, opened: SourcePosition, with close: String) -> Diagnostic {
    Diagnostic(.notClosed, found: "the '\(open)' of \(opened.line):\(opened.column) is not closed", expected: "',' or '\(close)'")
  }
  static let quoteNotClosed = Diagnostic(
    .notClosed, found: "the quote that begins here is not closed", expected: "a quote at the end of the text")
  static let badEscape = Diagnostic(
    .unknownEscape, found: "an unknown YAML escape", expected: "one such as \\n, \\t, \\\" or \\\\",
    hint: "in single quotes, a backslash is literal")
  static let listHere = Diagnostic(.misalignedLine, found: "a list cannot begin here", expected: "'- ' on a line of its own")
  static let textMissing = Diagnostic(
    .missingContent, found: "nothing before this place", expected: "text, a list or a map",
    hint: "put text that YAML would read as syntax in quotes")
  static func badAnchor(_ sign: String) -> Diagnostic {
    Diagnostic(.reservedCharacter, found: "'\(sign)' without a name", hint: "put text that begins with '\(sign)' in quotes")
  }
  static let textAfterDocument = Diagnostic(.severalDocuments, found: "text after the end of the flow", expected: "nothing more")
  static let secondDocument = Diagnostic(.severalDocuments, found: "a second YAML document", expected: "one flow per file")
  static func tag(_ tag: String) -> Diagnostic {
    Diagnostic(.unsupportedYAML, found: "a tag (\(tag))", expected: "plain YAML: the property decides how a value is read")
  }
  static func tooDeep(limit: Int) -> Diagnostic {
    Diagnostic(.tooComplex, found: "maps and lists are nested too deeply", expected: "at most \(limit) levels")
  }
  static func unknownAnchor(_ name: String) -> Diagnostic {
    Diagnostic(
      .unknownAnchor, found: "'*\(name)' has no anchor before it", expected: "an anchor '&\(name)' that is complete",
      hint: "put text that begins with '*' in quotes")
  }
  static func aliasesExpandTooFar(limit: Int) -> Diagnostic {
    Diagnostic(.tooComplex, found: "aliases expand too far", expected: "at most \(limit) values from aliases")
  }
  static func duplicateKey(_ key: String, first: SourcePosition) -> Diagnostic {
    Diagnostic(
      .duplicateKey, found: "'\(key)' is given twice", expected: "each key once", hint: "the first is at \(first.line):\(first.column)"
    )
  }
  static let keyIsNoText = Diagnostic(
    .unsuitableKey, found: "a key is a map or a list", expected: "text", hint: "put text that begins with '{' or '[' in quotes")
  static let keyIsEmpty = Diagnostic(.unsuitableKey, found: "a key is empty", expected: "text before the ':'")
  static let mergeKey = Diagnostic(.unsupportedYAML, found: "a merge key '<<'", expected: "each key written out")
  static func parameterInComment(_ reference: String) -> Diagnostic {
    Diagnostic(.unquotedReference, found: "\(reference) without quotes is a comment to YAML", hint: quoting(reference))
  }
  /// How to fix a reference that YAML reads as a comment.
  static func quoting(_ reference: String) -> String { "put the whole text in quotes: \"\(reference)\"" }
}

// MARK: Shapes

extension Diagnostic {
  static func wrongShape(_ name: String?, _ node: ConfigurationNode, expected: String) -> Diagnostic {
    Diagnostic(.wrongShape, found: "\(name.map { "'\($0)'" } ?? "this") is \(node.summary)", expected: expected)
  }
  static func unknownKey(_ key: String, in name: String?, among keys: [String]) -> Diagnostic {
    Diagnostic(
      .unknownKey, found: "\(name.map { "'\($0)': " } ?? "")unknown key '\(key)'", hint: NearestName.hint(for: key, among: keys))
  }
  static func missingKey(_ key: String, in name: String? = nil, expected: String) -> Diagnostic {
    Diagnostic(.missingKey, found: "\(name.map { "'\($0)': " } ?? "")'\(key)' is missing", expected: expected)
  }
  static let flowHasNoName = Diagnostic(.missingKey, found: "the flow has no name", expected: "'flow: NAME'")
  static let noProcessors = Diagnostic(.missingKey, found: "the flow has no processors", expected: "a list under 'processors:'")
  static func badName(_ name: String, of what: String, _ trouble: String) -> Diagnostic {
    Diagnostic(
      .unsuitableName, found: "the name '\(name)' \(trouble)",
      expected: what == "service" ? "a plain name" : "a name that can also be the name of a folder")
  }
  static func emptyName(of what: String) -> Diagnostic {
    Diagnostic(.unsuitableName, found: "the name is empty", expected: "a name for the \(what)")
  }
  static func reservedName(_ name: String) -> Diagnostic {
    Diagnostic(.unsuitableName, found: "'\(name)' cannot be a processor's name", expected: "another name: 'to' reserves this one")
  }
  static func sameName(_ name: String, first: SourcePosition) -> Diagnostic {
    Diagnostic(
      .repeatedName, found: "a second processor has the name '\(name)'", expected: "each name once",
      hint: "the first is at line \(first.line)")
  }
  static func sameFolder(_ name: String, as other: String, first: SourcePosition) -> Diagnostic {
    Diagnostic(
      .repeatedName, found:
        "the names '\(name)' and '\(other)' (line \(first.line)) have the same error folder '\(NameRules.folder(for: name))'",
      expected: "names that differ in more than a space and '-'")
  }
}

// MARK: Parameters

extension Diagnostic {
  static func badParameterName(_ name: String) -> Diagnostic {
    Diagnostic(
      .parameterName, found: "'\(name)' is not a valid parameter name", expected: "letters, digits, '.', '_', '-' and spaces between them")
  }
  static let referenceNotClosed = Diagnostic(
    .malformedReference, found: "a parameter reference '#{' is not closed", expected: "#{name}", hint: "write ##{ for the text #{")
  static func noParameterName(_ name: String) -> Diagnostic {
    Diagnostic(.malformedReference, found: "'#{\(name)}' is not a parameter reference", expected: "#{name}", hint: "write ##{ for the text #{")
  }
  static func unknownParameter(_ name: String, among names: [String]) -> Diagnostic {
    Diagnostic(.unknownParameter, found: "unknown parameter '\(name)'", hint: NearestName.hint(for: name, among: names))
  }
  static func unknownGivenParameter(_ name: String, among names: [String]) -> Diagnostic {
    Diagnostic(.unknownParameter, found: "-p \(name)=…: the flow has no such parameter", hint: NearestName.hint(for: name, among: names))
  }
  static func parameterCycle(_ name: String) -> Diagnostic {
    Diagnostic(.parameterCycle, found: "the value of '\(name)' depends on itself", expected: "defaults without circular references")
  }
  static func parameterNotGiven(_ name: String, environment: String?, isSensitive: Bool) -> Diagnostic {
    let option = "-p '\(name)=\(isSensitive ? "@FILE" : "…")'".replacingQuotes(unless: name.contains(" "))
    return Diagnostic(
      .parameterWithoutValue, found: "it has no value", expected: option + (environment.map { " or the environment variable \($0)" } ?? ""))
  }
  static func sensitiveOnCommandLine(_ name: String) -> Diagnostic {
    Diagnostic(
      .exposedSecret, found: "it is sensitive, but every user of the machine can see the text after -p",
      expected: "-p \(name)=@FILE or its environment variable")
  }
  static func readableByOthers(_ file: String) -> Diagnostic {
    Diagnostic(
      .exposedSecret, found: "it is sensitive, but others can read the file", expected: "mode 0600", hint: "chmod 600 \(file)")
  }
  static func unseenInValue(_ character: UnseenCharacter, isLast: Bool) -> Diagnostic {
    Diagnostic(
      .unsuitableParameterText, found: "character \(character.offset + 1) of the value\(isLast ? " (the last one)" : "") is \(character.words), which is invisible",
      expected: "the value without it")
  }
  static func quotedValue(_ character: UnseenCharacter) -> Diagnostic {
    Diagnostic(
      .unsuitableParameterText, found: "the value begins with \(character.words), which is part of it", expected: "the value without it")
  }
  static func spaceAtEnd(_ place: String) -> Diagnostic {
    Diagnostic(.unsuitableParameterText, found: "the value \(place) with a space", expected: "the value alone")
  }
  static func unknownFileParameter(_ name: String, among names: [String]) -> Diagnostic {
    Diagnostic(.unknownParameter, found: "the flow has no such parameter", hint: NearestName.hint(for: name, among: names))
  }
  static func sensitiveFeedsParameter(_ name: String) -> Diagnostic {
    Diagnostic(.sensitiveText, found: "its default contains the sensitive parameter '\(name)'", expected: "'sensitive: true' here too")
  }
  /// - Parameter text: nil if it is sensitive and must not be shown.
  static func parameterNoChoice(_ text: String?, isDefault: Bool, among choices: [String]) -> Diagnostic {
    Diagnostic(
      .unsuitableChoice, found: "\(isDefault ? "its default" : "the value") is \(text.map { "'\($0)'" } ?? "not one of its choices")",
      expected: "one of " + choices.joined(separator: ", "),
      hint: text.flatMap { NearestName.suggestion(for: $0, among: choices) })
  }
  static func sensitiveValue(_ key: String) -> Diagnostic {
    Diagnostic(.sensitiveText, found: "'\(key)' uses a sensitive parameter", expected: "a parameter that is not sensitive")
  }
}

extension String {
  fileprivate func replacingQuotes(unless isNeeded: Bool) -> String { isNeeded ? self : filter { $0 != "'" } }
}

// MARK: Services and processors

extension Diagnostic {
  static func unknownType(_ type: String, of what: String, among types: [String]) -> Diagnostic {
    let hint = NearestName.suggestion(for: type, among: types)
    return Diagnostic(
      .unknownType, found: "unknown \(what) type '\(type)'",
      hint: hint
        ?? (types.count <= 12 ? "available: " + types.joined(separator: ", ") : "'flowrun processors' lists them"))
  }
  static func unknownRelationship(_ name: String, in key: String, among names: [String]) -> Diagnostic {
    Diagnostic(
      .unknownRelationship, found: "'\(key)': unknown relationship '\(name)'",
      hint: names.isEmpty ? "this processor has none" : NearestName.hint(for: name, among: names))
  }
  static func relationshipNotMapped(_ relationship: Relationship) -> Diagnostic {
    let meaning =
      relationship.documentation.last == "."
      ? String(relationship.documentation.dropLast()) : relationship.documentation
    return Diagnostic(
      .unmappedRelationship, found: "relationship '\(relationship.name)' leads nowhere\(meaning.isEmpty ? "" : " (\(meaning))")",
      expected: "a processor, errors, defer or drop for it under 'to'")
  }
  static func unknownProcessor(_ name: String, from relationship: String, among names: [String]) -> Diagnostic {
    let nearest = NearestName.of(name, among: names + NameRules.reserved)
    return Diagnostic(
      .unknownProcessor, found: "'to.\(relationship)' leads to an unknown processor '\(name)'",
      expected: nearest == nil ? "a processor of this file, errors, defer or drop" : nil,
      hint: nearest.map { "did you mean '\($0)'?" })
  }
  static func destinationTwice(_ name: String, _ relationship: String) -> Diagnostic {
    Diagnostic(.repeatedDestination, found: "'to.\(relationship)' leads to '\(name)' twice", expected: "each destination once")
  }
  static func queueToNoProcessor(_ name: String) -> Diagnostic {
    Diagnostic(.unsuitableQueue, found: "a queue before '\(name)'", expected: "a queue before a processor: '\(name)' has none")
  }
  static let queueWithoutLimit = Diagnostic(
    .unsuitableQueue, found: "a queue without any limit", expected: "a count or bytes above 0, to bound memory")
  static func concurrencyAboveMaximum(_ value: Int, _ maximum: Int) -> Diagnostic {
    Diagnostic(
      .excessiveConcurrency, found: "property 'concurrency' is '\(value)'",
      expected: maximum == 1 ? "1: this processor cannot run concurrently" : "at most \(maximum) for this processor")
  }
  static func backoffAboveMaximum(_ backoff: Duration, _ maximum: Duration) -> Diagnostic {
    Diagnostic(
      .retryWaits, found: "'retry.max_backoff' is \(Units.text(of: maximum)), below the backoff of \(Units.text(of: backoff))",
      expected: "at least \(Units.text(of: backoff))")
  }
}
