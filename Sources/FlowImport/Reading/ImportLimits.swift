/// What an imported file may be at most. A larger or deeper one is refused: it costs no more memory or time than these allow.
package enum ImportLimits {
  /// Of the file, and of what a gzip file inflates to.
  package static let bytes = 32 << 20
  /// Elements or values inside each other. NiFi itself nests groups about ten deep.
  package static let depth = 128
  /// Elements of a template, values of a JSON document.
  package static let elements = 600_000
  /// Bytes of one text. A whole flow file may have no more.
  package static let textBytes = 1 << 20
  /// Bytes of all texts with expressions that are checked; a flow file of more is refused when it is loaded.
  package static let expressionBytes = 1 << 20
  /// Process groups inside each other.
  package static let groupDepth = 32
  /// Processors, connections, ports and the rest, in all groups.
  package static let components = 50_000
  /// Properties of one processor or service.
  package static let properties = 2_000
  /// Parameter contexts that one context inherits from, itself among them. NiFi's users have a few.
  package static let inheritedContexts = 100
  /// Bytes of the values of variables that are put into services, in all of them.
  package static let variableBytes = 8 << 20
  /// Bytes of a name in a flow file, as it is written: YAML's keys have 1024 at most.
  package static let nameBytes = 800
  /// Bytes of a value that the report quotes.
  package static let quoted = 80
}
