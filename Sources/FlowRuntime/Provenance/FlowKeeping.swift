import FlowCore
import FlowCrypto
import Foundation
import StudyModel
import StudyProcessors

/// The versions of flow files that have run, by their hash: `STATE/flows/SHA256.yaml` is the text, and `SHA256.json` what its rows are traced by.
///
/// All methods block. Throws `FileSystemError`.
struct FlowKeeping: Sendable {
  /// What a version of a flow writes, and where it wrote last.
  struct Known: Codable, Sendable {
    struct Column: Codable, Sendable {
      var name: String
      var kind: String
    }
    struct Table: Codable, Sendable {
      var name: String
      var columns: [Column]
      var key: [String]
      /// Those of the ledger whose slices its rows belong to.
      var dataTypes: [String]

      enum CodingKeys: String, CodingKey {
        case name, columns, key
        case dataTypes = "data_types"
      }

      var schema: TableSchema {
        TableSchema(name: name, columns: columns.compactMap { column in ColumnKind(rawValue: column.kind).map { TableSchema.Column(column.name, $0) } }, key: key)
      }
    }

    var flow: String
    var file: String
    var sha256: String
    var databases: [String]
    var tables: [Table]

    /// Throws a `Diagnostic` as `CoveredDataType.all` does.
    init(_ graph: FlowGraph, databases: [String]) throws {
      flow = graph.name
      file = graph.file
      sha256 = graph.sha256
      self.databases = databases
      let types = try CoveredDataType.all(of: graph)
      tables = graph.tableUses().map(\.table).map { table in
        Table(
          name: table.name, columns: table.columns.map { Column(name: $0.name, kind: $0.kind.rawValue) }, key: table.key,
          dataTypes: types.filter { $0.tables.contains(table.name) }.map(\.name))
      }
    }
  }

  let path: String
  let fileSystem: any FileSystem

  /// - Parameter state: path of the state folder.
  init(state: String, _ fileSystem: any FileSystem) {
    path = state + "/flows"
    self.fileSystem = fileSystem
  }

  func textFile(of sha256: String) -> String { "\(path)/\(sha256).yaml" }

  /// Keeps a version. Its text is left out if the file has changed since it was read.
  func keep(_ known: Known, run: String) throws {
    try fileSystem.makeFolder(path)
    let text = textFile(of: known.sha256)
    if try fileSystem.status(text) == nil, try fileSystem.status(known.file) != nil {
      let bytes = try fileSystem.read(known.file)
      if Hexadecimal.text(SHA256.digest(of: bytes)) == known.sha256 { try fileSystem.replaceDurably(text, with: bytes, temporary: "\(text).\(run)") }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let file = "\(path)/\(known.sha256).json"
    try fileSystem.replaceDurably(file, with: Array(try encoder.encode(known)) + [0x0A], temporary: "\(file).\(run)")
  }

  /// Every version, the latest one that ran first.
  func all() throws -> [Known] {
    guard try fileSystem.status(path)?.isFolder == true else { return [] }
    let files = try fileSystem.names(in: path).filter { $0.hasSuffix(".json") }.map { "\(path)/\($0)" }
    let times = try files.map { try fileSystem.modificationTime($0) ?? Instant(seconds: 0) }
    return try zip(files, times).sorted { $0.1 > $1.1 }.map { file, _ in
      do {
        return try JSONDecoder().decode(Known.self, from: Data(try fileSystem.read(file)))
      } catch is DecodingError {
        throw StopRun(.failed, .disk, "\(file) is not a version of a flow as flowrun keeps it; restore it from a copy, or remove it: the next run of the flow writes it again")
      }
    }
  }
}
