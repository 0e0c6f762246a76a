import FlowCore
import StudyModel

/// A history, and a note in the state folder that says where it is kept, so that `flowrun runs` finds it without the flow.
struct NotedRunHistory: RunHistory {
  private static let limitBytes = 4096

  private let history: any RunHistory
  private let location: String?
  private let folder: String
  private let fileSystem: any FileSystem
  private let lane: any Lane

  /// - Parameter location: nil if the history is in the state folder itself.
  init(_ history: any RunHistory, at location: String?, in folder: String, _ environment: RuntimeEnvironment) {
    self.history = history
    self.location = location
    self.folder = folder
    fileSystem = environment.fileSystem
    lane = environment.lane("run history")
  }

  private static func path(in folder: String) -> String { folder + "/history" }

  /// Where the last run of a state folder kept its history; nil if in the folder itself.
  static func location(in folder: String, _ fileSystem: any FileSystem) throws -> String? {
    guard try fileSystem.status(path(in: folder)) != nil else { return nil }
    let text = String(decoding: try fileSystem.read(path(in: folder), limitBytes: limitBytes), as: UTF8.self)
    return text.split(whereSeparator: \.isNewline).first.map(String.init)
  }

  func begin(run: String, flow: String, file: String, sha256: String, started: Instant) async throws {
    try await lane.run { [self] in try note(run) }
    try await history.begin(run: run, flow: flow, file: file, sha256: sha256, started: started)
  }

  /// Throws `StopRun`. Several runs may begin at once: each has a temporary file of its own, and each writes the same.
  private func note(_ run: String) throws {
    let path = Self.path(in: folder)
    do {
      if let location {
        try fileSystem.makeFolder(folder)
        guard try Self.location(in: folder, fileSystem) != location else { return }
        try fileSystem.replaceDurably(path, with: Array((location + "\n").utf8), temporary: "\(path).\(run).new")
      } else if try fileSystem.status(path) != nil {
        try removeUnlessGone(path)
      }
    } catch let error as FileSystemError {
      throw StopRun(.failed, .disk, "\(error); expected a writable state folder; make room or give access to it, or name another with --state")
    }
  }

  /// Another run may have removed it meanwhile.
  private func removeUnlessGone(_ path: String) throws {
    do {
      try fileSystem.removeFile(path)
    } catch let error as FileSystemError {
      guard try fileSystem.status(path) == nil else { throw error }
    }
  }

  func hasBegun(_ run: String) -> Bool { history.hasBegun(run) }
  func finish(report: RunReport, bulletins: [Bulletin]) async throws { try await history.finish(report: report, bulletins: bulletins) }
  func prune(olderThan age: Duration) async throws -> Int { try await history.prune(olderThan: age) }
  func runs(limit: Int) async throws -> [RunSummary] { try await history.runs(limit: limit) }
  func report(run: String?) async throws -> RunReport? { try await history.report(run: run) }
  func bulletins(run: String?) async throws -> [Bulletin] { try await history.bulletins(run: run) }
  func cutWaitsShort() { history.cutWaitsShort() }
}
