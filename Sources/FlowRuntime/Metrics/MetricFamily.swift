/// Figures of one kind, as Prometheus knows them.
package struct MetricFamily: Sendable, Equatable {
  package enum Kind: String, Sendable { case counter, gauge }

  package struct Sample: Sendable, Equatable {
    package var labels: [String: String]
    package var value: Double

    package init(_ labels: [String: String], _ value: Double) {
      self.labels = labels
      self.value = value
    }
    package init(_ value: Double) { self.init([:], value) }
  }

  /// Begins with `flowrun_`; a counter's ends with `_total`.
  package var name: String
  package var help: String
  package var kind: Kind
  /// No participant is ever named in a label.
  package var samples: [Sample]

  package init(_ name: String, _ help: String, _ kind: Kind, _ samples: [Sample]) {
    precondition(name.hasPrefix("flowrun_") && (kind == .counter) == name.hasSuffix("_total"), "'\(name)' is no name of a \(kind.rawValue)")
    self.name = name
    self.help = help
    self.kind = kind
    self.samples = samples
  }
}

/// Who has figures for `/metrics`.
package protocol MetricSource: Sendable {
  func metrics() async -> [MetricFamily]
}
