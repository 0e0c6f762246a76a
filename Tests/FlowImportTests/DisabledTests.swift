import FlowCore
import FlowImport
import Foundation
import Testing

@Suite("What NiFi never runs does not run before a person has decided")
struct DisabledTests {
  private typealias Bench = ImportBench

  /// A processor that would delete files, in a definition and a template.
  private static func deleting(_ state: String, type: String = "GetFile") throws -> [ImportedFlow] {
    let source = Bench.processor(
      "get", "standard.\(type)", ["Input Directory": "/data", "Keep Source File": "false"],
      ["scheduledState": state, "schedulingPeriod": "1 min", "autoTerminatedRelationships": ["success"], "comments": "Not yet."])
    let xml = """
      <template encoding-version="1.3"><name>t</name><snippet><processors><id>get</id><name>get</name><type>org.apache.nifi.processors.standard.\(type)</type>
      <state>\(state == "ENABLED" ? "STOPPED" : state)</state><config><comments>Not yet.</comments><schedulingPeriod>1 min</schedulingPeriod>
      <properties><entry><key>Input Directory</key><value>/data</value></entry><entry><key>Keep Source File</key><value>false</value></entry></properties></config>
      <relationships><autoTerminate>true</autoTerminate><name>success</name></relationships></processors></snippet></template>
      """
    return [try Bench.imported(Bench.definition([source])), try Bench.imported(Array(xml.utf8))]
  }

  @Test("a disabled processor is a placeholder without a schedule, which validate names", arguments: ["GetFile", "ListenUDP"])
  func processor(_ type: String) throws {
    for flow in try Self.deleting("DISABLED", type: type) {
      #expect(flow.yaml.contains("    type: Unsupported\n    # Not yet.\n    properties:\n      nifi_type: org.apache.nifi.processors.standard.\(type)\n      nifi_state: disabled\n"), "\(flow.yaml)")
      #expect(flow.yaml.contains("        Input Directory: /data\n        Keep Source File: false\n") && !flow.yaml.contains("schedule:"))
      let component = try flow.component("get")
      #expect(component.status == .placeholder)
      #expect(component.notes.contains("it is disabled in NiFi, which never runs it: delete it here, or put a processor of flowrun's in its place"))
      #expect(component.notes.contains("NiFi would trigger it every 1 min"))
      let problem = try #require(Bench.problems(of: Array(flow.yaml.utf8)).first { $0.code == .unsupportedProcessor })
      #expect(problem.found == "property 'nifi_state': 'org.apache.nifi.processors.standard.\(type)' is disabled in NiFi", "\(problem)")
    }
  }

  @Test("one that a person may start is converted")
  func enabled() throws {
    for flow in try Self.deleting("ENABLED") {
      #expect(flow.yaml.contains("    type: GetFile\n") && flow.yaml.contains("    schedule: { every: 1m }\n") && !flow.yaml.contains("nifi_"))
      #expect(try flow.component("get").status == .converted)
    }
  }

  /// A source, a port into a group, and what is behind it.
  private static func port(_ state: String, isInstance: Bool = false) throws -> ImportedFlow {
    let inner: [String: Any] = [
      "identifier": "i", "name": "inner", "inputPorts": [["identifier": "in", "name": "in", "scheduledState": state]],
      "processors": [Bench.processor("log", "standard.LogAttribute", [:], ["autoTerminatedRelationships": ["success"], "scheduledState": "RUNNING"])],
      "connections": [Bench.connection("b", "in", "log", [])],
    ]
    let contents: [String: Any] = [
      "identifier": "g", "name": "flow", "processors": [Bench.processor("make", "standard.GenerateFlowFile", [:], ["scheduledState": "RUNNING"])],
      "connections": [Bench.connection("a", "make", "in", ["success"])], "processGroups": [inner],
    ]
    return try Bench.imported(Array(JSONSerialization.data(withJSONObject: [isInstance ? "rootGroup" : "flowContents": contents], options: .sortedKeys)))
  }

  @Test("a disabled port is a placeholder between what it connects")
  func ports() throws {
    let flow = try Self.port("DISABLED")
    #expect(flow.yaml.contains("  - name: in\n    type: Unsupported\n    properties:\n      nifi_type: INPUT_PORT\n      nifi_state: disabled\n"), "\(flow.yaml)")
    #expect(flow.yaml.contains("    to:\n      success: in\n") && flow.yaml.contains("    to:\n      success: log\n"))
    #expect(try flow.component("in").status == .placeholder && flow.component("in").notes.contains { $0.contains("it is disabled in NiFi, which lets nothing through") })
    #expect(Bench.problems(of: Array(flow.yaml.utf8)).contains { $0.code == .unsupportedProcessor && $0.found == "property 'nifi_state': 'INPUT_PORT' is disabled in NiFi" })
    #expect(try !Self.port("RUNNING").yaml.contains("Unsupported"))
  }

  @Test("a stopped port or processor among running ones is told of a whole instance, which says what runs")
  func stopped() throws {
    #expect(try Self.port("ENABLED", isInstance: true).component("in").notes == ["it is stopped in NiFi, while processors run; here FlowFiles pass it"])
    #expect(try Self.port("ENABLED").component("in").status == .converted)
    func instance(_ states: [String]) throws -> ImportedFlow {
      let processors = states.enumerated().map {
        Bench.processor("p\($0.offset)", "standard.GenerateFlowFile", [:], ["scheduledState": $0.element, "autoTerminatedRelationships": ["success"]])
      }
      return try Bench.imported(Array(JSONSerialization.data(withJSONObject: ["rootGroup": ["identifier": "g", "name": "all", "processors": processors] as [String: Any]])))
    }
    let mixed = try instance(["ENABLED", "RUNNING"])
    #expect(try mixed.component("p0").status == .partial && mixed.component("p0").notes.contains("it is stopped in NiFi, while others run; here it runs with them"))
    #expect(try mixed.component("p1").status == .converted)
    #expect(try instance(["ENABLED", "ENABLED"]).component("p0").status == .converted)
  }
}
