import Mustache
import StudyReport

/// The templates of the pages, compiled once.
struct PageTemplates: Sendable {
  enum Name: String, CaseIterable {
    case layout, study, participant, runs, run, errors, error_entry, flow, schedule, problem, noflow, docs
  }

  private let library: MustacheLibrary

  /// - Parameter names: those that are needed.
  /// - Throws: what the template engine throws for a template that is not well formed.
  init(_ names: [Name] = Name.allCases) throws {
    var library = MustacheLibrary()
    for name in names { library.register(try PageTemplate.make(Self.source(name)), named: name.rawValue) }
    self.library = library
  }

  /// The page as HTML. Every value is escaped, but for drawings made by `SVGElement`.
  func html(_ name: Name, _ values: [String: Any]) -> String {
    guard let html = library.render(values, withTemplate: name.rawValue) else { preconditionFailure("the template '\(name.rawValue)' is not registered") }
    return html
  }

  private static func source(_ name: Name) -> [UInt8] {
    switch name {
    case .layout: PackageResources.layout_mustache
    case .study: PackageResources.study_mustache
    case .participant: PackageResources.participant_mustache
    case .runs: PackageResources.runs_mustache
    case .run: PackageResources.run_mustache
    case .errors: PackageResources.errors_mustache
    case .error_entry: PackageResources.error_entry_mustache
    case .flow: PackageResources.flow_mustache
    case .schedule: PackageResources.schedule_mustache
    case .problem: PackageResources.problem_mustache
    case .noflow: PackageResources.noflow_mustache
    case .docs: PackageResources.docs_mustache
    }
  }
}
