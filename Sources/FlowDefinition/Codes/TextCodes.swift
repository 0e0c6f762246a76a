import FlowCore

extension DiagnosticGroup {
  /// The file as a text, and as YAML.
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
    "E0101", "The file is not a text in UTF-8",
    "Flow files are text in UTF-8, with or without a byte order mark, and hold no control characters. The place is where the file stops being one.",
    mistake: "a file saved as UTF-16", mend: "iconv -f UTF-16 -t UTF-8 flow.yaml > new.yaml")
  static let unreadableFile = DiagnosticCode(
    "E0102", "The file cannot be a flow file",
    "It is a folder, or far larger than anything that people write.",
    mistake: "flowrun validate Flows/", mend: "flowrun validate Flows/*.yaml")
  static let emptyFile = DiagnosticCode(
    "E0103", "The file is empty", "There is nothing in it, or only comments.", mistake: "# my flow",
    mend: "flow: my flow\nprocessors:\n  - { name: begin, type: GenerateFlowFile, to: { success: drop } }")
  static let invisibleCharacter = DiagnosticCode(
    "E0104", "A character that cannot be seen",
    "No-break spaces, zero-width characters and their like come from web pages and word processors; they make a value wrong that looks right. "
      + "One that is meant can be written as an escape in double quotes.",
    mistake: "folder: out\\u00A0", mend: "folder: out")
  static let lookAlikeCharacter = DiagnosticCode(
    "E0105", "A character that looks like another one",
    "Typographic quotes and full-width letters are not what YAML and flowrun know as quotes and letters.",
    mistake: "folder: “out”", mend: "folder: \"out\"")
  static let tab = DiagnosticCode(
    "E0106", "A tab", "YAML indents with spaces only.", mistake: "processors:\n\\t- name: begin", mend: "processors:\n  - name: begin")
  static let invalidYAML = DiagnosticCode(
    "E0107", "Not valid YAML", "The YAML parser stopped here; the message has its words.", mistake: "%FLOW 1", mend: "flow: my flow")
  static let reservedCharacter = DiagnosticCode(
    "E0108", "Text begins with a character that means something to YAML",
    "Plain text cannot begin with `@`, `` ` ``, `%`, `*` or `&`. In quotes it can.", mistake: "file_name: *.csv", mend: "file_name: \"*.csv\"")
  static let misplacedColon = DiagnosticCode(
    "E0109", "A colon that cannot stand here",
    "A colon followed by a space ends a key, and a line has one key. Or the key does not line up with its neighbours.",
    mistake: "summary: Hello: world", mend: "summary: \"Hello: world\"")
  static let missingColon = DiagnosticCode(
    "E0110", "A line without a colon", "Where keys stand, each line is `key: value`.", mistake: "flow: my flow\nprocessors", mend: "flow: my flow\nprocessors:")
  static let misalignedLine = DiagnosticCode(
    "E0111", "The line does not line up", "The keys of one map begin in one column, and so do the dashes of one list.",
    mistake: "- name: begin\n   type: GenerateFlowFile", mend: "- name: begin\n  type: GenerateFlowFile")
  static let notClosed = DiagnosticCode(
    "E0112", "A bracket, brace or quote is not closed", "The place is where it opens, or where the closing character was expected.",
    mistake: "to: { success: drop", mend: "to: { success: drop }")
  static let unknownEscape = DiagnosticCode(
    "E0113", "An escape that YAML does not know", "In double quotes a backslash begins an escape; in single quotes it is a backslash.",
    mistake: "pattern: \"\\d+\"", mend: "pattern: '\\d+'")
  static let missingContent = DiagnosticCode(
    "E0114", "Something is missing before this place", "A value, a list or a map was expected. Text that YAML takes for a sign must be in quotes.",
    mistake: "key: [instant, , day]", mend: "key: [instant, day]")
  static let severalDocuments = DiagnosticCode(
    "E0115", "More than one document", "A file holds one flow; `---` and `...` end it.", mistake: "flow: one\n---\nflow: two", mend: "flow: one")
  static let unsupportedYAML = DiagnosticCode(
    "E0116", "A part of YAML that flow files do not use",
    "Tags and merge keys are left out: what a value means is its property's matter, and each key is written out.",
    mistake: "count: !!int 3", mend: "count: 3")
  static let tooComplex = DiagnosticCode(
    "E0117", "Nested too deep, or aliases that unfold too far", "No flow needs it, and reading it would take memory without bound.",
    mistake: "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]   # and so on", mend: "a: [x, x]")
  static let unknownAnchor = DiagnosticCode(
    "E0118", "An alias without its anchor", "`*name` repeats what `&name` marked before it. For the text `*name` use quotes.",
    mistake: "file_name: *csv", mend: "file_name: \"*csv\"")
  static let duplicateKey = DiagnosticCode(
    "E0119", "A key is given twice", "YAML would silently keep one of them.", mistake: "to: { success: drop, success: store }", mend: "to: { success: [store, next] }")
  static let unsuitableKey = DiagnosticCode(
    "E0120", "A key that is not text", "Keys are names: no lists, maps or empty texts.", mistake: "{{name}}: 3", mend: "\"{{name}}\": 3")
}
