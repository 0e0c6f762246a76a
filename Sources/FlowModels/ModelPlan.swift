import FlowCore
import StudyModel

/// What is done with each chosen model. Made of what the database has before anything is built.
package struct ModelPlan: Sendable {
  package enum Action: Sendable, Equatable {
    case build(ModelBuild)
    /// A table that it reads, or a model that it refers to, is not there.
    case skip(reason: String)
  }

  package struct Step: Sendable {
    package var name: String
    package var file: String
    package var kind: ModelKind
    package var action: Action
    /// The models that it refers to.
    package var references: [String]
  }

  /// In the order of references.
  package let steps: [Step]
  /// The views of the project that can be made, in the order of references.
  package let views: [ModelBuild]

  /// Throws `Diagnostics` with every problem.
  /// - Parameters:
  ///   - relations: what the database has.
  ///   - tables: names that flows of the study use, which a database need not have.
  package init(_ project: ModelProject, _ selection: ModelSelection, relations: [StoredRelation], tables: Set<String>, in location: String) throws {
    var planning = Planning(project: project, selection: selection, relations: relations, tables: tables, location: location)
    let chosen = selection.indices(in: project)
    for index in project.models.indices { planning.look(at: index, isChosen: chosen.contains(index)) }
    guard planning.problems.isEmpty else { throw Diagnostics(planning.problems) }
    steps = planning.steps
    views = project.models.indices.filter { planning.missing[$0] == nil }.map { project.models[$0] }.filter { $0.template.kind == .view }
      .map { $0.template.build(as: $0.name) }
  }

  private struct Planning {
    let project: ModelProject
    let selection: ModelSelection
    let relations: [StoredRelation]
    let tables: Set<String>
    let location: String
    var steps: [Step] = []
    var problems: [Diagnostic] = []
    /// Why a model cannot be built, by its index.
    var missing: [Int: String] = [:]
    private var built: Set<String> = []

    init(project: ModelProject, selection: ModelSelection, relations: [StoredRelation], tables: Set<String>, location: String) {
      self.project = project
      self.selection = selection
      self.relations = relations
      self.tables = tables
      self.location = location
    }

    mutating func look(at index: Int, isChosen: Bool) {
      let model = project.models[index]
      checkSources(of: model, index)
      for reference in model.template.references {
        guard let other = project.index(of: reference.name), missing[other] != nil, missing[index] == nil else { continue }
        missing[index] = "model '\(reference.name)', which it refers to, is skipped"
      }
      guard isChosen else { return }
      let references = model.template.references.map(\.name)
      if let reason = missing[index] {
        if selection.names(model.name) {
          problems.append(Diagnostic(.modelReference, file: model.file, subject: "model '\(model.name)'", found: reason, expected: "it in database '\(location)', since the model is selected"))
        }
        return steps.append(Step(name: model.name, file: model.file, kind: model.template.kind, action: .skip(reason: reason), references: references))
      }
      checkReferences(of: model)
      let build = model.template.build(as: model.name)
      if let relation = relations.first(where: { $0.name.lowercased() == model.name.lowercased() }), var problem = build.problem(with: relation, in: location) {
        problem.file = model.file
        problems.append(problem)
      }
      built.insert(model.name)
      steps.append(Step(name: model.name, file: model.file, kind: model.template.kind, action: .build(build), references: references))
    }

    private mutating func checkSources(of model: ModelProject.Model, _ index: Int) {
      for (name, position) in model.template.sources where !relations.contains(where: { $0.name == name }) {
        let known = tables.union(project.declaredNames)
        let candidates = Set(relations.map(\.name)).union(known).sorted()
        let isUnknown = !known.contains(name) && (!project.declaredNames.isEmpty || NearestName.of(name, among: candidates) != nil)
        if isUnknown {
          problems.append(
            Diagnostic(
              .modelReference, file: model.file, position: position, found: "there is no table or view '\(name)' in database '\(location)'",
              expected: "one of the tables that the study's flows fill", hint: NearestName.suggestion(for: name, among: candidates)))
        }
        missing[index] = missing[index] ?? "database '\(location)' has no table '\(name)'"
      }
    }

    /// A model that is not built now must be there already.
    private mutating func checkReferences(of model: ModelProject.Model) {
      for (name, position) in model.template.references where !built.contains(name) && !relations.contains(where: { $0.name == name }) {
        problems.append(
          Diagnostic(
            .modelReference, file: model.file, position: position, found: "model '\(name)' is not selected, and database '\(location)' does not have it",
            expected: "it to be built before", hint: "select it too: --select +\(model.name)"))
      }
    }
  }
}
