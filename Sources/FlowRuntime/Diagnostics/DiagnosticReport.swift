import FlowCore
import FlowDefinition
import Foundation

/// Diagnostics in machine-readable form: a JSON list, SARIF 2.1.0, or GitHub workflow commands.
package struct DiagnosticReport {
  package enum Format: String, CaseIterable, Sendable { case json, sarif, github }

  private let diagnostics: [Diagnostic]
  /// The folder that relative paths refer to.
  private let workingFolder: String

  package init(_ diagnostics: [Diagnostic], workingFolder: String = FileManager.default.currentDirectoryPath) {
    self.diagnostics = diagnostics
    self.workingFolder = workingFolder
  }

  /// Without a final line feed; GitHub format is empty without diagnostics.
  package func text(_ format: Format) throws -> String {
    switch format {
    case .json: try Self.encoded(diagnostics.map(Entry.init))
    case .sarif: try Self.encoded(SARIFLog(diagnostics, workingFolder: workingFolder))
    case .github: diagnostics.map(Self.command).joined(separator: "\n")
    }
  }

  private static func encoded(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}

// MARK: JSON

extension DiagnosticReport {
  /// Lines and columns count from 1, columns in Unicode scalars; the end position is exclusive.
  private struct Entry: Encodable {
    var code: String
    var severity: String
    var file: String?
    var line: Int?
    var column: Int?
    var endLine: Int?
    var endColumn: Int?
    var subject: String?
    var found: String
    var expected: String?
    var hint: String?

    enum CodingKeys: String, CodingKey {
      case code, severity, file, line, column, subject, found, expected, hint
      case endLine = "end_line"
      case endColumn = "end_column"
    }

    init(_ diagnostic: Diagnostic) {
      code = diagnostic.code.id
      severity = diagnostic.severity.rawValue
      file = diagnostic.place.file
      line = diagnostic.place.position?.line
      column = diagnostic.place.position?.column
      endLine = diagnostic.place.end?.line
      endColumn = diagnostic.place.end?.column
      subject = diagnostic.subject.isEmpty ? nil : diagnostic.subject
      found = diagnostic.found
      expected = diagnostic.expected
      hint = diagnostic.hint
    }
  }
}

// MARK: GitHub

extension DiagnosticReport {
  /// `::error file=…,line=…,col=…,title=E0501::message`, which GitHub shows beside the line.
  private static func command(_ diagnostic: Diagnostic) -> String {
    let name = switch diagnostic.severity {
    case .error: "error"
    case .warning: "warning"
    case .note: "notice"
    }
    let properties = [
      ("file", diagnostic.place.file), ("line", diagnostic.place.position.map { String($0.line) }),
      ("col", diagnostic.place.position.map { String($0.column) }), ("title", diagnostic.code.id),
    ]
    let written = properties.compactMap { name, value in value.map { "\(name)=\(escaped($0, in: "%\r\n:,"))" } }
    return "::\(name) \(written.joined(separator: ","))::\(escaped(diagnostic.message, in: "%\r\n"))"
  }

  /// Percent-encodes the special characters. Works on scalars because "\r
  /// " is a single Character.
  private static func escaped(_ text: String, in special: String) -> String {
    text.unicodeScalars.map { scalar in
      guard special.unicodeScalars.contains(scalar) else { return String(scalar) }
      let code = String(scalar.value, radix: 16, uppercase: true)
      return "%" + (code.count < 2 ? "0" : "") + code
    }.joined()
  }
}
