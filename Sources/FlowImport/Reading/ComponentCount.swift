import FlowCore

/// Counts what a reader has read, and refuses more than the limits.
struct ComponentCount {
  private var count = 0

  mutating func add(_ more: Int) throws(Diagnostic) {
    count += more
    guard count <= ImportLimits.components else {
      throw Diagnostic(.tooLargeToImport, found: "the flow has more than \(ImportLimits.components) components", expected: "at most so many")
    }
  }

  /// Refuses a text that no flow file has room for, and that would take minutes to look through.
  /// - Parameter name: of what it is the text of.
  static func check(_ text: String, of name: String) throws(Diagnostic) {
    guard text.utf8.count <= ImportLimits.textBytes else {
      throw Diagnostic(
        .tooLargeToImport, found: "'\(Quote.short(name))' has a text of \(text.utf8.count) bytes", expected: "at most \(ImportLimits.textBytes), as much as a flow file may have",
        hint: "shorten it in NiFi, or have a parameter or a file in its place, and download the flow again")
    }
  }

  /// Properties are looked for one after the other.
  static func check(_ group: NiFiGroup) throws(Diagnostic) {
    let most = max(group.processors.map(\.properties.count).max() ?? 0, group.services.map(\.properties.count).max() ?? 0)
    guard most <= ImportLimits.properties else {
      throw Diagnostic(.tooLargeToImport, found: "a component has \(most) properties", expected: "at most \(ImportLimits.properties)")
    }
  }

  /// A parameter is looked for in one context after the other.
  static func check(_ contexts: [NiFiContext]) throws(Diagnostic) {
    let byName = Dictionary(contexts.map { ($0.name, $0) }) { first, _ in first }
    var steps = 0
    for context in contexts {
      // Lists may name the same contexts over and over.
      let count = ParameterBook.order(context.name, byName, limit: ImportLimits.inheritedContexts + 1, steps: &steps).count
      guard count <= ImportLimits.inheritedContexts, steps <= ImportLimits.elements else {
        throw Diagnostic(
          .tooLargeToImport, found: "the parameter context '\(Quote.short(context.name))' inherits from too many contexts",
          expected: "at most \(ImportLimits.inheritedContexts), each named once")
      }
    }
  }

  func checkDepth(_ depth: Int) throws(Diagnostic) {
    guard depth <= ImportLimits.groupDepth else {
      throw Diagnostic(.tooLargeToImport, found: "process groups lie more than \(ImportLimits.groupDepth) deep in each other", expected: "at most so deep")
    }
  }
}
