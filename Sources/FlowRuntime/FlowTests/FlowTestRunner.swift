import FlowCore
import FlowDefinition
import FlowEngine
import Foundation
import StudyModel
import StudyObjects
import StudyParticipants
import StudyProcessors
import StudyRaw

/// Runs the tests of a flow: the flow as it is, on a machine with a stopped clock, seeded random numbers, no network, no environment variables, and
/// a database and files in a folder that is removed afterwards.
package struct FlowTestRunner: Sendable {
  /// A flow that does not come to its end is stopped after this time.
  static let limitSeconds = 30

  let flow: String
  let file: String
  let tests: FlowTestFile
  let fileSystem: any FileSystem

  /// Reads the test file beside the flow; blocks. Throws `Diagnostics` and `FileSystemError`.
  package init(_ flow: String, fileSystem: any FileSystem) throws {
    self.flow = flow
    file = FlowTestFile.path(of: flow)
    tests = try FlowTestFile.read(file, fileSystem)
    self.fileSystem = fileSystem
  }

  /// Whether there is a test file beside the flow; blocks. Throws `FileSystemError`.
  package static func hasTests(_ flow: String, fileSystem: any FileSystem) throws -> Bool { try fileSystem.status(FlowTestFile.path(of: flow)) != nil }

  package var testCount: Int { tests.tests.count }

  /// What is wrong with the flow or with what its tests name; blocks.
  package func problems() throws -> [Diagnostic] {
    var problems: [Diagnostic] = []
    for test in tests.tests {
      switch try graph(for: test) {
      case .failure(let found): problems += found.all.filter { !problems.contains($0) }
      case .success(let graph):
        var names = FlowTestNames(file: file, graph: graph)
        names.check(test)
        problems += names.problems
      }
      for content in test.flowFiles.map(\.content) + test.responses.map(\.body) {
        do { _ = try content.bytes(besides: file, fileSystem) } catch let found as Diagnostics { problems += found.all }
      }
    }
    return problems
  }

  /// Runs every test, one after the other. The flow and its tests must have no `problems`.
  package func results() async throws -> [FlowTestResult] {
    let clock = DispatchTimeSource()
    var results: [FlowTestResult] = []
    for test in tests.tests {
      let began = clock.monotonic
      let differences = try await differences(in: test)
      results.append(
        FlowTestResult(flow: flow, file: file, line: test.name.position.line, test: test.name.text, differences: differences, duration: clock.monotonic - began))
    }
    return results
  }

  // MARK: One test

  private func differences(in test: FlowTestCase) async throws -> [FlowTestDifference] {
    let folder = FileManager.default.temporaryDirectory.appending(path: "flowrun-test-\(FlowFileID(SystemRandomSource()).text)").path(percentEncoded: false)
    try fileSystem.makeFolder(folder)
    return try await withClosing {
      do {
        return try await differences(in: test, folder)
      } catch let problems as Diagnostics {
        return problems.all.map { FlowTestDifference("test", expected: "a flow that begins", found: $0.message) }
      } catch let error as ProcessorError {
        return [FlowTestDifference("test", expected: "a flow that begins", found: error.description)]
      } catch let stop as StopRun {
        return [FlowTestDifference("test", expected: "a flow that begins", found: stop.message)]
      }
    } close: {
      try fileSystem.removeFolder(folder)
    }
  }

  private func differences(in test: FlowTestCase, _ folder: String) async throws -> [FlowTestDifference] {
    let files = TestFolderFiles(base: fileSystem, folder: folder)
    let answers = TestAnswers(try test.responses.map(answer))
    let machine = machine(for: test, files: files, transport: answers)
    let source = try graph(for: test).get()
    let graph = Self.isolated(source, in: folder)
    let environment = environment(machine, graph, isSimulated: Simulation.isWanted(by: source))
    let batch = FlowTestBatch(test, now: tests.now)
    try place(test.files, files)
    for service in graph.services where service.isProvider { try batch.write(to: service.values[ProviderProperties.participants], files, isSimulated: Simulation.isWanted(by: source)) }
    let trace = FlowTestTrace()
    let services = try ServiceDirectory(graph, environment)
    environment.shared.put(ProtectedPaths(of: graph, services, state: "state", errors: "errors"))
    var comparison = FlowTestComparison(test.expect)
    let (result, tables) = try await withClosing {
      let processors = try services.makeProcessors(graph, environment)
      try await environment.contents.lane.run { try environment.contents.prepare() }
      try await services.prepare(isSimulated: Simulation.isWanted(by: source))
      let injected = try await inject(test, batch, graph, services, environment)
      let flow = Flow(
        graph: graph, processors: processors, environment: environment, errors: trace, injected: injected, triggersSources: test.at == nil, listener: trace.listener)
      let limit = DispatchTimeSource().schedule(after: .seconds(Self.limitSeconds)) {
        trace.cutOff()
        flow.stopNow()
      }
      let result = await flow.run()
      limit.cancel()
      return (result, try await rows(test, graph, services))
    } close: {
      (machine.executor as? OrderlyExecutor)?.end()
      try await services.close()
    }
    comparison.compare(result, trace)
    for (table, found) in zip(test.expect.rows, tables) { comparison.compare(found, of: table.name, with: table.value) }
    comparison.compare(answers, responses: test.responses)
    try comparison.compare { path in try files.status(path) == nil ? nil : String(decoding: try files.read(path), as: UTF8.self) }
    return comparison.differences
  }

  private func place(_ given: [NamedValue<String>], _ files: TestFolderFiles) throws {
    for file in given {
      if let slash = file.name.lastIndex(of: "/") { try files.makeFolder(String(file.name[..<slash])) }
      try files.writeDurably(Array(file.value.utf8), to: file.name)
    }
  }

  /// Gives the test's FlowFiles to the flow, as a replay does: each participant is leased.
  private func inject(
    _ test: FlowTestCase, _ batch: FlowTestBatch, _ graph: FlowGraph, _ services: ServiceDirectory, _ environment: RuntimeEnvironment
  ) async throws -> [InjectedFlowFile] {
    guard let at = test.at, let processor = graph.index(of: at.text) else { return [] }
    for name in batch.participants.map(\.name) {
      for provider in services.providers { _ = try await provider.lease(name) }
    }
    return try test.flowFiles.map { input in
      var flowFile = FlowFile(id: FlowFileID(environment.random), lineage: LineageID(0), created: environment.time.now)
      if !services.providers.isEmpty { try batch.setAttributes(of: &flowFile, for: input) }
      for attribute in input.attributes { flowFile[attribute.name] = attribute.value }
      let bytes = try input.content.bytes(besides: file, fileSystem)
      return InjectedFlowFile(id: flowFile.id, attributes: flowFile.attributes, content: bytes.isEmpty ? .empty : .bytes(bytes), processor: processor)
    }
  }

  /// The rows of the expected tables, in the order of the expectation.
  private func rows(_ test: FlowTestCase, _ graph: FlowGraph, _ services: ServiceDirectory) async throws -> [FlowTestRows] {
    var found: [FlowTestRows] = []
    for expected in test.expect.rows {
      var rows = FlowTestRows(RecordBatch(columns: [], count: 0))
      for use in graph.tableUses() where use.table.name == expected.name {
        guard let store = services.store(use.service) else { continue }
        let owned = try await store.reading { reader in
          var owned: [FlowTestRows] = []
          for participant in try await reader.participants() { owned.append(FlowTestRows(try await reader.rows(of: participant, in: use.table), owner: participant)) }
          return owned
        }
        rows.rows += (owned ?? []).flatMap(\.rows)
        break
      }
      found.append(rows)
    }
    return found
  }
}
