import FlowCore
import StudyModel

/// Finds the service of a role that a processor works with: the one its own properties name, otherwise that of the
/// nearest upstream processor, otherwise that of the nearest downstream one, otherwise the only one in the flow.
struct ServiceMap: Sendable {
  private let own: [[ServiceRole: String]]
  private let before: [[Int]]
  private let after: [[Int]]
  private let only: [ServiceRole: String]

  init(_ graph: FlowGraph) {
    own = graph.processors.map(Self.services)
    after = graph.processors.map { node in
      node.outputs.flatMap(\.destinations).compactMap { destination in
        if case .processor(let index, _) = destination { index } else { nil }
      }
    }
    var before = graph.processors.map { _ in [Int]() }
    for (index, destinations) in after.enumerated() {
      for destination in destinations { before[destination].append(index) }
    }
    self.before = before
    let used = Dictionary(grouping: own.flatMap { $0 }, by: \.key).mapValues { Set($0.map(\.value)) }
    only = used.compactMapValues { $0.count == 1 ? $0.first : nil }
  }

  /// The service's name; nil if no related processor names one of that role.
  func service(_ role: ServiceRole, of processor: Int) -> String? {
    nearest(role, from: processor, along: before) ?? nearest(role, from: processor, along: after) ?? only[role]
  }

  /// The store that what is collected from a provider goes to: that of the first processor which names the provider.
  func store(ofProvider name: String) -> String? {
    own.indices.lazy.filter { own[$0][.provider] == name }.compactMap { service(.recordStore, of: $0) }.first
  }

  /// Upstream processors, nearest first.
  func upstream(of processor: Int) -> [Int] { Array(walk(from: processor, along: before).dropFirst()) }

  private func nearest(_ role: ServiceRole, from processor: Int, along edges: [[Int]]) -> String? {
    walk(from: processor, along: edges).lazy.compactMap { own[$0][role] }.first
  }

  /// Breadth-first search that visits each processor once.
  private func walk(from processor: Int, along edges: [[Int]]) -> [Int] {
    guard edges.indices.contains(processor) else { return [] }
    var found = [processor]
    var seen: Set = [processor]
    var next = 0
    while next < found.count {
      for neighbour in edges[found[next]] where seen.insert(neighbour).inserted { found.append(neighbour) }
      next += 1
    }
    return found
  }

  private static func services(of node: ProcessorNode) -> [ServiceRole: String] {
    var services: [ServiceRole: String] = [:]
    for property in node.descriptor.properties {
      guard let role = property.serviceRole, services[role] == nil else { continue }
      services[role] = node.values.optional(Property<ServiceReference>(property.name, .service(role), ""))?.name
    }
    return services
  }
}
