import FlowCore
import FlowDefinition
import StudyModel
import StudyObjects
import StudyParticipants
import StudyProcessors
import StudyRaw

/// What a test runs on.
extension FlowTestRunner {
  /// Blocks. Throws `FileSystemError` if the flow file cannot be read.
  func graph(for test: FlowTestCase) throws -> Result<FlowGraph, Diagnostics> {
    var given: [String: ParameterValue] = [:]
    for parameter in tests.parameters + test.parameters {
      given[parameter.name] = ParameterValue(
        text: parameter.value.text ?? "", isFromFile: true, place: GivenPlace(file: file, position: parameter.position, subject: "parameter '\(parameter.name)'"))
    }
    do {
      let machine = machine(for: test, files: fileSystem, transport: NoTransport())
      return try FlowSource(flow, given: given, fileSystem: fileSystem).graph(on: machine)
    } catch let problems as Diagnostics {
      return .failure(problems)
    }
  }

  func machine(for test: FlowTestCase, files: any FileSystem, transport: any HTTPTransport) -> Machine {
    let clock = TestClock(start: test.now ?? tests.now)
    var machine = Machine(
      time: clock, random: SeededRandomSource(seed: UInt64(test.seed ?? tests.seed)), fileSystem: files, transport: transport,
      executor: OrderlyExecutor(clock: clock), lane: { _ in OrderlyLane() })
    machine.hostName = { _ in "test" }
    machine.address = { "127.0.0.1" }
    machine.hostID = { "test" }
    return machine
  }

  func environment(_ machine: Machine, _ graph: FlowGraph, isSimulated: Bool) -> RuntimeEnvironment {
    let environment = machine.environment(run: "test", flowSHA256: graph.sha256)
    environment.shared.put(RunStateFolder(path: "state", flow: graph.name))
    environment.shared.put(
      ContentFolder(folder: "state/content", run: environment.run, fileSystem: environment.fileSystem, lane: environment.lane("contents")))
    environment.shared.put(isSimulated ? RunKind.simulated : .real)
    environment.shared.put(ParticipantRegister())
    return environment
  }

  func answer(_ response: FlowTestResponse) throws -> TestAnswers.Answer {
    var headers = HTTPHeaders([("Content-Type", "application/json")])
    for header in response.headers { headers[header.name] = header.value }
    return TestAnswers.Answer(
      pattern: response.url.text, method: response.method,
      response: HTTPResponse(status: response.status, headers: headers, body: try response.body.bytes(besides: file, fileSystem)), left: response.times)
  }

  /// The flow with everything that is outside of it in the test's folder.
  static func isolated(_ graph: FlowGraph, in folder: String) -> FlowGraph {
    var graph = Simulation.addressed(graph)
    var databases: [String] = []
    for index in graph.services.indices {
      let service = graph.services[index]
      var values = service.values
      func moved(_ url: Property<String>) { if !values[url].isEmpty { values = values.replacing(url, with: "\(folder)/\(service.name)") } }
      if ServiceCatalog.isStore(service) {
        let location = values[DatabaseDeclaration.path]
        if !databases.contains(location) { databases.append(location) }
        values = values.replacing(DatabaseDeclaration.path, with: "\(folder)/database-\(databases.firstIndex(of: location) ?? 0).sqlite")
      } else if service.isProvider {
        values = values.replacing(ProviderProperties.participants, with: "\(folder)/batch-\(service.name)")
      } else if service.type == RawStorage.descriptor.type {
        moved(RawStorage.url)
      } else if service.type == RecordObjects.descriptor.type {
        moved(RecordObjects.url)
      } else if service.type == WarehouseDeclaration.descriptor.type {
        // The flow's own database is the warehouse.
        values = values.replacing(WarehouseDeclaration.url, with: "")
      }
      graph.services[index].values = values
    }
    return graph
  }
}

/// The participants of a test.
struct FlowTestBatch {
  let participants: [FlowTestParticipant]
  private let now: Instant

  init(_ test: FlowTestCase, now: Instant) {
    self.now = test.now ?? now
    var names: [String] = []
    for name in test.flowFiles.compactMap(\.participant) where !names.contains(name) { names.append(name) }
    let named = names.isEmpty ? [Self.usualName] : names
    participants = test.participants.isEmpty ? named.map { FlowTestParticipant(name: $0) } : test.participants
  }

  private static let usualName = "P0001"

  /// Writes a participant file for each, with tokens that are live for a day.
  func write(to folder: String, _ files: TestFolderFiles, isSimulated: Bool) throws {
    try files.makeFolder(folder)
    for participant in participants {
      let enrolled = enrolled(participant)
      let token = "test-\(participant.name)"
      var members = [
        ("participant", participant.name), ("refresh_token", token), ("previous_sync", (participant.previousSync ?? enrolled).text), ("enrolled", enrolled.text),
        ("access_token", "test"), ("access_token_expires", (now + .seconds(86_400)).text),
      ]
      if let zone = participant.zone { members.append(("zone", zone.name)) }
      if isSimulated { members.append(("provider", ParticipantFile.simulator)) }
      let digest = TokenRecord(refreshToken: token).refreshTokenDigest
      let text =
        "{" + members.map { "\(JSONText.quoted($0.0)): \(JSONText.quoted($0.1))" }.joined(separator: ", ")
        + ", \"token\": {\"state\": \"live\", \"refresh_token_sha256\": \"\(digest)\"}}"
      try files.writeDurably(Array(text.utf8), to: "\(folder)/\(participant.name).json")
    }
  }

  private func enrolled(_ participant: FlowTestParticipant) -> Instant { participant.enrolled ?? participant.previousSync ?? now - .seconds(86_400) }

  /// The attributes that a FlowFile has behind ReadTokenFile, GetLatestSync, SliceTimeRange and InvokeEndpoint.
  func setAttributes(of flowFile: inout FlowFile, for input: FlowTestInput) throws {
    let participant = participants.first { $0.name == input.participant } ?? participants[0]
    flowFile[AttributeName.participant] = participant.name
    flowFile[AttributeName.zone] = participant.zone?.name ?? "UTC"
    flowFile[AttributeName.enrolled] = enrolled(participant).text
    flowFile[AttributeName.previousSync] = (participant.previousSync ?? enrolled(participant)).text
    flowFile[AttributeName.latestSync] = now.text
    flowFile[AttributeName.fetchedAt] = now.text
    guard let slice = input.slice else { return }
    flowFile[AttributeName.dataType] = slice.dataType
    flowFile[AttributeName.sliceZone] = slice.zone.name
    flowFile = try flowFile.narrowed(to: [slice.part])
  }
}
