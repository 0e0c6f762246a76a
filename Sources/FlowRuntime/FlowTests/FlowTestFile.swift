import FlowCore
import FlowDefinition

/// The tests of a flow: the file `NAME_test.yaml` beside `NAME.yaml`.
package struct FlowTestFile: ConfigurationRecord {
  static let parameters = Property<[NamedValue<ExpectedValue>]>("parameters", .map(of: .expectedValue), default: "", "Values of the flow's parameters in every test.")
  static let now = Property<Instant>("now", .instant, default: "2026-01-06T12:00:00Z", "Where the clock stands still.")
  static let seed = Property<Int>("seed", .integer(0...Int.max), default: "1", "The beginning of the random numbers, also of UUIDs.")
  static let tests = Property<[FlowTestCase]>.required("tests", .list(of: .record(FlowTestCase.self)), "The tests, each on its own database.")

  package static let properties = [PropertyDescriptor(parameters), PropertyDescriptor(now), PropertyDescriptor(seed), PropertyDescriptor(tests)]

  let parameters: [NamedValue<ExpectedValue>]
  let now: Instant
  let seed: Int
  package let tests: [FlowTestCase]

  package init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    parameters = values[Self.parameters]
    now = values[Self.now]
    seed = values[Self.seed]
    tests = values[Self.tests]
    var names: Set<String> = []
    var isSound = true
    for test in tests where !names.insert(test.name.text).inserted {
      reader.report(.repeatedTest, at: test.name.position, found: "a second test is called '\(test.name.text)'", expected: "a name of its own for each test")
      isSound = false
    }
    if tests.isEmpty {
      reader.report(.missingProperty, at: node.position, found: "property 'tests' is an empty list", expected: "at least one test")
      isSound = false
    }
    if !isSound { return nil }
  }

  /// `Flows/fitbit_test.yaml` for `Flows/fitbit.yaml`.
  package static func path(of flow: String) -> String {
    for suffix in [".yaml", ".yml"] where flow.hasSuffix(suffix) { return "\(flow.dropLast(suffix.count))_test\(suffix)" }
    return flow + "_test.yaml"
  }

  /// The flow whose tests the path names, if there is one beside it; blocks. Throws `FileSystemError`.
  package static func flow(ofTests path: String, _ fileSystem: any FileSystem) throws -> String? {
    for suffix in [".yaml", ".yml"] where path.hasSuffix("_test" + suffix) {
      let flow = String(path.dropLast("_test".count + suffix.count)) + suffix
      if try fileSystem.status(flow) != nil { return flow }
    }
    return nil
  }

  /// Reads the tests beside a flow; blocks. Throws `Diagnostics` for a file that is no test file, and `FileSystemError`.
  package static func read(_ path: String, _ fileSystem: any FileSystem) throws -> FlowTestFile {
    let bytes = try FlowLoader.read(path, fileSystem: fileSystem)
    return try ConfigurationFile.read(FlowTestFile.self, bytes, file: path, expected: "a map with 'tests:', a list of tests")
  }
}

/// One test: what goes in, and what is to come out.
package struct FlowTestCase: ConfigurationRecord {
  static let name = Property<PlacedName>.required("name", .placedName, "What the test promises; unique in the file.")
  static let at = Property<PlacedName>("at", .placedName, "The processor that the FlowFiles go to. Without it the flow's sources begin.")
  static let now = Property<Instant>("now", .instant, "Where the clock stands still in this test.")
  static let seed = Property<Int>("seed", .integer(0...Int.max), "The beginning of this test's random numbers.")
  static let parameters = Property<[NamedValue<ExpectedValue>]>("parameters", .map(of: .expectedValue), default: "", "Values of parameters in this test.")
  static let participants = Property<[FlowTestParticipant]>("participants", .list(of: .record(FlowTestParticipant.self)), default: "", "The batch. Default: those whom the FlowFiles name, else P0001.")
  static let flowFiles = Property<[FlowTestInput]>("flowfiles", .list(of: .record(FlowTestInput.self)), default: "", "The FlowFiles that enter at `at`.")
  static let responses = Property<[FlowTestResponse]>("responses", .list(of: .record(FlowTestResponse.self)), default: "", "What the provider answers. Each must be asked for.")
  static let files = Property<[NamedValue<String>]>("files", .map(of: .optionalText), default: "", "Files that are there at the start, by path.")
  static let expect = Property<FlowTestExpectation>.required("expect", .record(FlowTestExpectation.self), "What is to come out.")

  package static let properties = [
    PropertyDescriptor(name), PropertyDescriptor(at), PropertyDescriptor(now), PropertyDescriptor(seed), PropertyDescriptor(parameters),
    PropertyDescriptor(participants), PropertyDescriptor(flowFiles), PropertyDescriptor(responses), PropertyDescriptor(files), PropertyDescriptor(expect),
  ]

  package let name: PlacedName
  let at: PlacedName?
  let now: Instant?
  let seed: Int?
  let parameters: [NamedValue<ExpectedValue>]
  let participants: [FlowTestParticipant]
  let flowFiles: [FlowTestInput]
  let responses: [FlowTestResponse]
  let files: [NamedValue<String>]
  let expect: FlowTestExpectation

  package init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    name = values[Self.name]
    at = values.optional(Self.at)
    now = values.optional(Self.now)
    seed = values.optional(Self.seed)
    parameters = values[Self.parameters]
    participants = values[Self.participants]
    flowFiles = values[Self.flowFiles]
    responses = values[Self.responses]
    files = values[Self.files]
    expect = values[Self.expect]
    if at == nil, !flowFiles.isEmpty {
      reader.report(
        .conflictingProperties, at: name.position, found: "test '\(name.text)' has 'flowfiles' but no 'at'", expected: "the processor that they go to, such as at: extract steps")
      return nil
    }
    if at != nil, flowFiles.isEmpty {
      reader.report(.conflictingProperties, at: name.position, found: "test '\(name.text)' has 'at' but no 'flowfiles'", expected: "the FlowFiles that go to '\(at?.text ?? "")'")
      return nil
    }
  }
}
