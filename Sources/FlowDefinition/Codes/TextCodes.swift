import FlowCore

extension DiagnosticGroup {
  /// The file as text and as YAML.
  package static let text = DiagnosticGroup(
    "File and YAML",
    [
      .notText, .unreadableFile, .emptyFile, .invisibleCharacter, .lookAlikeCharacter, .tab, .invalidYAML, .reservedCharacter,
      .misplacedColon, .missingColon, .misalignedLine, .notClosed, .unknownEscape, .missingContent, .severalDocuments, .unsupportedYAML,
      .tooComplex, .unknownAnchor, .duplicateKey, .unsuitableKey,
    ])
}

extension DiagnosticCode {
  static let notText = DiagnosticCode(
    "E0101", "The file is not text in UTF-8",
    "Flow files are UTF-8 text, with or without a byte order mark, without control characters. The position is that of the first violation.",
    mistake: "a file saved as UTF-16", fix: "iconv -f UTF-16 -t UTF-8 flow.yaml > new.yaml")
  static let unreadableFile = DiagnosticCode(
    "E0102", "The file cannot be a flow file",
    "It is a folder, or far too large.",
    mistake: "flowrun validate Flows/", fix: "flowrun validate Flows/*.yaml")
  static let emptyFile = DiagnosticCode(
    "E0103", "The file is empty", "It contains nothing, or only comments.", mistake: "# my flow",
    fix: "flow: my flow\nprocessors:\n  - { name: begin, type: GenerateFlowFile, to: { success: drop } }")
  static let invisibleCharacter = DiagnosticCode(
    "E0104", "Invisible character",
    "No-break spaces, zero-width characters and their like come from web pages and word processors; a value that contains them looks right but is wrong. "
      + "An intended one can be written as an escape in double quotes.",
    mistake: "folder: out\\u00A0", fix: "folder: out")
  static let lookAlikeCharacter = DiagnosticCode(
    "E0105", "A character that looks like another one",
    "YAML and flowrun do not recognise typographic quotes and full-width letters.",
    mistake: "folder: “out”", fix: "folder: \"out\"")
  static let tab = DiagnosticCode(
    "E0106", "A tab", "YAML indents with spaces only.", mistake: "processors:\n\\t- name: begin", fix: "processors:\n  - name: begin")
  static let invalidYAML = DiagnosticCode(
    "E0107", "Not valid YAML", "The YAML parser stopped here; the message quotes its error.", mistake: "%FLOW 1", fix: "flow: my flow")
  static let reservedCharacter = DiagnosticCode(
    "E0108", "Text starts with a character that is reserved in YAML",
    "Plain text cannot start with `@`, `` ` ``, `%`, `*` or `&`; quoted text can.", mistake: "file_name: *.csv", fix: "file_name: \"*.csv\"")
  static let misplacedColon = DiagnosticCode(
    "E0109", "Misplaced colon",
    "A colon followed by a space ends a key, and a line has one key. Alternatively, the key is not aligned with its neighbours.",
    mistake: "summary: Hello: world", fix: "summary: \"Hello: world\"")
  static let missingColon = DiagnosticCode(
    "E0110", "A line without a colon", "In a map, each line is `key: value`.", mistake: "flow: my flow\nprocessors", fix: "flow: my flow\nprocessors:")
  static let misalignedLine = DiagnosticCode(
    "E0111", "Misaligned line", "The keys of a map start in the same column, and so do the dashes of a list.",
    mistake: "- name: begin\n   type: GenerateFlowFile", fix: "- name: begin\n  type: GenerateFlowFile")
  static let notClosed = DiagnosticCode(
    "E0112", "A bracket, brace or quote is not closed", "The position is where it opens, or where the closing character was expected.",
    mistake: "to: { success: drop", fix: "to: { success: drop }")
  static let unknownEscape = DiagnosticCode(
    "E0113", "Unknown YAML escape", "In double quotes, a backslash starts an escape; in single quotes, it is literal.",
    mistake: "pattern: \"\\d+\"", fix: "pattern: '\\d+'")
  static let missingContent = DiagnosticCode(
    "E0114", "Something is missing before this position", "A value, a list or a map was expected. Put text that YAML would read as syntax in quotes.",
    mistake: "key: [instant, , day]", fix: "key: [instant, day]")
  static let severalDocuments = DiagnosticCode(
    "E0115", "More than one document", "A file holds one flow; `---` and `...` end it.", mistake: "flow: one\n---\nflow: two", fix: "flow: one")
  static let unsupportedYAML = DiagnosticCode(
    "E0116", "Unsupported YAML feature",
    "Tags and merge keys are not supported: the property decides how a value is read, and each key must be written out.",
    mistake: "count: !!int 3", fix: "count: 3")
  static let tooComplex = DiagnosticCode(
    "E0117", "Excessive nesting or alias expansion", "The limit bounds the memory for reading a file; no real flow reaches it.",
    mistake: "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]   # and so on", fix: "a: [x, x]")
  static let unknownAnchor = DiagnosticCode(
    "E0118", "An alias without its anchor", "`*name` repeats the value that `&name` marked before it. Put the text `*name` in quotes.",
    mistake: "file_name: *csv", fix: "file_name: \"*csv\"")
  static let duplicateKey = DiagnosticCode(
    "E0119", "Repeated key", "YAML would silently keep only one of them.", mistake: "to: { success: drop, success: store }", fix: "to: { success: [store, next] }")
  static let unsuitableKey = DiagnosticCode(
    "E0120", "A key that is not text", "Keys are names, not lists, maps or empty text.", mistake: "{{name}}: 3", fix: "\"{{name}}\": 3")
}
