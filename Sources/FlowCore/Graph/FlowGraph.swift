/// A validated flow file: everything the engine needs, free of inconsistencies.
package struct FlowGraph: Sendable {
  package var name: String
  package var summary: String
  package var file: String
  /// SHA-256 (hex) of the file's bytes.
  package var sha256: String
  package var parameters: [FlowParameter]
  package var services: [ServiceDeclaration]
  package var processors: [ProcessorNode]
  /// nil: only people start it.
  package var schedule: ScheduleDeclaration?

  package init(
    name: String, summary: String, file: String, sha256: String, parameters: [FlowParameter], services: [ServiceDeclaration],
    processors: [ProcessorNode], schedule: ScheduleDeclaration? = nil
  ) {
    self.name = name
    self.summary = summary
    self.file = file
    self.sha256 = sha256
    self.parameters = parameters
    self.services = services
    self.processors = processors
    self.schedule = schedule
  }

  package func index(of processor: String) -> Int? { processors.firstIndex { $0.name == processor } }

  /// The processors as a graph, by index.
  var connections: DirectedGraph {
    DirectedGraph(
      processors.map { node in
        node.outputs.flatMap(\.destinations).compactMap { destination in
          if case .processor(let index, _) = destination { index } else { nil }
        }
      })
  }

  /// The cycles of the flow: sets of processors that lead to each other (or to themselves), by name, in file order.
  ///
  /// `FlowLoader` only accepts cycles that are retries or bounded by a condition.
  package var cycles: [[String]] { connections.cycles().map { cycle in cycle.map { processors[$0].name } } }

  /// Creates the graph's processors, in its order.
  ///
  /// - Parameter services: the flow's services by name.
  /// - Throws: `Diagnostics` with every problem that the initialisers report, each with its place in the flow file.
  package func makeProcessors(_ environment: RuntimeEnvironment, services: [String: any Service] = [:]) throws -> [any Processor] {
    let tables = tableUses().map(\.table)
    var problems: [Diagnostic] = []
    var made: [any Processor] = []
    for node in processors {
      do {
        made.append(
          try node.type.init(
            ProcessorConfiguration(
              name: node.name, values: node.values, concurrency: node.concurrency, environment: environment, services: services, tables: tables)))
      } catch var problem as Diagnostic {
        problem.file = file
        problem.position = problem.position ?? node.position
        problems.append(problem)
      }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
    return made
  }
}

/// A parameter with its value and the origin of the value.
package struct FlowParameter: Sendable {
  package enum Origin: String, Sendable { case given = "-p", file = "--parameters", environment, `default` }
  package var name: String
  package var value: String
  package var isSensitive: Bool
  package var origin: Origin
  package var help: String
  package init(name: String, value: String, isSensitive: Bool, origin: Origin, help: String) {
    self.name = name
    self.value = value
    self.isSensitive = isSensitive
    self.origin = origin
    self.help = help
  }
}

package struct ServiceDeclaration: Sendable {
  package var name: String
  package var type: String
  package var values: PropertyValues
  package var position: SourcePosition
  package init(name: String, type: String, values: PropertyValues, position: SourcePosition) {
    self.name = name
    self.type = type
    self.values = values
    self.position = position
  }
}

/// A processor of the graph with its connections.
package struct ProcessorNode: Sendable {
  package var name: String
  package var type: any Processor.Type
  /// The group in which it is drawn; empty for none.
  package var group: String
  package var values: PropertyValues
  package var position: SourcePosition
  package var concurrency: Int
  package var retry: RetryRule?
  /// Of a source: when a server runs the flow for it; nil: not for it.
  package var schedule: DueTime?
  /// Outputs in declared order, one for each relationship of the processor.
  package var outputs: [GraphOutput]

  package init(
    name: String, type: any Processor.Type, group: String, values: PropertyValues, position: SourcePosition, concurrency: Int,
    retry: RetryRule?, outputs: [GraphOutput], schedule: DueTime? = nil
  ) {
    self.name = name
    self.type = type
    self.group = group
    self.schedule = schedule
    self.values = values
    self.position = position
    self.concurrency = concurrency
    self.retry = retry
    self.outputs = outputs
  }
  package var descriptor: ProcessorDescriptor { type.descriptor }
}

package struct GraphOutput: Sendable {
  package var relationship: String
  /// Fan-out: every destination except the first gets a clone.
  package var destinations: [Destination]
  package init(relationship: String, destinations: [Destination]) {
    self.relationship = relationship
    self.destinations = destinations
  }

  package enum Destination: Sendable, Equatable {
    /// Index into `FlowGraph.processors`, and the queue's thresholds.
    case processor(Int, QueueLimits)
    /// The error folder.
    case errors
    /// Ends as deferred: the next run requests the data again.
    case `defer`
    /// Ends as finished.
    case drop
  }
}

/// Back-pressure thresholds of a queue: while one is reached, the processors that feed it are not triggered. 0 disables
/// a threshold.
package struct QueueLimits: Sendable, Equatable {
  package var count: Int
  package var bytes: Int
  /// The attribute by which the queue is ordered, smaller integers first; nil: first in, first out.
  package var prioritise: String?
  package init(count: Int = 1000, bytes: Int = 64 << 20, prioritise: String? = nil) {
    self.count = count
    self.bytes = bytes
    self.prioritise = prioritise
  }
}

/// NiFi's retry: back to the original FlowFile, penalised by base · 2ⁿ with jitter, at most the maximum.
package struct RetryRule: Sendable, Equatable {
  /// Total number of tries.
  package var attempts: Int
  package var backoff: Duration
  package var maximumBackoff: Duration
  /// The relationships to which the rule applies.
  package var relationships: [String]
  package init(attempts: Int, backoff: Duration, maximumBackoff: Duration, relationships: [String]) {
    self.attempts = attempts
    self.backoff = backoff
    self.maximumBackoff = maximumBackoff
    self.relationships = relationships
  }
}
