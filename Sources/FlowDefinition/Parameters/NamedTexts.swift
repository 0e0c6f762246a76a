import FlowCore

/// A YAML map from names to texts for people, such as those of a page.
package enum NamedTexts {
  package struct Entry: Sendable {
    package var name: String
    package var text: String
    /// Of the name.
    package var position: SourcePosition
  }

  /// The entries in file order, with unique names. Text may hold any character. Throws all problems of the file as `Diagnostics`.
  package static func entries(_ bytes: [UInt8], file: String) throws(Diagnostics) -> [Entry] {
    let problems = ProblemList(file: file)
    var entries: [Entry] = []
    do throws(Diagnostic) {
      let source = try SourceText(bytes)
      if let root = try YAMLParser.parse(source, isProse: true, problems: problems) { entries = read(root, source, problems) }
    } catch {
      problems.report(error, at: error.position)
    }
    guard problems.all.isEmpty else { throw Diagnostics(problems.sorted) }
    return entries
  }

  private static func read(_ root: YAMLNode, _ source: SourceText, _ problems: ProblemList) -> [Entry] {
    let builder = NodeBuilder(source: source, resolved: nil)
    guard case .map(let pairs) = root.value else {
      let node = builder.node(root) { problems.report($0, at: $1) }
      problems.report(.wrongShape(nil, node, expected: "a map of texts with lines 'name: text'"), at: root.position)
      return []
    }
    return pairs.compactMap { pair in
      guard case .scalar(let scalar) = pair.value.value else {
        let node = builder.node(pair.value) { problems.report($0, at: $1) }
        problems.report(.wrongShape(pair.key.text, node, expected: "one text"), at: pair.value.position)
        return nil
      }
      return Entry(name: pair.key.text, text: scalar.isEmpty ? "" : scalar.text, position: pair.key.position)
    }
  }
}
