/// The former names, for what has not moved to codes yet.
package typealias Problem = Diagnostic
package typealias Problems = Diagnostics

extension Diagnostic {
  package init(
    file: String? = nil, position: SourcePosition? = nil, subject: String = "", found: String, expected: String? = nil,
    hint: String? = nil
  ) {
    self.init(.storedTable, file: file, position: position, subject: subject, found: found, expected: expected, hint: hint)
  }
}
