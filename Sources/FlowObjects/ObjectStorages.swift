import FlowCore

/// Makes the storage for a location: a folder's path, or `s3://BUCKET/PREFIX`.
package enum ObjectStorages {
  /// As many as a run uploads at once.
  private static let writersOfFolder = 16

  /// Does no I/O. Throws `Diagnostics` for a location that cannot be used.
  package static func make(_ location: String, environment: RuntimeEnvironment) throws -> any ObjectStorage {
    let problems = locationProblems(location)
    guard problems.isEmpty else { throw Diagnostics(problems) }
    let lane = environment.lane("objects")
    guard isBucket(location) else {
      return FolderStorage(
        location, fileSystem: environment.fileSystem, lane: lane, writing: (0..<writersOfFolder).map { environment.lane("objects \($0)") },
        random: environment.random)
    }
    return S3Storage(
      try S3Configuration(location, variable: environment.variable), transport: environment.transport, time: environment.time,
      random: environment.random, fileSystem: environment.fileSystem, lane: lane)
  }

  /// Everything that is wrong with a location, found without I/O; empty if `make` succeeds.
  /// - Parameter variable: the environment, in which the credentials and the endpoint of S3 are.
  package static func problems(of location: String, variable: (String) -> String?) -> [Diagnostic] {
    let problems = locationProblems(location)
    guard problems.isEmpty, isBucket(location) else { return problems }
    do throws(Diagnostics) {
      _ = try S3Configuration(location, variable: variable)
      return []
    } catch {
      return error.all
    }
  }

  /// Whether a location is on S3 rather than in a folder.
  package static func isBucket(_ location: String) -> Bool { location.hasPrefix(S3Configuration.scheme) }

  private static func locationProblems(_ location: String) -> [Diagnostic] {
    func problem(_ found: String) -> [Diagnostic] {
      [Diagnostic(.objectLocation, subject: "storage '\(ObjectKey.shown(location))'", found: found, expected: "the path of a folder, or s3://BUCKET/PREFIX")]
    }
    if location.isEmpty { return problem("it is empty") }
    if location.unicodeScalars.contains(where: ObjectKey.isControl) { return problem("it has a control character") }
    let scheme = location.firstRange(of: "://").map { location[..<$0.lowerBound] }
    if let scheme, !isBucket(location), scheme.allSatisfy({ $0.isLetter || $0.isNumber || "+-.".contains($0) }) {
      return problem("its scheme is '\(scheme)'")
    }
    return []
  }
}
