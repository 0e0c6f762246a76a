extension FunctionTable {
  /// The documentation page `Expressions` in Markdown, generated from the table.
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

    - `${name}` is the value of an attribute; write `${'any name'}` if the name has spaces or is a keyword of the \
    language.
    - `${name:function():function('argument', 2)}` calls functions in sequence; an argument may be another `${…}`.
    - Quotes are `'` or `"`. Inside them `\\n`, `\\r`, `\\t`, `\\\\`, `\\'` and `\\"` are escapes, any other `\\` \
    is literal; line breaks are not allowed.
    - `$${name}` is the text `${name}`; `$$${name}` is `$` followed by the value. An unclosed `${` is text.
    - `#{parameter}` is the value of a parameter, inside and outside of `${…}`; `##{parameter}` is that text. \
    Sensitive parameters are not allowed.
    - `# …` up to the end of the line is a comment inside `${…}`.
    - A missing attribute has no value. It counts as empty text in the result and in most functions; comparisons \
    with it are false; it never falls back to environment variables or system properties.
    - Types are text, boolean, whole number, decimal, date and instant. Text that looks like a number is converted \
    where a number is needed. Whole numbers have 64 bits and wrap; decimals print as in Java (`42.0`, `1.0E7`).
    """

  private static let differences = """
    ## Differences from NiFi

    - Regular expressions use ICU, with Java's syntax. `\\d`, `\\w`, `\\s` and the POSIX classes mean ASCII as in \
    Java; the flags `d`, `u` and `U` are ignored. `.` does not match a vertical tab or a form feed, and `(?i)` also \
    ignores case beyond ASCII. An expression that takes too many steps (about half a second) fails the FlowFile instead of \
    passing for one without a match; in a text of more than 2,000 characters ICU gives up a single match that takes some \
    40 million steps before this can be seen, and the text then counts as one without it.
    - A pattern, path, zone, date pattern or amount written as literal text is checked when the flow is loaded, even \
    where NiFi would only find the mistake at run time.
    - `anyAttribute` and similar functions only accept quoted text; NiFi accepts `${…}` there but does not evaluate it.
    - Attributes matched by a pattern are visited in alphabetical order.
    - Half of a surrogate pair, which `substring` can produce, becomes U+FFFD.
    - A missing or sensitive parameter is reported when the flow is loaded instead of becoming empty text. In \
    `evaluateELString`, all parameters are empty.
    - Dates and instants are converted to each other where needed; in NiFi the result is empty.
    - The date pattern letter `B` is not supported. `hash` supports the algorithms named above, not all of Java's.
    """
}
