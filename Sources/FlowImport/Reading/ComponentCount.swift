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
