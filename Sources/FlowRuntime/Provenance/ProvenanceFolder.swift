import FlowCore
import Foundation
import StudyModel

/// The steps of FlowFiles in a state folder: `STATE/provenance/RUN.jsonl`, one file a run, bounded in age and size.
///
/// All methods block.
struct ProvenanceFolder: Sendable {
  /// How long steps are kept, and how much of them: whichever is reached first.
  static let longest = Duration.seconds(30 * 86_400)
  static let largestBytes: Int64 = 1 << 30
  private static let suffix = ".jsonl"

  /// What was removed before its time, for who looks for it afterwards.
  struct Removed: Codable, Sendable, Equatable {
    /// `runs prune` has removed what was last written before; RFC 3339.
    var pruned: String?
    /// The newest run that was removed because there was too much.
    var crowdedOut: String?

    enum CodingKeys: String, CodingKey {
      case pruned
      case crowdedOut = "crowded_out"
    }
  }

  let path: String
  let fileSystem: any FileSystem

  /// - Parameter state: path of the state folder.
  init(state: String, _ fileSystem: any FileSystem) {
    path = state + "/provenance"
    self.fileSystem = fileSystem
  }

  func file(of run: String) -> String { "\(path)/\(run)\(Self.suffix)" }

  /// The runs whose steps are known, the newest first: a run's id begins with its time.
  func runs() throws -> [String] {
    guard try fileSystem.status(path)?.isFolder == true else { return [] }
    return try fileSystem.names(in: path).filter { $0.hasSuffix(Self.suffix) && !$0.hasPrefix(".") }.map { String($0.dropLast(Self.suffix.count)) }.sorted(by: >)
  }

  /// Removes the files of runs that ended longer ago than `age`, and then the oldest until the rest is small enough. Files of runs under way stay.
  func prune(now: Instant, olderThan age: Duration = longest, largestBytes: Int64 = largestBytes) throws {
    var total: Int64 = 0
    var known = try removed()
    for run in try runs() {
      let file = file(of: run)
      guard let size = try fileSystem.status(file)?.sizeBytes else { continue }
      total += size
      let isOld = try fileSystem.modificationTime(file).map { $0 < now - age } ?? false
      guard isOld || total > largestBytes else { continue }
      var removed = known
      if !isOld { removed.crowdedOut = max(run, removed.crowdedOut ?? "") }
      if isOld, age < Self.longest { removed.pruned = max((now - age).text, removed.pruned ?? "") }
      try unlessInUse(file) {
        // Noted before: killed in between, the reason is known of whatever is gone. Runs come from new to old, so this is written once for each reason.
        if removed != known { try note(removed) }
        known = removed
        try fileSystem.removeFile(file)
      }
    }
  }

  private var removedFile: String { path + "/removed.json" }

  /// Throws `FileSystemError`. A file that cannot be read as one tells nothing.
  func removed() throws -> Removed {
    guard try fileSystem.status(removedFile) != nil else { return Removed() }
    let bytes = try fileSystem.read(removedFile)
    do { return try JSONDecoder().decode(Removed.self, from: Data(bytes)) } catch is DecodingError { return Removed() }
  }

  private func note(_ removed: Removed) throws {
    let bytes: [UInt8]
    do { bytes = Array(try JSONEncoder().encode(removed)) } catch { preconditionFailure("two texts are always JSON: \(error)") }
    try fileSystem.replaceDurably(removedFile, with: bytes, temporary: removedFile + ".new")
  }

  /// A run holds its file's lock while it writes.
  private func unlessInUse(_ file: String, _ remove: () throws -> Void) throws {
    let descriptor = try fileSystem.open(file, .readWrite(mode: 0o600))
    defer { fileSystem.close(descriptor) }
    if try fileSystem.lock(descriptor, offset: 0, length: 1, path: file) { try remove() }
  }
}
