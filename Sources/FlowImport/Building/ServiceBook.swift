/// The controller services of a flow, found as NiFi finds them: in the processor's group, then in the groups around it.
///
/// Copies of a versioned group have services with the same identifiers, each for its own processors.
struct ServiceBook {
  enum Finding: Equatable {
    /// A number of `services`.
    case service(Int)
    /// Several of one group have the identifier.
    case several
    /// It is in a group that the processor is not in.
    case elsewhere
    case absent
  }

  private struct Scope {
    /// Number of the group around it.
    var outer: Int?
    /// Numbers of its own services, by identifier.
    var own: [String: [Int]] = [:]
  }

  /// In the order of the groups, with the values of variables in their properties.
  private(set) var services: [NiFiService] = []
  /// By number of the group in `NiFiFlow.groups`.
  private var scopes: [Scope] = []
  private var known: Set<String> = []

  init(_ flow: NiFiFlow) {
    var room = ImportLimits.variableBytes
    add(flow.root, in: nil, VariableReferences(), &room)
  }

  private mutating func add(_ group: NiFiGroup, in outer: Int?, _ variables: VariableReferences, _ room: inout Int) {
    let variables = variables.with(group)
    let scope = scopes.count
    scopes.append(Scope(outer: outer))
    for var service in group.services {
      service.properties = variables.resolved(service.properties, room: &room)
      for id in Set([service.instance, service.id]) where !id.isEmpty {
        scopes[scope].own[id, default: []].append(services.count)
        known.insert(id)
      }
      services.append(service)
    }
    for inner in group.groups { add(inner, in: scope, variables, &room) }
  }

  /// - Parameter group: the number of the processor's group.
  func find(_ id: String, from group: Int) -> Finding {
    var next: Int? = group
    while let scope = next {
      if let found = scopes[scope].own[id] { return found.count == 1 ? .service(found[0]) : .several }
      next = scopes[scope].outer
    }
    return known.contains(id) ? .elsewhere : .absent
  }
}
