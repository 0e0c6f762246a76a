import FlowCore
import Foundation

/// What a target holds: `_manifest.json`, written last. Equal exports have equal manifests, so it has no time but that of the data.
package struct ExportManifest: Codable, Sendable, Equatable {
  package struct File: Codable, Sendable, Equatable {
    package var key: String
    package var table: String
    /// `yyyy-MM`; nil for a table without time.
    package var month: String?
    /// The days that the file covers, half-open, `yyyy-MM-dd`; nil for a table without time.
    package var from: String?
    package var until: String?
    package var rows: Int64
    package var bytes: Int64
    /// Hexadecimal.
    package var sha256: String
  }

  package struct Selection: Codable, Sendable, Equatable {
    /// Patterns; empty for all participants.
    package var participants: [String]
    /// Of the latest export, `yyyy-MM-dd`; nil without a bound.
    package var from: String?
    package var until: String?
  }

  /// A column without a value in any row.
  package struct EmptyColumn: Codable, Sendable, Equatable {
    package var table: String
    package var column: String
    package var reason: String
  }

  package var flow: String
  package var flowSHA256: String
  package var version: String
  package var layout: String
  package var format: String
  /// How new the data are: when the latest answer in the ledger was fetched, RFC 3339; nil without any.
  package var time: String?
  package var selection: Selection
  package var files: [File]
  package var emptyColumns: [EmptyColumn]

  private enum CodingKeys: String, CodingKey {
    case flow, layout, format, time, selection, files
    case flowSHA256 = "flow_sha256"
    case version = "flowrun_version"
    case emptyColumns = "columns_not_filled"
  }

  package static let key = "_manifest.json"
  /// The audit trail of the database, one JSON object a line.
  package static let auditKey = "_audit.jsonl"

  package var bytes: [UInt8] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }
  }

  /// Throws a `Diagnostic` for bytes that are no manifest.
  package init(bytes: [UInt8], target: String) throws {
    do {
      self = try JSONDecoder().decode(ExportManifest.self, from: Data(bytes))
    } catch {
      throw Diagnostic(
        .otherExport, subject: "target '\(target)'", found: "its \(Self.key) is not an export's manifest", expected: "that of an export of this flow, or none",
        hint: "name another target, or remove the file if nothing in the target is needed")
    }
  }

  package init(
    flow: String, flowSHA256: String, version: String, layout: String, format: String, time: String?, selection: Selection, files: [File],
    emptyColumns: [EmptyColumn]
  ) {
    self.flow = flow
    self.flowSHA256 = flowSHA256
    self.version = version
    self.layout = layout
    self.format = format
    self.time = time
    self.selection = selection
    self.files = files
    self.emptyColumns = emptyColumns
  }
}
