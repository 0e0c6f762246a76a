import FlowCore
import FlowDefinition
import FlowPostgres
import FlowSQLite
import StudyModel

/// Makes the store that a flow declares: an SQLite file, or a PostgreSQL database where a connection URI names one.
enum DatabaseService {
  /// Under the present and the earlier name, with the checks that the stores' modules can make.
  static let descriptors = [DatabaseDeclaration.descriptor, DatabaseDeclaration.earlierDescriptor].map { descriptor in
    var descriptor = descriptor
    descriptor.check = check
    return descriptor
  }

  /// Does no I/O. Throws a `Diagnostic` for a URI that cannot be used.
  static func make(
    _ declaration: ServiceDeclaration, _ environment: RuntimeEnvironment, faultPoint: @escaping StoreFaultPoint
  ) throws -> any RecordStore {
    let values = declaration.values
    guard let address = try address(in: values) else { return SQLiteDatabase(values: values, environment: environment, faultPoint: faultPoint) }
    return PostgresDatabase(
      address, agreements: values.optional(DatabaseDeclaration.agree) ?? [], environment: environment, faultPoint: faultPoint)
  }

  /// nil for an SQLite file.
  static func address(in values: PropertyValues) throws -> PostgresAddress? {
    let location = values[DatabaseDeclaration.path]
    guard PostgresAddress.isAddress(location) else { return nil }
    if let address = PostgresAddress(location) { return address }
    throw Diagnostics(PostgresAddress.problems(of: location) { _ in nil })
  }

  /// What a URI alone says. Whether the way to its host is encrypted also depends on the environment, and is looked at before the first
  /// connection.
  @Sendable private static func check(_ values: PropertyValues) -> [Diagnostic] {
    let location = values[DatabaseDeclaration.path]
    guard PostgresAddress.isAddress(location), PostgresAddress(location) == nil else { return [] }
    return PostgresAddress.problems(of: location) { _ in nil }
  }
}
