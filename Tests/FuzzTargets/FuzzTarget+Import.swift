import FlowCore
import FlowDefinition
import FlowImport

/// The import of NiFi's files: what is written must be a flow file as far as YAML and structure go, whatever the names and values were.
extension FuzzTarget {
  static func readNiFiFlow(_ bytes: [UInt8]) throws {
    var problems: [Diagnostic] = []
    let imported: ImportedFlow
    do throws(Diagnostic) {
      imported = try FlowImporter.imported(bytes) { yaml in
        guard case .failure(let found) = loader.load(bytes: yaml, file: "imported.yaml") else { return [] }
        problems = found.all
        return found.all
      }
    } catch {
      if error.found.isEmpty || error.expected == nil { throw BrokenPromise(description: "a file is refused without a reason: \(error)") }
      return
    }
    // E01: the text; E0201: the shape. What is left to a person is named by other codes.
    // A flow without processors is told so.
    if imported.yaml.hasSuffix("processors: []\n") { return }
    for problem in problems where problem.code.id.hasPrefix("E01") || ["E0201", "E0202", "E0203"].contains(problem.code.id) {
      throw BrokenPromise(description: "the imported flow is not well formed: \(problem)\n\(imported.yaml)")
    }
    if imported.yaml.contains("enc{0123abcd}") || imported.yaml.contains("enc{abc}") { throw BrokenPromise(description: "an encrypted value is in the flow file") }
    let flow = try NiFiFile.flow(bytes)
    let count = flow.groups.reduce(flow.contexts.count + flow.others.count) { $0 + components(of: $1) }
    if imported.components.count != count { throw BrokenPromise(description: "\(count) components, but \(imported.components.count) in the report") }
  }

  /// What a group is and has in itself.
  private static func components(of group: NiFiGroup) -> Int {
    1 + group.processors.count + group.ports.count + group.funnels.count + group.connections.count + group.services.count + group.labels.count
      + group.remotes.reduce(0) { $0 + 1 + $1.ports.count }
  }
}
