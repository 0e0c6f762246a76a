import FlowImport
import Foundation
import Testing

@Suite("The schedule of a source")
struct SourceScheduleTests {
  private typealias Bench = ImportBench

  /// A processor with a schedule that NiFi has, from a flow definition or a template.
  private static func imported(_ strategy: String, _ period: String, isTemplate: Bool = false, type: String = "standard.GenerateFlowFile") throws -> ImportedFlow {
    let relationship = type.hasSuffix("InvokeHTTP") ? "Response" : "success"
    guard isTemplate else {
      let source = Bench.processor("s", type, [:], ["schedulingStrategy": strategy, "schedulingPeriod": period, "autoTerminatedRelationships": [relationship]])
      return try Bench.imported(Bench.definition([source]))
    }
    let xml = """
      <template encoding-version="1.3"><name>t</name><snippet><processors><id>s</id><name>s</name><type>org.apache.nifi.processors.\(type)</type>
      <config><schedulingPeriod>\(period)</schedulingPeriod><schedulingStrategy>\(strategy)</schedulingStrategy></config>
      <relationships><autoTerminate>true</autoTerminate><name>\(relationship)</name></relationships></processors></snippet></template>
      """
    return try Bench.imported(Array(xml.utf8))
  }

  private static func expect(_ flow: ImportedFlow, _ schedule: String?, _ status: ImportedComponent.Status) throws {
    let line = schedule.map { "    schedule: { \($0) }\n" }
    #expect(line.map { flow.yaml.contains($0) } ?? !flow.yaml.contains("schedule:"), "\(flow.yaml)")
    #expect(try flow.component("s").status == status)
    #expect(Bench.problems(of: Array(flow.yaml.utf8)).isEmpty, "\(flow.yaml)")
  }

  @Test(
    "an interval is `every`: whole seconds, at least one",
    arguments: [
      ("0 sec", nil, .converted), ("1 min", "every: 1m", .converted), ("7 mins", "every: 7m", .converted), ("10 sec", "every: 10s", .converted),
      ("1 day", "every: 1d", .converted), ("90 secs", "every: 90s", .converted), ("500 millis", nil, .partial), ("1500 ms", nil, .partial),
    ] as [(String, String?, ImportedComponent.Status)])
  func intervals(_ period: String, _ schedule: String?, _ status: ImportedComponent.Status) throws {
    try Self.expect(Self.imported("TIMER_DRIVEN", period), schedule, status)
    try Self.expect(Self.imported("TIMER_DRIVEN", period, isTemplate: true), schedule, status)
  }

  @Test(
    "cron with seconds becomes cron of five fields where that says the same",
    arguments: [
      ("0 30 6 * * ?", "cron: \"30 6 * * *\""), ("0 0 6 ? * MON-FRI", "cron: \"0 6 * * MON-FRI\""), ("00 05 06 1,15 * ?", "cron: \"5 6 1,15 * *\""),
      ("0 0/15 8-17 ? * *", "cron: \"*/15 8-17 * * *\""), ("0 10/20 0 * JAN-MAR ?", "cron: \"10-59/20 0 * 1-3 *\""), ("0 0 22-1 * * ?", "cron: \"0 22,23,0,1 * * *\""),
      ("0 0 20-3/2 * * ?", "cron: \"0 20,22,0,2 * * *\""), ("0 0 6 ? * FRI-MON", "cron: \"0 6 * * FRI,SAT,SUN,MON\""), ("0 0 6 1 * ? *", "cron: \"0 6 1 * *\""),
      ("0 0 0 1 NOV-FEB ?", "cron: \"0 0 1 11,12,1,2 *\""),
    ])
  func cron(_ quartz: String, _ schedule: String) throws {
    for isTemplate in [false, true] { try Self.expect(Self.imported("CRON_DRIVEN", quartz, isTemplate: isTemplate), schedule + ", zone: UTC", .partial) }
  }

