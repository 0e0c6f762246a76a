import FlowCore
import FlowImport
import Foundation
import Testing

@Suite("The report of an import says what differs")
struct ReportTests {
  private typealias Bench = ImportBench

  private static func make(_ more: [String: Any] = [:]) -> [String: Any] { Bench.processor("make", "standard.GenerateFlowFile", ["Custom Text": "a"], more) }
  private static var log: [String: Any] { Bench.processor("log", "standard.LogAttribute", [:], ["autoTerminatedRelationships": ["success"]]) }

  private static func connected(_ settings: [String: Any]) throws -> ImportedFlow {
    try Bench.imported(Bench.definition([make(), log], [Bench.connection("c", "make", "log", ["success"], settings)]))
  }

  // MARK: What is elsewhere

  @Test("a group whose contents only a registry has is dropped, and the report says where they are", arguments: [
    (["registryUrl": "https://me:hunter2@r/nifi", "flowId": "f", "bucketId": "b", "version": 3], "(flow f, version 3, bucket b, registry https://r/nifi)"), (["registryId": "r", "flowId": "f", "version": "x"], "(flow f, version x, registry r)"),
  ] as [([String: any Sendable], String)])
  func registry(_ coordinates: [String: any Sendable], _ place: String) throws {
    let group: [String: Any] = ["identifier": "v", "name": "v", "versionedFlowCoordinates": coordinates.mapValues { $0 as Any }, "processors": [Any]()]
    let flow = try Bench.imported(Bench.definition([Self.make()], [Bench.connection("c", "make", "in", ["success"])], group: ["processGroups": [group]]))
    let component = try flow.component("v")
    #expect(component.status == .dropped && component.notes.count == 1 && component.notes[0].hasPrefix("its contents are not in this file but in a registry \(place): download the flow definition of this group"), "\(component)")
    #expect(try flow.component("c").status == .dropped)
  }

  @Test("a group of a registry with its contents is converted")
  func versioned() throws {
    let group: [String: Any] = ["identifier": "v", "name": "v", "versionedFlowCoordinates": ["flowId": "f"], "processors": [Self.log]]
    #expect(try Bench.imported(Bench.definition([Self.make()], group: ["processGroups": [group]])).component("v").status == .converted)
  }

  @Test("settings of a processor that have no counterpart are in the report where they are not NiFi's", arguments: [
    (["bulletinLevel": "ERROR"], "its bulletin level of ERROR has no counterpart: bulletins are warnings and errors"), (["bulletinLevel": "WARN"], nil), (["runDurationMillis": 25], "its run duration of 25 ms has no counterpart: it is about speed only"),
    (["runDurationMillis": 0], nil),
  ] as [([String: any Sendable], String?)])
  func settings(_ settings: [String: any Sendable], _ note: String?) throws {
    let component = try Bench.imported(Bench.definition([Self.make(settings.mapValues { $0 as Any })])).component("make")
    #expect(note.map(component.notes.contains) ?? !component.notes.contains { $0.contains("no counterpart") }, "\(component)")
  }

  @Test("a port that makes its group fail is partial")
  func failurePort() throws {
    let component = try Bench.imported(Bench.definition([Self.make()], group: ["outputPorts": [["identifier": "o", "name": "o", "portFunction": "FAILURE"]]])).component("o")
    #expect(component.notes.contains { $0.hasPrefix("its port function is FAILURE") } && component.status != .converted)
  }

