import FlowCore
import StudyModel

/// The models of a folder: a dbt project (its `models` folder is read), or a folder with model files alone.
package struct ModelProject: Sendable {
  package struct Model: Sendable {
    package let name: String
    /// The path, for messages.
    package let file: String
    package let template: ModelTemplate
  }

  /// The folder as it was named.
  package let folder: String
  /// Each after those that it refers to; otherwise by name.
  package let models: [Model]
  /// The names in the YAML files beside the models. dbt checks those files; here they only tell a table that a database does not have from a
  /// name that is misspelt.
  package let declaredNames: Set<String>

  /// The largest file that is read.
  private static let fileLimitBytes = 1 << 20
  /// A longer name would be cut off by PostgreSQL, together with what dbt appends to it.
  private static let longestName = 48

  package func index(of name: String) -> Int? { models.firstIndex { $0.name == name } }

  // MARK: Reading

  /// Reads and checks every file. Blocks. Throws `Diagnostics` with all problems.
  package static func read(_ folder: String, fileSystem: any FileSystem) throws -> ModelProject {
    var reading = Reading(fileSystem: fileSystem)
    do {
      guard let status = try fileSystem.status(folder), status.isFolder else {
        throw Diagnostics([
          Diagnostic(
            .modelFiles, file: folder, found: "there is no such folder of models", expected: "a folder with model files, or a dbt project such as Flows/models")
        ])
      }
      let project = folder + "/dbt_project.yml"
      try reading.read(try fileSystem.status(project) == nil ? folder : folder + "/models", depth: 0)
    } catch let error as FileSystemError {
      throw Diagnostics([Diagnostic(.modelFiles, file: folder, found: "\(error)", expected: "a folder that can be read")])
    }
    return try reading.project(folder)
  }

  private struct Reading {
    let fileSystem: any FileSystem
    var models: [Model] = []
    var declared: Set<String> = []
    var problems: [Diagnostic] = []

    private static let deepestFolder = 16

    mutating func read(_ folder: String, depth: Int) throws {
      guard depth < Self.deepestFolder else { return }
      for name in try fileSystem.names(in: folder) where !name.hasPrefix(".") {
        let path = folder + "/" + name
        if try fileSystem.status(path)?.isFolder == true {
          try read(path, depth: depth + 1)
        } else if name.hasSuffix(".sql") {
          try readModel(String(name.dropLast(4)), path)
        } else if name.hasSuffix(".yml") || name.hasSuffix(".yaml") {
          let text = String(decoding: try fileSystem.read(path, limitBytes: ModelProject.fileLimitBytes), as: UTF8.self)
          declared.formUnion(ModelProject.names(in: text))
        }
      }
    }

    private mutating func readModel(_ name: String, _ path: String) throws {
      let bytes = try fileSystem.read(path, limitBytes: ModelProject.fileLimitBytes)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        return problems.append(Diagnostic(.modelFiles, file: path, found: "the file is not UTF-8", expected: "SQL as text"))
      }
      let (template, found) = TemplateParser.parse(text, file: path)
      problems += found
      let isName = name.utf8.allSatisfy { $0 == 95 || (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) }
      if !isName || name.isEmpty || name.first?.isNumber == true || name.utf8.count > ModelProject.longestName {
        problems.append(
          Diagnostic(
            .modelFiles, file: path, found: "the model would be called '\(name)'",
            expected: "at most \(ModelProject.longestName) letters, digits and _, not beginning with a digit"))
      }
      if let other = models.first(where: { $0.name.lowercased() == name.lowercased() }) {
        problems.append(Diagnostic(.modelFiles, file: path, found: "\(other.file) has the same name", expected: "each name once, ignoring case"))
      }
      if name.lowercased().hasPrefix("flowrun_") || name.lowercased().hasPrefix("sqlite_") || name.lowercased().hasPrefix("pg_") {
        problems.append(Diagnostic(.modelFiles, file: path, found: "the name '\(name)' is reserved by the database or by flowrun", expected: "another name"))
      }
      models.append(Model(name: name, file: path, template: template))
    }

    mutating func project(_ folder: String) throws -> ModelProject {
      if models.isEmpty, problems.isEmpty {
        problems.append(Diagnostic(.modelFiles, file: folder, found: "the folder has no models", expected: "files NAME.sql, one for each relation"))
      }
      models.sort { $0.name < $1.name }
      let order = ModelOrder(models)
      problems += order.problems
      guard problems.isEmpty else { throw Diagnostics(problems) }
      return ModelProject(folder: folder, models: order.indices.map { models[$0] }, declaredNames: declared)
    }
  }

  /// The values of `name:` in a YAML file.
  private static func names(in text: String) -> Set<String> {
    Set(
      text.split(whereSeparator: \.isNewline).compactMap { line in
        let entry = line.drop { $0 == " " || $0 == "-" }
        guard entry.hasPrefix("name:") else { return nil }
        return String(entry.dropFirst(5).drop { $0 == " " }.prefix { $0 != " " && $0 != "#" }.filter { $0 != "\"" && $0 != "'" })
      })
  }
}

/// The order in which models are built, by their references.
struct ModelOrder {
  private(set) var indices: [Int] = []
  private(set) var problems: [Diagnostic] = []

  init(_ models: [ModelProject.Model]) {
    let numbers = Dictionary(models.enumerated().map { ($1.name, $0) }) { first, _ in first }
    let names = models.map(\.name)
    for model in models {
      for (name, position) in model.template.references where numbers[name] == nil {
        problems.append(
          Diagnostic(
            .modelReference, file: model.file, position: position, found: "there is no model '\(name)'", expected: "one of the project's \(models.count) models",
            hint: NearestName.hint(for: name, among: names)))
      }
    }
    let graph = DirectedGraph(models.map { model in model.template.references.compactMap { numbers[$0.name] } })
    for cycle in graph.cycles() { report(Self.circle(cycle, graph), models) }
    // What a model refers to comes before it; models that do not depend on each other stay in the order of names.
    var built: Set<Int> = []
    func build(_ index: Int) {
      guard built.insert(index).inserted else { return }
      for other in graph.successors[index].sorted() { build(other) }
      indices.append(index)
    }
    if problems.isEmpty { for index in models.indices { build(index) } }
  }

  private mutating func report(_ circle: [Int], _ models: [ModelProject.Model]) {
    guard let first = circle.first else { return }
    let next = circle.count > 1 ? circle[1] : first
    let position = models[first].template.references.first { $0.name == models[next].name }?.position
    let names = (circle + [first]).map { models[$0].name }.joined(separator: " → ")
    problems.append(
      Diagnostic(.modelCycle, file: models[first].file, position: position, found: "models refer to each other in a circle: \(names)", expected: "references that end"))
  }

  /// A circle through the first member of a component, in the order of the references.
  private static func circle(_ component: [Int], _ graph: DirectedGraph) -> [Int] {
    guard let start = component.first else { return [] }
    let members = Set(component)
    var before: [Int: Int] = [:]
    var waiting = [start]
    while let next = waiting.first {
      waiting.removeFirst()
      for other in graph.successors[next] where members.contains(other) {
        if other == start {
          var path = [next]
          while path[0] != start, let previous = before[path[0]] { path.insert(previous, at: 0) }
          return path
        }
        if before[other] == nil {
          before[other] = next
          waiting.append(other)
        }
      }
    }
    return component
  }
}
