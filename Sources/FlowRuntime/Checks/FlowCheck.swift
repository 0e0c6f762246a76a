import FlowCore
import FlowFileSystem
import FlowObjects
import StudyModel
import StudyObjects
import StudyParticipants
import StudyRaw

/// Looks at everything outside the flow file that a run needs: folders, space, participants, stores, storages, provider, clock.
///
/// It changes no token, and leaves nothing behind: what it writes to try a folder or a storage is removed at once. A trouble is a finding, and the
/// checks after it are still made.
package struct FlowCheck: Sendable {
  let graph: FlowGraph
  let errors: String
  let state: String
  let machine: Machine
  let environment: RuntimeEnvironment
  let isSimulated: Bool

  /// - Parameters:
  ///   - errors: folder for error entries.
  ///   - state: folder for the history of runs.
  ///   - machine: with a transport; the caller closes it.
  package init(_ graph: FlowGraph, errors: String, state: String, on machine: Machine) {
    self.graph = Simulation.addressed(graph)
    isSimulated = Simulation.isWanted(by: graph)
    self.errors = errors
    self.state = state
    self.machine = machine
    environment = machine.toolEnvironment
    environment.shared.put(RunStateFolder(path: state))
  }

  /// Makes every check, in a fixed order. Waits for the network no longer than its timeouts.
  package func report() async -> CheckReport {
    var findings = [CheckFinding.ok("flow file", "\(graph.file): valid, \(graph.processors.count) processors")]
    do {
      let services = try ServiceDirectory(graph, environment, faultPoint: machine.faultPoint)
      let providers = services.providers.compactMap { $0 as? OAuthProvider }
      findings += await folders(services, providers)
      for provider in providers { findings += await participants(of: provider) }
      findings += await space(findings, services)
      findings += await paths(services)
      for (name, store) in services.namedStores { findings += await look(at: store, name) }
      findings += await storages(services)
      for provider in providers { findings += await reach(provider) }
    } catch {
      findings += CheckFinding.failed("services", error)
    }
    return CheckReport(findings)
  }

  // MARK: Folders

  private func folders(_ services: ServiceDirectory, _ providers: [OAuthProvider]) async -> [CheckFinding] {
    var findings = [await folder("error folder", errors), await folder("state folder", state)]
    for provider in providers where !isMadeByTheRun(provider.store.path) {
      // A batch that is missing is a finding of its own.
      guard await exists(provider.store.path) else { continue }
      findings.append(await folder("participants folder", provider.store.path))
    }
    for path in services.stores.compactMap(\.localPath) {
      findings.append(await folder("database folder", Self.folder(ofDatabase: path)))
    }
    return findings
  }

  private static func folder(ofDatabase path: String) -> String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "." }

  /// Whether the flow's own folders are others than those of the run. Nothing is said of a flow that names none.
  private func paths(_ services: ServiceDirectory) async -> [CheckFinding] {
    let check = "flow folders", named = graph.processors.flatMap(\.paths).map(\.path)
    if named.isEmpty { return [] }
    let protected = ProtectedPaths(of: graph, services, state: state, errors: errors)
    do {
      let problems = try await environment.lane("check").run { [graph, environment] in try protected.problems(of: graph, environment.fileSystem) }
      guard problems.isEmpty else { return CheckFinding.failed(check, Diagnostics(problems), exit: .misconfigured) }
      return [.ok(check, "\(Set(named).sorted().joined(separator: ", ")): none belongs to the run itself")]
    } catch {
      return CheckFinding.failed(check, error, exit: .failed)
    }
  }

  /// Whether files can be written there.
  func folder(_ check: String, _ path: String) async -> CheckFinding {
    let trial = FolderTrial(environment.fileSystem, environment.random)
    var finding: CheckFinding
    do {
      finding = .ok(check, try await environment.lane("check").run { try trial.run(path.isEmpty ? "/" : path) })
    } catch {
      finding = .failed(check, "\(error)", next: "make it writable for this user, or name another one", exit: .failed)
    }
    finding.folder = path
    return finding
  }

  private func exists(_ path: String) async -> Bool {
    let fileSystem = environment.fileSystem
    return (try? await environment.lane("check").run { try fileSystem.status(path)?.isFolder }) == true
  }

  /// The first run with the bundled simulator makes its batch.
  func isMadeByTheRun(_ path: String) -> Bool { isSimulated && (try? environment.fileSystem.status(path)) == nil }

  // MARK: Space

  private func space(_ found: [CheckFinding], _ services: ServiceDirectory) async -> [CheckFinding] {
    // Without a batch nobody knows how much is to be collected.
    guard !found.contains(where: { $0.exit == .misconfigured }), !graph.services.contains(where: isMissingBatch) else { return [] }
    let survey = SpaceSurvey(graph: graph, request: RunRequest(graph: graph, errors: errors, state: state), environment: environment)
    let check = SpaceCheck(environment.fileSystem)
    // Where nothing can be written, the room of the folder above it says nothing.
    let closed = Set(found.filter { $0.status == .failed }.compactMap(\.folder)), databases = Set(services.stores.compactMap(\.localPath))
    do {
      let needs = try await survey.needs(isSimulated: isSimulated).filter { need in
        !closed.contains(databases.contains(need.path) ? Self.folder(ofDatabase: need.path) : need.path)
      }
      let free = try await environment.lane("check").run { needs.map { check.free(at: $0.path) } }
      return zip(needs, free).map { need, free in
        let needed = "\(need.subject) needs about \(SpaceCheck.text(need.bytes)) (\(need.reason))"
        guard let free else { return .warn("space", "\(needed); how much is free there is not known", next: "see that it is enough") }
        let finding = "\(needed), \(SpaceCheck.text(free)) are free there"
        return free < need.bytes ? .failed("space", finding, next: SpaceCheck.remedy(need, free), exit: .failed) : .ok("space", finding)
      }
    } catch {
      return CheckFinding.failed("space", error)
    }
  }

  private func isMissingBatch(_ service: ServiceDeclaration) -> Bool {
    service.isProvider && isMadeByTheRun(service.values[ProviderProperties.participants])
  }
}

/// Tries whether files can be written to a folder.
private struct FolderTrial: Sendable {
  private let fileSystem: any FileSystem
  private let random: any RandomSource

  init(_ fileSystem: any FileSystem, _ random: any RandomSource) {
    self.fileSystem = fileSystem
    self.random = random
  }

  /// Writes a file and removes it, in the folder or, if there is none yet, in the nearest one above it. Returns what was found. Blocks.
  func run(_ path: String) throws -> String {
    var existing = path
    while try fileSystem.status(existing) == nil, let above = Self.parent(of: existing) { existing = above }
    guard try fileSystem.status(existing)?.isFolder == true else {
      throw FileSystemError(operation: "write to", path: existing, errno: 20, reason: "it is not a folder")
    }
    // Hidden: the names of participants and entries begin otherwise.
    let file = "\(existing)/.flowrun-check-\(Hexadecimal.text(random.next(), width: 16))"
    do {
      try fileSystem.writeDurably(Array("flowrun check\n".utf8), to: file)
    } catch {
      // It may have been made before writing failed.
      if (try? fileSystem.status(file)) != nil { _ = try? fileSystem.removeFile(file) }
      throw error
    }
    try fileSystem.removeFile(file)
    return existing == path ? "\(path): writable" : "\(path): not there yet; \(existing) is writable, and the first run makes it"
  }

  private static func parent(of path: String) -> String? {
    guard path != ".", path != "/" else { return nil }
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
