import FlowCore
import FlowDefinition
import FlowTesting

/// The problems that validation finds in a processor's properties.
enum ProcessorProblems {
  static func found(_ type: any Processor.Type, _ properties: [String: PropertyLiteral]) -> [String] {
    let reader = PropertyReader(file: nil, subject: "test", compiler: CompiledExpressions(parameters: []), services: [:])
    let node = PropertyLiteral.map(properties.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }).node
    guard let values = reader.read(node, properties: type.descriptor.properties, withdrawn: type.descriptor.withdrawn) else {
      return reader.problems.map(\.description)
    }
    return (type.descriptor.check?(GraphNeighbourhood(values: values, destinations: [:])) ?? []).map(\.description)
  }
}
