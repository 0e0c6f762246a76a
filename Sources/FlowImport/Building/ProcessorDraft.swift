/// A processor of the flow file, as it will be written.
struct ProcessorDraft {
  struct Destination: Equatable {
    /// A processor's name, or an end.
    var name: String
    /// Members of `queue`; empty: the default.
    var queue: [YAMLValue.Member] = []
  }

  struct Output: Equatable {
    var relationship: String
    var destinations: [Destination]
  }

  struct Retry {
    var attempts: Int
    var backoff: String
    var maximum: String
    var relationships: [String]
  }

  var name: String
  var type: String
  var group: String
  var comments: [String] = []
  var properties: [YAMLValue.Member] = []
  var concurrency = 1
  /// Of a source, as it is written; nil: none.
  var schedule: String?
  var retry: Retry?
  var outputs: [Output] = []

  func write(to yaml: inout YAMLText) {
    yaml.line("- name: \(YAMLText.scalar(name))", indent: 2)
    yaml.line("type: \(YAMLText.scalar(type))", indent: 4)
    for comment in comments { yaml.comment(comment, indent: 4) }
    if !group.isEmpty { yaml.line("group: \(YAMLText.scalar(group))", indent: 4) }
    if let schedule { yaml.line("schedule: \(schedule)", indent: 4) }
    if concurrency > 1 { yaml.line("concurrency: \(concurrency)", indent: 4) }
    if !properties.isEmpty { yaml.member("properties", .map(properties), indent: 4) }
    if let retry {
      yaml.line(
        "retry: { attempts: \(retry.attempts), backoff: \(retry.backoff), max_backoff: \(retry.maximum), on: [\(retry.relationships.map(YAMLText.scalar).joined(separator: ", "))] }",
        indent: 4)
    }
    guard !outputs.isEmpty else { return }
    yaml.line("to:", indent: 4)
    for output in outputs { yaml.line("\(YAMLText.scalar(output.relationship)): \(Self.text(of: output.destinations))", indent: 6) }
  }

  private static func text(of destinations: [Destination]) -> String {
    let all = destinations.map { destination in
      destination.queue.isEmpty
        ? YAMLText.scalar(destination.name)
        : YAMLText.inline(.map([YAMLValue.Member("then", .text(destination.name)), YAMLValue.Member("queue", .map(destination.queue))]))
    }
    return all.count == 1 ? all[0] : "[\(all.joined(separator: ", "))]"
  }
}
