import FlowCore
import FlowModels
import StudyModel

/// Builds a folder's SQL models in the database of a flow.
package struct Transformation: Sendable {
  package let graph: FlowGraph
  /// The folder of models.
  package let folder: String
  package let selection: ModelSelection
  private let isNamed: Bool
  private let environment: RuntimeEnvironment
  private let machine: Machine

  /// - Parameters:
  ///   - folder: nil for the folder `models` beside the flow file.
  ///   - select: models; empty for all.
  package init(_ graph: FlowGraph, folder: String? = nil, select: [String] = [], on machine: Machine) {
    self.graph = graph
    self.folder = folder ?? ModelUse.folder("models", besides: graph.file)
    isNamed = folder != nil
    selection = ModelSelection(select)
    self.machine = machine
    environment = machine.toolEnvironment
  }

  /// Throws `Diagnostics` for every problem that is found before anything is built, and `StopRun` for a database that cannot be used.
  /// - Parameters:
  ///   - run: the command that makes a first database, for a hint.
  ///   - tell: called after each model.
  package func run(run: String, tell: @Sendable (ModelReport) -> Void = { _ in }) async throws -> [ModelReport] {
    try await checkFolder()
    let project = try await environment.readModels(folder)
    try selection.check(project)
    try await checkDatabase(run: run)
    return try await store().opened { store in
      try await store.buildModels(project, selection, of: graph, time: environment.time, tell: tell)
    }
  }

  /// Throws `Diagnostics` if there is no database yet, and `StopRun`. Brings one of an earlier version up to date.
  /// - Parameter run: the command that makes a first database.
  package func checkDatabase(run: String) async throws {
    let store = try store()
    try await store.bringUpToDate(environment)
    guard try await store.reading({ _ in true }) == nil else { return }
    throw Diagnostics([
      Diagnostic(
        .unknownName, subject: "database '\(store.location)'", found: "no run has collected anything into it", expected: "the database of an earlier run",
        hint: "run the flow first: \(run)")
    ])
  }

  /// A folder that the command line names and that does not exist is a mistake there.
  private func checkFolder() async throws {
    guard isNamed, try await environment.lane("models").run({ [environment, folder] in try environment.fileSystem.status(folder) }) == nil else { return }
    throw Diagnostics([
      Diagnostic(.unknownName, subject: "--models '\(folder)'", found: "there is no such folder", expected: "a dbt project such as Flows/models, or a folder of SQL files")
    ])
  }

  private func store() throws -> any RecordStore {
    let services = try ServiceDirectory(Simulation.addressed(graph), environment, faultPoint: machine.faultPoint)
    let named = ModelUse.all(of: graph).lazy.compactMap { services.store($0.database) }.first
    guard let store = named ?? services.stores.first else {
      throw Diagnostics([
        Diagnostic(
          .unsuitableFlow, subject: "flow '\(graph.name)'", found: "it has no database", expected: "a service of type \(DatabaseDeclaration.descriptor.type)")
      ])
    }
    return store
  }
}

extension RuntimeEnvironment {
  /// Reads a folder of models. Throws `Diagnostics`.
  func readModels(_ folder: String) async throws -> ModelProject {
    try await lane("models").run { [fileSystem] in try ModelProject.read(folder, fileSystem: fileSystem) }
  }
}

extension RecordStore {
  /// Builds models in a store that is open. Throws `Diagnostics` before anything is built, and `StopRun`.
  /// - Parameter goesOn: asked before each model; false ends the build.
  func buildModels(
    _ project: ModelProject, _ selection: ModelSelection, of graph: FlowGraph, time: any TimeSource, goesOn: @Sendable () -> Bool = { true },
    tell: @Sendable (ModelReport) -> Void = { _ in }
  ) async throws -> [ModelReport] {
    guard let models else {
      throw Diagnostics([Diagnostic(.unsuitableFlow, subject: "database '\(location)'", found: "it has no SQL", expected: "a database file, or PostgreSQL")])
    }
    try selection.check(project)
    let tables = Set((graph.tableUses().map(\.table) + TableSchema.promised).flatMap { [$0.name, $0.name + "_local"] })
    let plan = try ModelPlan(project, selection, relations: try await models.relations(), tables: tables, in: location)
    return try await ModelBuilding(plan, in: models, time: time).run(goesOn: goesOn, tell: tell)
  }
}
