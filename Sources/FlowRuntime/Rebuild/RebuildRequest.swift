import FlowCore
import StudyModel
import StudyParticipants
import StudyProcessors
import StudyRaw

/// What a rebuild is asked to make again.
package struct RebuildRequest: Sendable {
  /// An archive of plain responses.
  package struct Archive: Sendable, Equatable {
    package var folder: String
    /// The zone of participants who are not in the batch; nil if it is not known.
    package var zone: String?

    package init(folder: String, zone: String? = nil) {
      self.folder = folder
      self.zone = zone
    }
  }

  /// Empty for all data types of the flow.
  package var dataTypes: [String]
  package var window: BackfillWindow?
  /// nil for the flow's raw storage.
  package var archive: Archive?

  package init(dataTypes: [String] = [], window: BackfillWindow? = nil, archive: Archive? = nil) {
    self.dataTypes = dataTypes
    self.window = window
    self.archive = archive
  }

  /// Checks the names before anything starts. Throws `Diagnostics`.
  package func check(_ graph: FlowGraph, on machine: Machine = .here()) throws {
    let rebuild = try RebuildGraph(graph, readsArchive: archive != nil)
    var problems: [Diagnostic] = []
    let names = try CoveredDataType.all(of: graph).map(\.name)
    if let archive {
      if try machine.fileSystem.status(archive.folder)?.isFolder != true {
        problems.append(
          Diagnostic(
            .unknownName, subject: "--from-folder '\(archive.folder)'", found: "there is no such folder",
            expected: "a folder with files such as P0001/\(names.first ?? "DATA_TYPE")/2026-01-05.json"))
      }
      if let zone = archive.zone, CivilZone(zone) == nil {
        problems.append(Diagnostic(.unknownName, subject: "--zone '\(zone)'", found: "there is no such zone", expected: "an IANA name such as America/Chicago"))
      }
    } else {
      let service = graph.services.first { $0.name == rebuild.rawStorage }
      if service?.values[RawStorage.url].isEmpty ?? true {
        problems.append(
          Diagnostic(
            .missingProperty, file: graph.file, subject: "service '\(rebuild.rawStorage ?? "")'", found: "no raw storage is named, so there are no responses to read",
            expected: "the folder or bucket with the responses", hint: "give it with -p raw=FOLDER, or an archive of plain JSON files with --from-folder"))
      }
    }
    problems += dataTypes.filter { !names.contains($0) }.map { name in
      Diagnostic(
        .unknownName, subject: "--data-type '\(name)'", found: "the flow collects no such data type", expected: "one of its \(names.count) data types",
        hint: NearestName.hint(for: name, among: names))
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
  }
}
