import FlowCore
import FlowDefinition
import FlowExpression
import FlowProcessors
import FlowSQLite
import StudyParticipants

/// Which processors and services there are: the one place that knows.
package enum FlowCatalog {
  package static let services: [ServiceDescriptor] = [SQLiteDatabase.descriptor, FitbitWebAPI.descriptor, GoogleHealthAPI.descriptor]

  package static var loader: FlowLoader {
    FlowLoader(processors: BuiltinProcessors.catalog, services: services) { parameters in
      CompiledExpressions(parameters: parameters)
    }
  }
}
