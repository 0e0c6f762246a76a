import FlowCore
import FlowDefinition
import FlowExpression
import FlowSQLite
import StudyModel
import StudyParticipants
import StudyProcessors

/// Which processors and services there are: the one place that knows.
package enum FlowCatalog {
  package static let services: [ServiceDescriptor] = [SQLiteDatabase.descriptor, FitbitWebAPI.descriptor, GoogleHealthAPI.descriptor]

  package static var loader: FlowLoader {
    FlowLoader(
      processors: BuiltinProcessors.catalog, services: services, compiler: { CompiledExpressions(parameters: $0) }, promisedTables: TableSchema.promised)
  }
}
