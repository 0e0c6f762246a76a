import FlowCore
import FlowDefinition
import StudyModel
import Testing

/// The shipped flows with one deliberate mistake each: position and message.
@Suite("A mistake in a shipped flow")
struct MistakeTests {
  @Test("is reported at its position, with a fix", arguments: Mistake.all)
  func isFound(_ mistake: Mistake) throws {
    let (text, position) = try mistake.edited()
    let found = problems(of: ShippedFlows.load(text, mistake.flow))
    let place = "\(mistake.flow.rawValue).yaml:\(position.line):\(position.column): error: "
    #expect(
      found.contains { $0.hasPrefix(place) && $0.contains(mistake.words) },
      "expected \(place)…\(mistake.words); found:\n\(found.joined(separator: "\n"))")
    if mistake.isAlone { #expect(found.count == 1, "\(found.joined(separator: "\n"))") }
  }

  @Test("has enough examples")
  func number() { #expect(Mistake.all.count >= 53) }

  @Test("is not reported in a correct flow", arguments: ShippedFlows.Name.allCases)
  func shippedFlowsAreValid(_ flow: ShippedFlows.Name) throws {
    #expect(problems(of: ShippedFlows.load(try ShippedFlows.text(of: flow), flow)).isEmpty)
  }

  @Test("of a window is reported at its source")
  func window() throws {
    let text = try ShippedFlows.text(of: .fitbit)
    let wrong = ShippedFlows.load(text, .fitbit, given: ["from": ParameterValue(text: "2026-13-01")])
    #expect(problems(of: wrong) == ["error: -p from: the value is '2026-13-01'; expected a date such as 2026-08-15"])
    let empty = ShippedFlows.load(
      text, .fitbit, given: ["from": ParameterValue(text: "2026-02-01"), "until": ParameterValue(text: "2026-01-01")])
    #expect(problems(of: empty).first?.hasPrefix("error: -p until: ") == true)
    #expect(problems(of: empty).count == 1)
  }

  @Test("a real provider needs the application's id", arguments: ShippedFlows.Name.allCases)
  func clientID(_ flow: ShippedFlows.Name) throws {
    let real = ["api": ParameterValue(text: "https://api.example.org")]
    let found = problems(of: ShippedFlows.load(try ShippedFlows.text(of: flow), flow, given: real))
    #expect(found.contains { $0.contains("parameter 'client_id'") && $0.contains("CLIENT_ID") }, "\(found)")
  }
}
