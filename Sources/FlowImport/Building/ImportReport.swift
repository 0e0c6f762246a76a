import FlowCore

/// What became of each component, and what concerns none of them.
struct ImportReport {
  var components: [ImportedComponent] = []
  /// About the flow as a whole.
  private(set) var general: [String] = []
  private var known: Set<String> = []

  /// Says something about the flow as a whole, once.
  mutating func mention(_ text: String) {
    if known.insert(text).inserted { general.append(text) }
  }

  /// - Returns: the component's place.
  @discardableResult
  mutating func append(_ component: ImportedComponent) -> Int {
    components.append(component)
    return components.count - 1
  }

  /// A problem of the flow file, at the component whose lines it is in.
  mutating func add(_ problem: Diagnostic, lines: [ClosedRange<Int>], components places: [Int]) {
    var text = "validate: " + problem.found
    if let expected = problem.expected { text += "; expected " + expected }
    guard let line = problem.position?.line, let draft = Self.draft(at: line, lines) else {
      return mention(text)
    }
    let place = places[draft]
    // That a placeholder is one, its status says.
    guard components[place].status != .placeholder || problem.code != .unsupportedProcessor else { return }
    components[place].differs(text)
  }

  private static func draft(at line: Int, _ lines: [ClosedRange<Int>]) -> Int? {
    var low = 0
    var high = lines.count
    while low < high {
      let middle = (low + high) / 2
      if lines[middle].upperBound < line { low = middle + 1 } else { high = middle }
    }
    return low < lines.count && lines[low].contains(line) ? low : nil
  }

  static func counts(_ components: [ImportedComponent]) -> (converted: Int, partial: Int, placeholder: Int, dropped: Int) {
    func count(_ status: ImportedComponent.Status) -> Int { components.count { $0.status == status } }
    return (count(.converted), count(.partial), count(.placeholder), count(.dropped))
  }
}

/// An imported flow: the flow file's text and what is to be said about it.
package struct ImportedFlow: Sendable {
  /// NiFi's name of the flow.
  package var name: String
  package var format: NiFiFlow.Format
  package var yaml: String
  /// Each component once.
  package var components: [ImportedComponent]
  /// What concerns the flow as a whole; its outermost group, the first component, has it among its notes.
  package var general: [String]
  /// A flow that flowrun has already.
  package var recognised: RecognisedFlow?

  package func count(_ status: ImportedComponent.Status) -> Int { components.count { $0.status == status } }
}

extension NiFiFlow.Format {
  /// `a NiFi template (encoding 1.3)`.
  package var words: String {
    switch self {
    case .template(let encoding): "a NiFi template (encoding \(encoding))"
    case .definition: "a NiFi flow definition"
    case .instance: "a NiFi flow.json"
    }
  }
}
