import FlowCore
import FlowDefinition
import FlowExpression
import StudyModel
import StudyParticipants
import StudyProcessors

/// The types that a flow file can name.
package enum FlowCatalog {
  package static var services: [ServiceDescriptor] { ServiceCatalog.descriptors }

  package static var loader: FlowLoader {
    FlowLoader(
      processors: BuiltinProcessors.catalog, services: services, compiler: { CompiledExpressions(parameters: $0) }, conventions: .study)
  }
}