  @Test("a processor without a type says so")
  func withoutType() throws { #expect(try Bench.imported(Bench.definition([["identifier": "a", "name": "a"]])).component("a").notes.contains("the file does not say of which type it is")) }

  @Test("queues without a threshold are told once, of the flow")
  func unlimited() throws {
    let flow = try Self.connected(["backPressureObjectThreshold": 0, "backPressureDataSizeThreshold": "0 B"])
    #expect(try flow.component("c").status == .converted && flow.general.count { $0.hasPrefix("queues without a threshold") } == 1 && flow.components[0].status == .partial)
  }

  @Test("a reference to a parameter that does not end is a text, as in NiFi", arguments: [("x#{a", "x##{a"), ("#{a} #{b", "#{a} ##{b")])
  func unclosed(_ text: String, _ written: String) throws {
    let context: [String: Any] = ["name": "x", "parameters": [["name": "a", "value": "v"]]]
    let make = Bench.processor("make", "standard.GenerateFlowFile", ["Custom Text": text], ["autoTerminatedRelationships": ["success"]])
    let flow = try Bench.imported(Bench.definition([make], group: ["parameterContextName": "x"], top: ["parameterContexts": ["x": context]]))
    #expect(flow.yaml.contains("      content: \"\(written)\"\n") && Bench.problems(of: Array(flow.yaml.utf8)).isEmpty, "\(flow.yaml)")
  }

  // MARK: Queues and units

  @Test("sizes and times are read as NiFi reads them: white space around them and case mean nothing", arguments: [
    ("10 MB ", "success: { then: log, queue: { bytes: 10 MB } }"), (" 5 gb", "success: { then: log, queue: { bytes: 5 gb } }"), ("1 GB", "success: log"), (" 1 gb ", "success: log"),
  ])
  func sizes(_ size: String, _ written: String) throws {
    let flow = try Self.connected(["backPressureDataSizeThreshold": size])
    #expect(flow.yaml.contains("      \(written)\n"), "\(flow.yaml)")
    #expect(try flow.component("c").status == .converted && Bench.problems(of: Array(flow.yaml.utf8)).isEmpty)
  }

  @Test("a size or a time that is none is named, and stands for no default silently", arguments: [
    ("backPressureDataSizeThreshold", "much", "'much' is no size that flowrun knows"), ("flowFileExpiration", "soon", "FlowFiles expire after soon in NiFi"),
    ("flowFileExpiration", " 5 MINS ", "FlowFiles expire after 5 MINS in NiFi"),
  ])
  func oddUnits(_ setting: String, _ value: String, _ note: String) throws {
    let component = try Self.connected([setting: value]).component("c")
    #expect(component.status == .partial && component.notes.contains { $0.contains(note) }, "\(component)")
  }

  @Test("nothing expires after no time, however it is written", arguments: ["0 sec", "0 SEC", " 0 mins", "0 ns", ""])
  func neverExpires(_ value: String) throws { #expect(try Self.connected(["flowFileExpiration": value]).component("c").status == .converted) }

  @Test("durations of schedules, retries and properties, in capitals and with white space")
  func durations() throws {
    let ask = Bench.processor(
      "ask", "standard.InvokeHTTP", ["HTTP URL": "http://127.0.0.1/", "Socket Read Timeout": " 9 SECS "],
      ["schedulingPeriod": "5 MINS ", "retriedRelationships": ["Failure"], "retryCount": 2, "penaltyDuration": "1 Min", "maxBackoffPeriod": "2 HRS"])
    let flow = try Bench.imported(Bench.definition([ask]))
    #expect(flow.yaml.contains("schedule: { every: 5m }\n") && flow.yaml.contains("socket_read_timeout: 9s\n") && flow.yaml.contains("retry: { attempts: 3, backoff: 1m, max_backoff: 2h, on: [failure] }\n"), "\(flow.yaml)")
  }

  @Test("retries that flowrun does not have are named", arguments: [
    (["retryCount": 5000], "5000 retries; flowrun allows 1000 attempts"), (["retryCount": 2, "penaltyDuration": "a while"], "'a while' is no duration that flowrun knows: `retry` has 30s"),
    (["retryCount": 2, "maxBackoffPeriod": "a while"], "'a while' is no duration that flowrun knows: `retry` has 10m"),
  ] as [([String: any Sendable], String)])
  func retries(_ settings: [String: any Sendable], _ note: String) throws {
    let flow = try Bench.imported(Bench.definition([Self.make(["retriedRelationships": ["success"]].merging(settings.mapValues { $0 as Any }) { $1 })]))
    #expect(try flow.component("make").status == .partial && flow.component("make").notes.contains(note), "\(flow.components)")
  }

  @Test("of a way through a port the first queue is kept; that another one is not is said at its connection")
  func queues() throws {
    let inner: [String: Any] = [
      "identifier": "i", "name": "i", "inputPorts": [["identifier": "in", "name": "in"]], "processors": [Self.log],
      "connections": [Bench.connection("second", "in", "log", [], ["backPressureObjectThreshold": 7])],
    ]
    let flow = try Bench.imported(
      Bench.definition([Self.make()], [Bench.connection("first", "make", "in", ["success"], ["backPressureObjectThreshold": 20])], group: ["processGroups": [inner]]))
    #expect(flow.yaml.contains("      success: { then: log, queue: { count: 20 } }\n"))
    #expect(try flow.component("first").status == .converted)
    #expect(try flow.component("second").status == .partial && flow.component("second").notes.contains { $0.hasPrefix("its queue has no counterpart") })
  }

  // MARK: The flow as a whole

  @Test("a source that NiFi triggers all the time runs once a run, and counts among the schedules")
  func continuous() throws {
    let end = ["autoTerminatedRelationships": ["success"]]
    let always = Bench.processor("always", "standard.GenerateFlowFile", [:], end)
    let alone = try Bench.imported(Bench.definition([always]))
    #expect(try alone.component("always").notes == ["NiFi triggers it all the time; here each run triggers it once: `schedule` has it run again under flowrun serve"])
    #expect(alone.general.isEmpty)
    let hourly = Bench.processor("hourly", "standard.GenerateFlowFile", [:], ["schedulingPeriod": "1 hour"].merging(end.mapValues { $0 as Any }) { $1 })
    #expect(try Bench.imported(Bench.definition([always, hourly])).general.contains { $0.contains("triggers all sources") })
  }

  @Test("what concerns the flow as a whole is at its outermost group")
  func general() throws {
    let context: [String: Any] = ["name": "x", "parameters": [["name": "gone", "value": NSNull(), "sensitive": false]]]
    let flow = try Bench.imported(
      Bench.definition(
        [Bench.processor("make", "standard.GenerateFlowFile", ["Custom Text": "#{gone}"], ["autoTerminatedRelationships": ["success"]])], group: ["parameterContextName": "x"],
        top: ["parameterContexts": ["x": context]]))
    #expect(!flow.general.isEmpty)
    let root = try #require(flow.components.first)
    #expect(root.type == "PROCESS_GROUP" && root.id == "g" && root.status == .partial && flow.general.allSatisfy(root.notes.contains), "\(root)")
  }

  @Test("of more notes than anybody reads, the report says how many there are")
  func manyNotes() throws {
    let properties = Dictionary(uniqueKeysWithValues: (100..<250).map { ("Later \($0)", "x") })
    let flow = try Bench.imported(Bench.definition([Bench.processor("p", "standard.LogAttribute", properties, ["propertyDescriptors": properties.mapValues { _ in ["dynamic": false] }])]))
    let notes = try flow.component("p").notes
    let more = try #require(notes.last?.firstMatch(of: #/^… (\d+) more$/#)?.1)
    #expect(notes.count == 101 && (Int(more) ?? 0) >= 50, "\(notes.suffix(2))")
  }

  @Test("comments of groups are comments of the flow file")
  func comments() throws {
    let inner: [String: Any] = ["identifier": "i", "name": "sorting", "comments": "By age.\nAnd name.", "processors": [Self.log]]
    let yaml = try Bench.imported(Bench.definition([Self.make()], group: ["comments": "All people.", "processGroups": [inner]])).yaml
    #expect(yaml.contains("# sorting: By age.\n# And name.\n") && yaml.contains("summary: All people.\n"), "\(yaml)")
  }

  // MARK: Names

  @Test("a name that is longer than YAML allows makes a placeholder, and the flow file can be read", arguments: ["a", "é", "😀", "\u{1}", "\""])
  func longNames(_ character: String) throws {
    let name = String(repeating: character, count: 1100)
    let processors = [
      Bench.processor("p", "attributes.UpdateAttribute", [name: "v", name + "2": "w"], ["autoTerminatedRelationships": ["success"]]), Bench.processor("q", "standard.Other", [name: "v"]),
      Bench.processor("r", "standard.RouteOnAttribute", ["a": "${b}"], ["autoTerminatedRelationships": [name]]), Self.log,
    ]
    let flow = try Bench.imported(Bench.definition(processors, [Bench.connection("c", "q", "log", [name])]))
    for problem in Bench.problems(of: Array(flow.yaml.utf8)) { #expect(!problem.code.id.hasPrefix("E01"), "\(problem)") }
    #expect(try flow.component("p").status == .placeholder && flow.component("p").notes.contains { $0.contains("longer than a flow file can have it") })
    #expect(flow.yaml.matches(of: #/\n        ".*…( \d)?": [vw]/#).count == 3, "\(flow.yaml)")
    #expect(try flow.component("q").notes.contains { $0.contains("is cut off") } && flow.component("r").notes.contains { $0.contains("is cut off") })
  }
}
