import FlowCore
import StudyModel

/// Reads a model file. Goes on after a mistake, so that all of them are found at once.
struct TemplateParser {
  /// `{{`, `{%` and `{#`, each with its end.
  private enum Mark: Unicode.Scalar {
    case call = "{"
    case statement = "%"
    case comment = "#"

    var opening: String { "{\(rawValue)" }
    var closing: String { self == .call ? "}}" : "\(rawValue)}" }
  }

  private var cursor: TemplateCursor
  private var template = ModelTemplate()
  private(set) var problems: [Diagnostic] = []
  private var text = String.UnicodeScalarView()
  /// Where the condition begins that has not ended.
  private var condition: SourcePosition?
  private var configuration: SourcePosition?
  /// A mark before took away the white space that follows it.
  private var trimsNext = false

  /// - Parameter file: for messages.
  static func parse(_ text: String, file: String) -> (template: ModelTemplate, problems: [Diagnostic]) {
    var parser = TemplateParser(text)
    parser.run()
    return (
      parser.template,
      parser.problems.map { $0.at(Diagnostic.Place(file: file, position: $0.position)) }.sorted { ($0.position ?? .start) < ($1.position ?? .start) }
    )
  }

  private init(_ text: String) { cursor = TemplateCursor(text) }

  private mutating func run() {
    while let scalar = cursor.peek {
      if scalar == "{", let mark = cursor.peek(1).flatMap(Mark.init) {
        read(mark)
      } else {
        text.append(cursor.take() ?? scalar)
      }
    }
    endText()
    if let condition { report(.modelSyntax, condition, "`if is_incremental()` is not ended", expected: "{% endif %} after it") }
    let hasSQL = template.parts.contains { part in
      if case .text(let text) = part.piece { !part.isIncrementalOnly && !text.allSatisfy(\.isWhitespace) } else { false }
    }
    if !hasSQL, problems.isEmpty { report(.modelSyntax, .start, "the file has no SQL", expected: "one SELECT") }
  }

  // MARK: Marks

  private mutating func read(_ mark: Mark) {
    let start = cursor.position
    cursor.skip(2)
    if cursor.peek == "-", mark != .comment || cursor.peek(1) != "#" {
      cursor.skip(1)
      while let last = text.last, last.properties.isWhitespace { text.removeLast() }
    }
    endText()
    guard mark != .comment else { return skipComment(from: start) }
    let before = problems.count
    let tokens = cursor.tokens(until: mark.closing)
    guard let tokens else {
      report(.modelSyntax, start, "`\(mark.opening)` is not closed", expected: "`\(mark.closing)` after it")
      return cursor.skipToEnd()
    }
    trimsNext = tokens.trims
    if let unreadable = tokens.unreadable { report(.modelSyntax, unreadable.position, unreadable.found, expected: unreadable.expected) }
    guard problems.count == before else { return }
    var reader = CallReader(tokens.list, end: tokens.end)
    switch mark {
    case .call: call(&reader, at: start)
    case .statement: statement(&reader, at: start)
    case .comment: break
    }
  }

  private mutating func skipComment(from start: SourcePosition) {
    while cursor.peek != nil {
      if cursor.peek == "#", cursor.peek(1) == "}" { return cursor.skip(2) }
      trimsNext = cursor.peek == "-"
      cursor.skip(1)
    }
    report(.modelSyntax, start, "`{#` is not closed", expected: "`#}` after it")
  }

  private mutating func endText() {
    if trimsNext { while let first = text.first, first.properties.isWhitespace { text.removeFirst() } }
    trimsNext = false
    if !text.isEmpty { add(.text(String(text))) }
    text = String.UnicodeScalarView()
  }

  private mutating func add(_ piece: ModelTemplate.Piece) {
    template.parts.append(ModelTemplate.Part(piece: piece, isIncrementalOnly: condition != nil))
  }

  // MARK: Calls

  private mutating func call(_ reader: inout CallReader, at start: SourcePosition) {
    guard let name = reader.name() else { return report(reader.mismatch("source, ref, this or config")) }
    switch name.text {
    case "this":
      guard reader.isAtEnd else { return report(reader.mismatch("`}}`")) }
      if condition == nil {
        report(
          .modelCall, name.position, "`this` stands outside of `{% if is_incremental() %}`", expected: "it inside: the first time there is no such table")
      }
      add(.this)
    case "source": source(&reader)
    case "ref":
      guard let arguments = texts(&reader, count: 1, of: "ref('MODEL')") else { return }
      add(.reference(arguments[0].text, arguments[0].position))
    case "config": configure(&reader, at: name.position)
    default: unknown(name, among: ["source", "ref", "this", "config"])
    }
  }