  @Test("what has no time of day has no zone to choose", arguments: [("0 0/5 * * * ?", "cron: \"*/5 * * * *\", zone: UTC"), ("0/10 * * * * ?", "every: 10s"), ("* * * * * ?", "every: 1s")])
  func everyHour(_ quartz: String, _ schedule: String) throws { try Self.expect(Self.imported("CRON_DRIVEN", quartz), schedule, .converted) }

  @Test(
    "what five fields cannot say is named, and the source has no schedule",
    arguments: [
      ("0 0 6 L * ?", "no 'L' for days of month"), ("0 0 6 15W * ?", "no '15W'"), ("0 0 6 ? * FRI#2", "no 'FRI#2'"), ("0 0 6 1 1 ? 2027", "no field for years"),
      ("5 0 6 * * ?", "no field for seconds"), ("0/7 * * * * ?", "no field for seconds"), ("0/10 0 * * * ?", "no field for seconds"), ("0 6 * * *", "it has 5 fields"),
      ("0 0 6 1 * MON", "both restricted"), ("0 0 25 * * ?", "no '25' for hours"), ("0 0 6 * FOO ?", "no 'FOO' for months"), ("0 1/2/3 * * * ?", "no '1/2/3'"),
    ])
  func unsayable(_ quartz: String, _ reason: String) throws {
    for isTemplate in [false, true] {
      let flow = try Self.imported("CRON_DRIVEN", quartz, isTemplate: isTemplate)
      try Self.expect(flow, nil, .partial)
      #expect(try flow.component("s").notes.contains { $0.contains(reason) }, "\(flow.components)")
    }
  }

  @Test(
    "a number of a day of the week counts from Sunday, 1, in NiFi 1.x; elsewhere it may mean another day, and is named",
    arguments: [("0 0 6 ? * 1", "SUN"), ("0 0 6 ? * 2-6", "MON-FRI"), ("0 0 6 ? * 7", "SAT"), ("0 0 6 ? * */2", "*/2"), ("0 0 6 ? * 6-2", "FRI,SAT,SUN,MON")])
  func weekdays(_ quartz: String, _ days: String) throws {
    try Self.expect(Self.imported("CRON_DRIVEN", quartz, isTemplate: true), "cron: \"0 6 * * \(days)\", zone: UTC", .partial)
    let flow = try Self.imported("CRON_DRIVEN", quartz)
    try Self.expect(flow, nil, .partial)
    #expect(try flow.component("s").notes.contains { $0.contains("in NiFi 2") })
  }

  @Test("a processor that its own FlowFiles come back to is a source")
  func selfLoop() throws {
    let source = Bench.processor(
      "s", "standard.InvokeHTTP", ["HTTP URL": "https://example.org/"],
      ["schedulingPeriod": "1 min", "autoTerminatedRelationships": ["Response", "Original", "No Retry", "Failure"]])
    let flow = try Bench.imported(Bench.definition([source], [Bench.connection("c", "s", "s", ["Retry"])]))
    #expect(flow.yaml.contains("    schedule: { every: 1m }\n"))
  }

  @Test("each source keeps its own; that a run triggers all of them is said")
  func several() throws {
    func source(_ name: String, _ period: String) -> [String: Any] {
      Bench.processor(name, "standard.GenerateFlowFile", [:], ["schedulingPeriod": period, "autoTerminatedRelationships": ["success"]])
    }
    let flow = try Bench.imported(Bench.definition([source("a", "1 min"), source("b", "1 hour")]))
    #expect(flow.yaml.contains("    schedule: { every: 1m }\n") && flow.yaml.contains("    schedule: { every: 1h }\n"))
    #expect(flow.general.contains { $0.contains("triggers all sources") })
    #expect(try Bench.imported(Bench.definition([source("a", "1 min"), source("b", "1 min")])).general.isEmpty)
  }
}
