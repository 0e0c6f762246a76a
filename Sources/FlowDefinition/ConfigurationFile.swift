import FlowCore

/// A YAML file beside a flow, read as flow files are: the same rules for text and YAML, the same places and nearest names.
package enum ConfigurationFile {
  /// Reads the file's one map as a record. Parameters are not substituted, and expressions are refused.
  ///
  /// Throws `Diagnostics` with every problem of the file, each with its place.
  /// - Parameter expected: what an empty file should have held.
  package static func read<Record: ConfigurationRecord>(_ type: Record.Type, _ bytes: [UInt8], file: String, expected: String) throws -> Record {
    let problems = ProblemList(file: file)
    var record: Record?
    do throws(Diagnostic) {
      let source = try SourceText(bytes)
      guard let root = try YAMLParser.parse(source, problems: problems), !root.isNothing else {
        throw Diagnostic(.emptyFile, found: "the file is empty", expected: expected)
      }
      let node = NodeBuilder(source: source, resolved: nil).node(root) { problems.report($0, at: $1) }
      let reader = PropertyReader(file: file, subject: "", compiler: RefusedExpressions(), services: [:])
      record = PropertyKind.record(type).read(node, reader)
      problems.append(reader.problems)
    } catch {
      problems.report(error, at: error.position)
    }
    guard let record, problems.all.isEmpty else { throw Diagnostics(problems.sorted) }
    return record
  }
}
