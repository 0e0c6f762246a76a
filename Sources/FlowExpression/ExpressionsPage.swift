extension FunctionTable {
  /// The page `Expressions`: Markdown, made from the table.
  package static var page: String {
    ([introduction] + Function.Family.allCases.map(section) + [differences]).joined(separator: "\n\n") + "\n"
  }

  private static func section(_ family: Function.Family) -> String {
    let rows = all.filter { $0.family == family }.map { function in
      "| \(code(function.signature)) | \(cell(function.meaning)) | \(code(function.example.expression)) | "
        + "\(shown(function.example)) |"
    }
    return (["## \(family.rawValue)", "", "| function | meaning | example | gives |", "|---|---|---|---|"] + rows)
      .joined(separator: "\n")
  }

  private static func shown(_ example: Function.Example) -> String {
    let given = example.attributes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return code(example.result) + (given.isEmpty ? "" : " with " + given.map(code).joined(separator: ", "))
  }

  private static func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }

  private static func code(_ text: String) -> String {
    text.isEmpty ? "(empty)" : "`" + text.replacing("|", with: "\\|") + "`"
  }

  private static let introduction = """
    # Expressions

    `${…}` in a property is NiFi's Expression Language, compiled when the flow is loaded and evaluated for every \
    FlowFile.

    - `${name}` is the value of an attribute, `${'any name'}` of one whose name has spaces, or is a word of the \
    language.
    - `${name:function():function('argument', 2)}` calls functions one after the other; an argument may be `${…}` \
    again.
    - Quotes are `'` or `"`. Inside them `\\n`, `\\r`, `\\t`, `\\\\`, `\\'` and `\\"` are escapes, any other `\\` \
    stays; a line end is not allowed.
    - `$${name}` is the text `${name}`; `$$${name}` is `$` and the value. What never closes is text.
    - `#{parameter}` is the value of a parameter, inside and outside of `${…}`; `##{parameter}` is that text. A \
    sensitive parameter is refused.
    - `# …` up to the end of the line is a comment inside `${…}`.
    - A missing attribute has no value. It counts as empty text at the end and in most functions; comparisons with \
    it are false; it never falls back to environment variables or system properties.
    - Types are text, boolean, whole number, decimal, date and instant. Text that looks like a number becomes one \
    where a number is wanted. Whole numbers have 64 bits and wrap; decimals print as Java prints them (`42.0`, \
    `1.0E7`).
    """

  private static let differences = """
    ## Where this differs from NiFi

    - Regular expressions are served by ICU, in Java's syntax. `\\d`, `\\w`, `\\s` and the POSIX classes mean ASCII \
    as in Java; the flags `d`, `u` and `U` are passed over. `.` also stops at a vertical tab and a form feed, and \
    `(?i)` takes letters beyond ASCII together too.
    - A pattern, path, zone, date pattern or amount written as a plain text is checked when the flow is loaded, also \
    where NiFi would find the mistake only at run time.
    - `anyAttribute` and its like take quoted texts only; NiFi takes `${…}` there but does not evaluate it.
    - Attributes matched by a pattern are visited in the order of their names.
    - Half of a surrogate pair, as `substring` may leave it, becomes U+FFFD.
    - A missing or sensitive parameter is a problem at load, not an empty text. In `evaluateELString` all parameters \
    are empty.
    - Dates and instants become each other where one is wanted; NiFi gives nothing there.
    - The date pattern letter `B` is not known. `hash` knows the algorithms named above, not all of Java's.
    """
}
