import FlowCore

/// Finds the component that an end of a connection names.
///
/// An identifier is unique within its group: copies of a versioned group have the same ones, and so have remote ports that lead to the same port of
/// another NiFi. A connection is between what is in its own group, ports of the groups in that, and remote ports in it.
struct PlaceBook {
  /// What a component is called.
  struct Name {
    var instance: String
    var id: String
    /// For messages.
    var words: String

    init(_ instance: String, _ id: String, _ words: String) {
      self.instance = instance
      self.id = id
      self.words = words
    }
  }

  /// What connections of one group may name.
  private struct Scope {
    /// Identifier of the group.
    var id = ""
    /// Of what is in the group itself, by identifier.
    var own: [String: Routes.Place] = [:]
    /// Of remote ports, by the identifier of their remote group.
    var remote: [String: [String: Routes.Place]] = [:]
    /// Numbers of the groups in it, by identifier.
    var groups: [String: [Int]] = [:]
    /// All that its connections may name, by identifier.
    var near: [String: Set<Routes.Place>] = [:]
  }

  private var scopes: [Scope] = []
  /// By identifier of the instance, and by identifier, in all groups.
  private var all: [String: Set<Routes.Place>] = [:]
  /// Of remote groups.
  private var remotePorts: Set<Routes.Place> = []

  /// - Parameters:
  ///   - group: the number of the group in `NiFiFlow.groups`.
  ///   - remote: identifier of the remote process group whose port it is.
  /// - Throws: `Diagnostic` for a component without an identifier, or with one that its group has already.
  mutating func add(_ place: Routes.Place, _ name: Name, in group: Int, remote: String? = nil) throws(Diagnostic) {
    guard !name.instance.isEmpty else { throw Diagnostic(.damagedImport, found: "\(name.words) has no identifier", expected: "one, which connections refer to") }
    while scopes.count <= group { scopes.append(Scope()) }
    let id = name.id.isEmpty ? name.instance : name.id
    let known = if let remote { scopes[group].remote[remote, default: [:]].updateValue(place, forKey: id) } else { scopes[group].own.updateValue(place, forKey: id) }
    guard known == nil else { throw Self.ambiguous(id) }
    if remote != nil { remotePorts.insert(place) }
    all[name.instance, default: []].insert(place)
    all[id, default: []].insert(place)
  }

  /// Tells each group which groups are in it. Once, after everything has been added.
  mutating func nest(_ flow: NiFiFlow) {
    let count = flow.groups.count
    while scopes.count < count { scopes.append(Scope()) }
    var next = 0
    func visit(_ group: NiFiGroup) -> Int {
      let number = next
      next += 1
      scopes[number].id = group.id
      var named = [scopes[number].own] + Array(scopes[number].remote.values)
      for inner in group.groups {
        let place = visit(inner)
        scopes[number].groups[inner.id, default: []].append(place)
        named.append(scopes[place].own)
      }
      for (id, place) in named.joined() { scopes[number].near[id, default: []].insert(place) }
      return number
    }
    _ = visit(flow.root)
  }

  /// What an end of a group's connection names; nil: nothing in the file.
  /// - Throws: `Diagnostic` if it may be several components.
  func place(_ end: NiFiEnd, in group: Int) throws(Diagnostic) -> Routes.Place? {
    if end.instance != end.id, let places = all[end.instance] { return try only(places, end) }
    let scope = scopes[group]
    if !end.group.isEmpty {
      if end.group == scope.id, let place = scope.own[end.id] { return place }
      if let place = scope.remote[end.group]?[end.id] { return place }
      let inner = Set((scope.groups[end.group] ?? []).compactMap { scopes[$0].own[end.id] })
      if !inner.isEmpty { return try only(inner, end) }
    }
    guard let places = scope.near[end.id] ?? all[end.id] else { return nil }
    // A port of the same instance has one identifier as its own port and as that of a remote group, of which an end says which it is.
    let own = places.subtracting(remotePorts)
    return try only(end.group.isEmpty || scope.remote[end.group] != nil || own.isEmpty ? places : own, end)
  }

  private func only(_ places: Set<Routes.Place>, _ end: NiFiEnd) throws(Diagnostic) -> Routes.Place {
    guard places.count == 1, let place = places.first else { throw Self.ambiguous(end.id) }
    return place
  }

  private static func ambiguous(_ id: String) -> Diagnostic {
    Diagnostic(.damagedImport, found: "two components have the identifier '\(Quote.short(id))'", expected: "each its own")
  }
}
