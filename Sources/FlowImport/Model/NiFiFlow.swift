/// A NiFi flow as its file has it, whichever the format: what the readers fill and the importer converts.
package struct NiFiFlow: Sendable, Equatable {
  package enum Format: Sendable, Equatable {
    /// A template of NiFi 0.x or 1.x: the file's `encoding-version`.
    case template(encoding: String)
    /// A flow definition: what "Download flow definition" and a registry write.
    case definition
    /// A whole instance: flow.json or flow.json.gz.
    case instance
  }

  package var format: Format
  package var root: NiFiGroup
  package var contexts: [NiFiContext] = []
  /// What belongs to no group: reporting tasks, registry clients, rules of flow analysis, services outside of the file.
  package var others: [NiFiOther] = []

  package init(format: Format, root: NiFiGroup) {
    self.format = format
    self.root = root
  }

  /// All groups, the root first, each before those in it.
  package var groups: [NiFiGroup] { root.withInner }
}

/// A process group.
package struct NiFiGroup: Sendable, Equatable {
  package var id = ""
  package var name = ""
  package var comments = ""
  package var contextName: String?
  package var variables: [NiFiProperty] = []
  package var processors: [NiFiProcessor] = []
  package var ports: [NiFiPort] = []
  package var funnels: [NiFiFunnel] = []
  package var connections: [NiFiConnection] = []
  package var services: [NiFiService] = []
  package var labels: [NiFiLabel] = []
  package var remotes: [NiFiRemote] = []
  package var groups: [NiFiGroup] = []
  /// Settings of the group that are not NiFi's defaults, by name.
  package var settings: [NiFiProperty] = []
  /// The version of it that a registry has.
  package var version: NiFiVersion?

  package init() {}

  /// Whether the file has nothing that lies in it, though it is a version of a flow.
  var isElsewhere: Bool { version != nil && isHollow }

  private var isHollow: Bool {
    processors.isEmpty && ports.isEmpty && funnels.isEmpty && connections.isEmpty && services.isEmpty && labels.isEmpty && remotes.isEmpty && groups.isEmpty
  }

  fileprivate var withInner: [NiFiGroup] { [self] + groups.flatMap(\.withInner) }

  /// Whether it does nothing but hold one group.
  var isWrapper: Bool {
    groups.count == 1 && processors.isEmpty && ports.isEmpty && funnels.isEmpty && connections.isEmpty && labels.isEmpty && remotes.isEmpty
  }
}

/// Where a registry keeps a process group.
package struct NiFiVersion: Sendable, Equatable {
  /// Of the registry; empty: the file does not say.
  package var address: String
  package var bucket: String
  package var flow: String
  package var number: String
}

/// A property of a processor or service, under the name that the file has.
package struct NiFiProperty: Sendable, Equatable {
  package var name: String
  /// nil: unset.
  package var value: String?
  /// The name that people see, if the file has it.
  package var displayName: String?
  package var isSensitive = false
  /// Whether the file had a value that is left out, for it is sensitive.
  package var isHidden = false
  /// Whether a person added it; nil: the file does not say.
  package var isDynamic: Bool?

  package init(_ name: String, _ value: String?) {
    self.name = name
    self.value = value
  }

  /// Leaves out a value that must not be kept: a sensitive one, unless it is a reference to a parameter; and what NiFi has encrypted.
  mutating func seal() {
    if Secrets.isEncrypted(value) { isSensitive = true }
    guard isSensitive, let text = value, !Secrets.isReference(text) else { return }
    value = nil
    isHidden = !text.isEmpty
  }
}

/// Whether NiFi runs a component.
package enum NiFiState: String, Sendable {
  /// RUNNING.
  case running
  /// ENABLED in JSON, STOPPED in templates: a person may start it.
  case stopped
  /// DISABLED: it cannot be started.
  case disabled

  /// nil: the file does not say.
  package init?(_ text: String) {
    switch text {
    case "RUNNING": self = .running
    case "ENABLED", "STOPPED": self = .stopped
    case "DISABLED": self = .disabled
    default: return nil
    }
  }
}

