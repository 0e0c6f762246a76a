import FlowCore
import FlowDefinition
import FlowImport
import FlowRuntime
import FlowTesting
import Foundation
import Testing

/// Imports files, and has the written flow validated as `flowrun import` does.
struct ImportBench {
  static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  /// Files of this project, written for its tests.
  static let own = repository.appending(path: "Tests/FuzzTests/Corpus/nifi-flow")
  /// Public flows of others, which are no part of this repository.
  static let publicFlows = repository.appending(path: "../shared/conformance/nifi-flows").standardizedFileURL
  /// In continuous integration they must be there.
  static let hasPublic = ProcessInfo.processInfo.environment["CI"] == "true" || FileManager.default.fileExists(atPath: publicFlows.path())
  static let publicNames = ((try? FileManager.default.contentsOfDirectory(atPath: publicFlows.path())) ?? []).filter { !$0.hasSuffix(".md") }.sorted()

  static func bytes(_ name: String, in folder: URL = own) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: name))) }

  static func imported(_ bytes: [UInt8]) throws -> ImportedFlow { try FlowImporter.imported(bytes) { Self.problems(of: $0) } }

  static func imported(_ name: String, in folder: URL = own) throws -> ImportedFlow { try imported(try bytes(name, in: folder)) }

  static func problems(of yaml: [UInt8]) -> [Diagnostic] {
    guard case .failure(let problems) = FlowCatalog.loader(on: .here(MemoryFileSystem(folders: []))).load(bytes: yaml, file: "imported.yaml") else { return [] }
    return problems.all
  }

  /// What a file is refused with.
  static func refusal(_ text: String) -> Diagnostic? { refusal(Array(text.utf8)) }

  static func refusal(_ bytes: [UInt8]) -> Diagnostic? {
    do throws(Diagnostic) {
      _ = try FlowImporter.imported(bytes) { _ in [] }
      return nil
    } catch {
      return error
    }
  }

  /// A flow definition with processors and connections, of the members that differ from NiFi's defaults.
  static func definition(_ processors: [[String: Any]], _ connections: [[String: Any]] = [], group: [String: Any] = [:], top: [String: Any] = [:]) throws -> [UInt8] {
    var contents: [String: Any] = ["identifier": "g", "name": "flow", "processors": processors, "connections": connections]
    contents.merge(group) { $1 }
    var document: [String: Any] = ["flowContents": contents]
    document.merge(top) { $1 }
    return Array(try JSONSerialization.data(withJSONObject: document, options: .sortedKeys))
  }

  static func processor(_ id: String, _ type: String, _ properties: [String: Any] = [:], _ more: [String: Any] = [:]) -> [String: Any] {
    ["identifier": id, "name": id, "type": "org.apache.nifi.processors.\(type)", "properties": properties].merging(more) { $1 }
  }

  static func connection(_ id: String, _ source: String, _ destination: String, _ relationships: [String], _ more: [String: Any] = [:]) -> [String: Any] {
    ["identifier": id, "source": ["id": source], "destination": ["id": destination], "selectedRelationships": relationships].merging(more) { $1 }
  }
}

extension ImportedFlow {
  func component(_ id: String) throws -> ImportedComponent { try #require(components.first { $0.id == id }, "\(id) is in the report") }
}
