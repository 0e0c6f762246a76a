import FlowCore

/// A parameter file as named by `--parameters FILE`: a YAML map from names to values.
package enum ParametersFile {
  /// The values by name, each with its position. Throws `Diagnostics`.
  ///
  /// - Parameter mode: the file's mode bits; sensitive values require 0600.
  package static func values(_ bytes: [UInt8], file: String, mode: UInt32) throws -> [String: ParameterValue] {
    let problems = ProblemList(file: file)
    var values: [String: ParameterValue] = [:]
    do throws(Diagnostic) {
      let source = try SourceText(bytes)
      let root = try YAMLParser.parse(source, problems: problems)
      if let root, !root.isNothing { values = read(root, source, isReadableByOthers: mode & 0o077 != 0, problems) }
    } catch {
      problems.report(error, at: error.position)
    }
    guard problems.all.isEmpty else { throw Diagnostics(problems.sorted) }
    return values
  }

  private static func read(
    _ root: YAMLNode, _ source: SourceText, isReadableByOthers: Bool, _ problems: ProblemList
  ) -> [String: ParameterValue] {
    let builder = NodeBuilder(source: source, resolved: nil)
    guard case .map(let pairs) = root.value else {
      let node = builder.node(root) { problems.report($0, at: $1) }
      problems.report(.wrongShape(nil, node, expected: "a map of parameters with lines 'name: value'"), at: root.position)
      return [:]
    }
    var values: [String: ParameterValue] = [:]
    for pair in pairs {
      guard case .scalar(let scalar) = pair.value.value else {
        let node = builder.node(pair.value) { problems.report($0, at: $1) }
        problems.report(.wrongShape(pair.key.text, node, expected: "one value"), at: pair.value.position)
        continue
      }
      values[pair.key.text] = ParameterValue(
        text: scalar.isEmpty ? "" : scalar.text, isFromFile: true,
        place: GivenPlace(file: problems.file, position: pair.value.position, subject: "parameter '\(pair.key.text)'"),
        isReadableByOthers: isReadableByOthers)
    }
    return values
  }
}
