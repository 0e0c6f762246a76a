import FlowCore

/// The models that are asked for: `NAME` alone, `+NAME` with those that it refers to, as dbt means it. Empty: all.
package struct ModelSelection: Sendable, Equatable {
  private struct Choice: Equatable {
    var name: String
    var withAncestors: Bool
  }

  private let choices: [Choice]

  package init(_ words: [String]) {
    choices = words.map { $0.hasPrefix("+") ? Choice(name: String($0.dropFirst()), withAncestors: true) : Choice(name: $0, withAncestors: false) }
  }

  package static let all = ModelSelection([])

  /// Whether a model is asked for by its own name.
  func names(_ model: String) -> Bool { choices.contains { $0.name == model } }

  /// Throws `Diagnostics` for names that are no model.
  /// - Parameter option: how the names were given, for messages.
  package func check(_ project: ModelProject, option: String = "--select") throws {
    let names = project.models.map(\.name)
    let problems = choices.filter { !names.contains($0.name) }.map { choice in
      Diagnostic(
        .unknownName, subject: "\(option) '\(choice.name)'", found: "there is no such model in \(project.folder)", expected: "one of its \(names.count) models",
        hint: NearestName.hint(for: choice.name, among: names))
    }
    guard problems.isEmpty else { throw Diagnostics(problems) }
  }

  /// The indices of the chosen models, in the project's order.
  func indices(in project: ModelProject) -> [Int] {
    guard !choices.isEmpty else { return Array(project.models.indices) }
    var chosen: Set<Int> = []
    for choice in choices {
      guard let index = project.index(of: choice.name) else { continue }
      chosen.insert(index)
      if choice.withAncestors { DirectedGraph.walk(from: index, along: project.references) { chosen.insert($0).inserted || true } }
    }
    return chosen.sorted()
  }
}

extension ModelProject {
  /// For each model, those that it refers to.
  var references: [[Int]] { models.map { model in model.template.references.compactMap { index(of: $0.name) } } }
}
