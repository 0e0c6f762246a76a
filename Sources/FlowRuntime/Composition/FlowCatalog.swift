import FlowCore
import FlowDefinition
import FlowExpression
import StudyModel
import StudyParticipants
import StudyProcessors

/// The types that a flow file can name.
package enum FlowCatalog {
  package static var services: [ServiceDescriptor] { ServiceCatalog.descriptors }

  private static let conventions = FlowConventions(tables: FlowConventions.study.tables, rules: FlowConventions.study.rules + [.recordQueries])

  /// The JSON Schema of flow files.
  package static var schema: FlowSchema { FlowSchema(processors: BuiltinProcessors.catalog, services: services) }

  /// - Parameter machine: the clock, random numbers and host of the expressions.
  package static func loader(on machine: Machine) -> FlowLoader {
    FlowLoader(
      processors: BuiltinProcessors.catalog, services: services,
      compiler: { CompiledExpressions(parameters: $0, environment: machine.expressions) }, conventions: conventions)
  }
}
