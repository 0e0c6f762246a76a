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

  func checkDepth(_ depth: Int) throws(Diagnostic) {
    guard depth <= ImportLimits.groupDepth else {
      throw Diagnostic(.tooLargeToImport, found: "process groups lie more than \(ImportLimits.groupDepth) deep in each other", expected: "at most so deep")
    }
  }
}
