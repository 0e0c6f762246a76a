import FlowCore
import FlowDefinition
import Foundation

/// A log in the Static Analysis Results Interchange Format, version 2.1.0 (OASIS): one run whose rules are the table of
/// codes.
struct SARIFLog: Encodable {
  struct Text: Encodable { var text: String }
  struct Rule: Encodable {
    struct Configuration: Encodable { var level: String }
    var id: String
    var shortDescription: Text
    var fullDescription: Text
    var help: Text
    var defaultConfiguration: Configuration
  }
  struct Result: Encodable {
    struct Location: Encodable { var physicalLocation: PhysicalLocation }
    struct PhysicalLocation: Encodable {
      var artifactLocation: ArtifactLocation
      var region: Region?
    }
    struct ArtifactLocation: Encodable { var uri: String }
    struct Region: Encodable {
      var startLine: Int
      var startColumn: Int
      var endLine: Int?
      var endColumn: Int?
    }
    var ruleId: String
    var ruleIndex: Int?
    var level: String
    var message: Text
    var locations: [Location]
  }
  struct Run: Encodable {
    struct Tool: Encodable {
      struct Driver: Encodable {
        var name: String
        var rules: [Rule]
      }
      var driver: Driver
    }
    var tool: Tool
    var columnKind = "unicodeCodePoints"
    var results: [Result]
  }
  enum CodingKeys: String, CodingKey {
    case schema = "$schema"
    case version, runs
  }
  var schema = "https://json.schemastore.org/sarif-2.1.0.json"
  var version = "2.1.0"
  var runs: [Run]

  init(_ diagnostics: [Diagnostic], workingFolder: String) {
    let codes = DiagnosticGroup.flowFile.flatMap(\.codes)
    let results = diagnostics.map { diagnostic in
      Result(
        ruleId: diagnostic.code.id, ruleIndex: codes.firstIndex(of: diagnostic.code), level: diagnostic.severity.rawValue,
        message: Text(text: diagnostic.message), locations: Self.locations(diagnostic.place, workingFolder))
    }
    runs = [Run(tool: .init(driver: .init(name: "flowrun", rules: codes.map(Rule.init))), results: results)]
  }

  /// Empty if the problem is not in a file but on the command line or in the environment.
  private static func locations(_ place: Diagnostic.Place, _ workingFolder: String) -> [Result.Location] {
    guard let file = place.file else { return [] }
    let region = place.position.map {
      Result.Region(startLine: $0.line, startColumn: $0.column, endLine: place.end?.line, endColumn: place.end?.column)
    }
    let artifact = Result.ArtifactLocation(uri: uri(of: file, workingFolder))
    return [Result.Location(physicalLocation: Result.PhysicalLocation(artifactLocation: artifact, region: region))]
  }

  /// Relative to the working folder for a file inside it, as tools expect for repository files; otherwise the absolute
  /// URI.
  static func uri(of path: String, _ workingFolder: String) -> String {
    let folder = URL(filePath: workingFolder, directoryHint: .isDirectory)
    let whole = URL(filePath: path, directoryHint: .notDirectory, relativeTo: folder).absoluteURL.standardized
    let base = folder.absoluteURL.standardized.absoluteString
    guard whole.absoluteString.hasPrefix(base) else { return whole.absoluteString }
    // A colon in the first component of a relative URI would look like a scheme.
    return String(whole.absoluteString.dropFirst(base.count)).replacing(":", with: "%3A")
  }
}

extension SARIFLog.Rule {
  init(_ code: DiagnosticCode) {
    id = code.id
    shortDescription = SARIFLog.Text(text: code.title + ".")
    fullDescription = SARIFLog.Text(text: code.explanation)
    help = SARIFLog.Text(text: "\(code.explanation)\n\nInstead of:\n\n\(code.mistake)\n\nwrite:\n\n\(code.fix)")
    defaultConfiguration = Configuration(level: code.severity.rawValue)
  }
}
