import FlowCore
import FlowDefinition
import FlowSQLite
import Foundation
import StudyModel
import StudyObjects
import StudyParticipants
import StudyProcessors
import StudyRaw

/// The flows of the folder `Flows`, loaded like the program does.
enum ShippedFlow {
  static func load(_ name: String, _ parameters: [String: String] = [:]) throws -> FlowGraph {
    let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let loader = FlowLoader(
      processors: BuiltinProcessors.catalog,
      services: [
        DatabaseDeclaration.descriptor, RawStorage.descriptor, RecordObjects.descriptor, WarehouseDeclaration.descriptor, FitbitWebAPI.descriptor,
        GoogleHealthAPI.descriptor,
      ],
      compiler: { CompiledExpressions(parameters: $0) }, conventions: .study)
    let bytes = Array(try Data(contentsOf: repository.appending(path: "Flows/\(name).yaml")))
    return try loader.load(bytes: bytes, file: "\(name).yaml", given: parameters.mapValues { ParameterValue(text: $0) }).get()
  }
}