  private mutating func source(_ reader: inout CallReader) {
    guard let arguments = texts(&reader, count: 2, of: "source('flowrun', 'TABLE')") else { return }
    guard arguments[0].text == "flowrun" else {
      return report(.modelReference, arguments[0].position, "the source is '\(arguments[0].text)'", expected: "'flowrun', the database of the flow")
    }
    add(.source(arguments[1].text, arguments[1].position))
  }

  /// The arguments of a call with nothing after it; nil after a report.
  private mutating func texts(_ reader: inout CallReader, count: Int, of form: String) -> [CallReader.Word]? {
    guard let arguments = reader.texts(), reader.isAtEnd else {
      report(reader.mismatch(form))
      return nil
    }
    guard arguments.count == count else {
      report(.modelCall, reader.start, "there \(arguments.count == 1 ? "is 1 argument" : "are \(arguments.count) arguments")", expected: form)
      return nil
    }
    return arguments
  }

  private mutating func configure(_ reader: inout CallReader, at position: SourcePosition) {
    guard let settings = reader.settings(), reader.isAtEnd else { return report(reader.mismatch("config(materialized=…, unique_key=…)")) }
    if configuration != nil { return report(.modelCall, position, "there is a second config", expected: "one for the whole model") }
    configuration = position
    for setting in settings {
      switch setting.name.text {
      case "materialized": materialize(setting)
      case "unique_key": template.uniqueKey = setting.values.map(\.text)
      default: unknown(setting.name, among: ["materialized", "unique_key"])
      }
    }
    if let key = settings.first(where: { $0.name.text == "unique_key" }), template.kind != .incremental, problems.isEmpty {
      report(.modelCall, key.name.position, "a \(template.kind.rawValue) has a unique_key", expected: "it only with materialized='incremental'")
    }
  }

  private mutating func materialize(_ setting: CallReader.Setting) {
    let names = ModelKind.allCases.map(\.rawValue)
    guard setting.values.count == 1, let kind = ModelKind(rawValue: setting.values[0].text) else {
      let found = setting.values.map { "'\($0.text)'" }.joined(separator: ", ")
      return report(
        .modelCall, setting.values.first?.position ?? setting.name.position, "materialized is \(found)", expected: "one of " + names.joined(separator: ", "),
        hint: setting.values.first.flatMap { NearestName.suggestion(for: $0.text, among: names) })
    }
    template.kind = kind
  }

  private mutating func statement(_ reader: inout CallReader, at start: SourcePosition) {
    guard let name = reader.name() else { return report(reader.mismatch("if is_incremental(), or endif")) }
    switch name.text {
    case "if":
      guard let function = reader.name() else { return report(reader.mismatch("is_incremental()")) }
      guard function.text == "is_incremental" else { return unknown(function, among: ["is_incremental"]) }
      guard reader.texts()?.isEmpty == true, reader.isAtEnd else { return report(reader.mismatch("is_incremental() and nothing after it")) }
      if condition != nil { report(.modelSyntax, start, "an `if` begins inside of another", expected: "{% endif %} before it") }
      condition = condition ?? start
    case "endif":
      guard reader.isAtEnd else { return report(reader.mismatch("`%}`")) }
      if condition == nil { report(.modelSyntax, start, "`endif` ends nothing", expected: "{% if is_incremental() %} before it") }
      condition = nil
    default: unknown(name, among: ["if", "endif"])
    }
  }

  private mutating func unknown(_ name: CallReader.Word, among names: [String]) {
    report(
      .modelCall, name.position, "unknown name '\(name.text)'", expected: names.count == 1 ? names[0] : "one of " + names.joined(separator: ", "),
      hint: NearestName.suggestion(for: name.text, among: names))
  }

  // MARK: Problems

  private mutating func report(_ code: DiagnosticCode, _ position: SourcePosition, _ found: String, expected: String, hint: String? = nil) {
    problems.append(Diagnostic(code, position: position, found: found, expected: expected, hint: hint))
  }

  private mutating func report(_ diagnostic: Diagnostic) { problems.append(diagnostic) }
}

extension SourcePosition {
  static let start = SourcePosition(line: 1, column: 1)
}