package struct NiFiProcessor: Sendable, Equatable {
  package var id = ""
  /// Of this one of several copies of a versioned group; else as `id`.
  package var instance = ""
  package var name = ""
  /// With its package: `org.apache.nifi.processors.standard.InvokeHTTP`.
  package var type = ""
  /// Of the bundle that it is from, which is NiFi's where it is one of NiFi's own; empty: the file does not say.
  package var version = ""
  package var comments = ""
  package var properties: [NiFiProperty] = []
  /// A configuration beside the properties, such as UpdateAttribute's rules.
  package var annotation: String?
  package var autoTerminated: [String] = []
  /// The relationships that the file lists; only templates do.
  package var relationships: [String] = []
  package var retried: [String] = []
  package var retryCount = 10
  package var retryYields = false
  package var maximumBackoff = "10 mins"
  package var penalty = "30 sec"
  package var yield = "1 sec"
  package var strategy = "TIMER_DRIVEN"
  package var period = "0 sec"
  package var concurrency = 1
  /// The least severe messages that become bulletins; empty: the file does not say.
  package var bulletinLevel = ""
  package var runMilliseconds = 0
  package var state: NiFiState?
  package var onPrimaryNode = false

  package init() {}

  /// The type without its package.
  package var shortType: String { type.split(separator: ".").last.map(String.init) ?? type }
}

package struct NiFiPort: Sendable, Equatable {
  package var id: String
  package var instance: String
  package var name: String
  package var isInput: Bool
  package var state: NiFiState?
  /// `STANDARD` or `FAILURE`; empty: the file does not say.
  package var function = ""
}

package struct NiFiFunnel: Sendable, Equatable {
  package var id: String
  package var instance: String
}

package struct NiFiConnection: Sendable, Equatable {
  package var id = ""
  package var name = ""
  package var source = NiFiEnd()
  package var destination = NiFiEnd()
  package var relationships: [String] = []
  /// nil: the file does not say.
  package var objectThreshold: Int?
  package var sizeThreshold = ""
  package var expiration = ""
  /// Class names without package.
  package var prioritizers: [String] = []
  package var loadBalancing = ""

  package init() {}
}

/// An end of a connection: a processor, port or funnel.
package struct NiFiEnd: Sendable, Equatable {
  package var id = ""
  package var instance = ""
  /// Identifier of the group, or remote process group, that it is in; empty: the file does not say.
  package var group = ""
}

package struct NiFiService: Sendable, Equatable {
  package var id = ""
  package var instance = ""
  package var name = ""
  package var type = ""
  package var properties: [NiFiProperty] = []

  package init() {}

  package var shortType: String { type.split(separator: ".").last.map(String.init) ?? type }
}

package struct NiFiLabel: Sendable, Equatable {
  package var id: String
  package var text: String
}

/// A remote process group with its ports.
package struct NiFiRemote: Sendable, Equatable {
  package var id = ""
  package var name = ""
  package var target = ""
  package var ports: [NiFiPort] = []

  package init() {}
}

package struct NiFiContext: Sendable, Equatable {
  package var id = ""
  package var name = ""
  package var parameters: [NiFiParameter] = []
  /// Names of contexts, the first of which to have a parameter wins.
  package var inherited: [String] = []

  package init() {}
}

package struct NiFiParameter: Sendable, Equatable {
  package var name: String
  /// nil: none, or sensitive.
  package var value: String?
  package var description: String
  package var isSensitive: Bool

  /// Without its value if that is a secret: it is marked as sensitive, NiFi has encrypted it, it is called as secrets are, or has an address with one.
  package init(name: String, value: String?, description: String, isSensitive: Bool) {
    self.name = name
    self.description = Secrets.shown(description)
    self.isSensitive = isSensitive || Secrets.isSecret(name, value)
    self.value = self.isSensitive ? nil : value
  }
}

/// A component that flowrun has no counterpart for.
package struct NiFiOther: Sendable, Equatable {
  package var id: String
  package var name: String
  /// The type, or what it is: `REGISTRY_CLIENT`.
  package var type: String
  /// Why it is left out.
  package var reason: String
}
