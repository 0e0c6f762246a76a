import FlowCore
import FlowDefinition
import FlowSchedule
import Testing

@Suite("The schedule of a flow file")
struct ScheduleTests {
  private static func flow(_ schedule: String) -> String {
    "flow: test\n\(schedule)\nparameters: { every: { default: \"*/5\" } }\nprocessors: [ { name: begin, type: GenerateFlowFile, to: { success: drop } } ]\n"
  }

  @Test(
    "is carried by the graph",
    arguments: [
      ("schedule: { cron: \"0 */2 * * *\", zone: UTC, overlap: skip }", ScheduleDeclaration(cron: "0 */2 * * *")),
      ("schedule: { cron: \"0  4 * * mon\", zone: Europe/Berlin }", ScheduleDeclaration(cron: "0 4 * * mon", zone: "Europe/Berlin")),
      ("schedule: { cron: \"@daily\" }", ScheduleDeclaration(cron: "@daily")),
      ("schedule: { cron: \"#{every} * * * *\" }", ScheduleDeclaration(cron: "*/5 * * * *")),
      ("summary: no schedule", nil),
    ])
  func carried(text: String, expected: ScheduleDeclaration?) throws {
    #expect(try load(Self.flow(text)).get().schedule == expected)
  }

  @Test("that a flow carries is one that cron reads", arguments: [ShippedFlows.Name.fitbitSteps, .googleSteps])
  func shipped(name: ShippedFlows.Name) throws {
    let schedule = try #require(try ShippedFlows.load(ShippedFlows.text(of: name), name).get().schedule)
    #expect(schedule == ScheduleDeclaration(cron: "0 */2 * * *", zone: "UTC", overlap: .skip))
    #expect(throws: Never.self) { _ = try CronExpression.read(schedule.cron).get() }
  }

  @Test("of a source is carried by its processor, and the flow's due times are all of them, each once")
  func ofSources() throws {
    let flow = """
      flow: test
      schedule: { cron: "@daily" }
      processors:
        - { name: first, type: GenerateFlowFile, schedule: { every: 5 min }, to: { success: drop } }
        - { name: second, type: GenerateFlowFile, schedule: { cron: "0 4 * * *", zone: Europe/Berlin }, to: { success: drop } }
        - { name: third, type: GenerateFlowFile, schedule: { every: 300 s }, to: { success: drop } }
        - { name: fourth, type: GenerateFlowFile, to: { success: drop } }
      """
    let graph = try load(flow).get()
    #expect(graph.processors.map(\.schedule) == [.every(.seconds(300)), .cron("0 4 * * *", zone: "Europe/Berlin"), .every(.seconds(300)), nil])
    #expect(graph.dueTimes == [.cron("@daily", zone: "UTC"), .every(.seconds(300)), .cron("0 4 * * *", zone: "Europe/Berlin")])
  }
}
