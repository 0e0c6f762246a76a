/// Names in which somebody has put an address with a user, a password or a key.
extension NiFiFlow {
  /// Cuts secrets off all names, as off other texts: what refers to a component by its name has the same one.
  mutating func hideSecretsInNames() {
    root.hideSecretsInNames()
    for place in contexts.indices {
      Secrets.hide(in: &contexts[place].name)
      // The name, where the file has no identifier.
      Secrets.hide(in: &contexts[place].id)
      for number in contexts[place].inherited.indices { Secrets.hide(in: &contexts[place].inherited[number]) }
      for number in contexts[place].parameters.indices { Secrets.hide(in: &contexts[place].parameters[number].name) }
    }
    for place in others.indices {
      Secrets.hide(in: &others[place].name)
      Secrets.hide(in: &others[place].type)
    }
  }
}

extension NiFiGroup {
  fileprivate mutating func hideSecretsInNames() {
    Secrets.hide(in: &name)
    if var context = contextName {
      Secrets.hide(in: &context)
      contextName = context
    }
    for place in variables.indices { Secrets.hide(in: &variables[place].name) }
    for place in processors.indices { processors[place].hideSecretsInNames() }
    for place in ports.indices { Secrets.hide(in: &ports[place].name) }
    for place in connections.indices {
      Secrets.hide(in: &connections[place].name)
      for number in connections[place].relationships.indices { Secrets.hide(in: &connections[place].relationships[number]) }
    }
    for place in services.indices {
      Secrets.hide(in: &services[place].name)
      Secrets.hide(in: &services[place].type)
      services[place].properties.hideSecretsInNames()
    }
    for place in remotes.indices {
      Secrets.hide(in: &remotes[place].name)
      for number in remotes[place].ports.indices { Secrets.hide(in: &remotes[place].ports[number].name) }
    }
    for place in groups.indices { groups[place].hideSecretsInNames() }
  }
}

extension NiFiProcessor {
  fileprivate mutating func hideSecretsInNames() {
    Secrets.hide(in: &name)
    Secrets.hide(in: &type)
    for place in autoTerminated.indices { Secrets.hide(in: &autoTerminated[place]) }
    for place in relationships.indices { Secrets.hide(in: &relationships[place]) }
    for place in retried.indices { Secrets.hide(in: &retried[place]) }
    properties.hideSecretsInNames()
  }
}

extension [NiFiProperty] {
  fileprivate mutating func hideSecretsInNames() {
    for place in indices {
      Secrets.hide(in: &self[place].name)
      if var shown = self[place].displayName {
        Secrets.hide(in: &shown)
        self[place].displayName = shown
      }
    }
  }
}
