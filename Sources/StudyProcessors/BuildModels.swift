import FlowCore
import StudyModel

/// Has the run build the SQL models of a folder once, after the engine has ended by itself: also if nothing reached the processor, because a run
/// that was killed may have left them behind the tables. Not after a signal, at `--timeout`, or in a run that was stopped.
///
/// The composition root reads the declaration from the flow; a FlowFile passes through untouched.
package struct BuildModels: Processor {
  package static let database = Property<ServiceReference>.required(
    "database", .service(.recordStore), "Database that has the tables, and takes the relations that models make of them.")
  package static let models = Property<String>(
    "models", .path, default: "models", "Folder of the models, a dbt project or SQL files alone; relative to the flow file.")
  package static let select = Property<[String]>(
    "select", .list(of: .text), default: "", "Models to build: NAME alone, or +NAME with those that it refers to. Empty: all.")

  static let success = Relationship("success", "The FlowFile, unchanged.")

  package static let descriptor = ProcessorDescriptor(
    type: "BuildModels",
    summary: "Builds SQL models from the tables once the run has ended by itself.",
    properties: [PropertyDescriptor(database), PropertyDescriptor(models), PropertyDescriptor(select)],
    relationships: [success, Relationship(Relationship.failureName, "The session failed; models that cannot be built fail the run instead.")])

  package init(_ configuration: ProcessorConfiguration) throws {}

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    session.transfer(flowFile, to: Self.success)
  }
}
