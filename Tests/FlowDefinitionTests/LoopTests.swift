import FlowCore
import FlowDefinition
import Testing

@Suite("A loop")
struct LoopTests {
  /// The problems of a flow whose source leads to `first`.
  private func found(_ processors: String) -> [String] {
    let text = """
      flow: test
      processors:
        - { name: begin, type: GenerateFlowFile, to: { success: first } }

      """ + processors
    return problems(of: ShippedFlows.load(text, .fitbit))
  }

  @Test(
    "is valid if a retry or a condition bounds it",
    arguments: [
      // A counter that the loop changes.
      """
        - { name: first, type: UpdateAttribute, properties: { set: { tries: "${tries:replaceEmpty('0'):toNumber():plus(1)}" } }, to: { success: again } }
        - { name: again, type: RouteOnAttribute, properties: { rules: { more: "${tries:lt(5)}" } }, to: { more: first, unmatched: drop } }
      """,
      // The other relationship leaves the loop.
      """
        - { name: first, type: UpdateAttribute, properties: { set: { tries: "${tries:replaceEmpty('0'):toNumber():plus(1)}" } }, to: { success: again } }
        - { name: again, type: RouteOnAttribute, properties: { rules: { done: "${tries:ge(5)}" } }, to: { done: drop, unmatched: first } }
      """,
      // The current time changes without the loop.
      """
        - { name: first, type: RouteOnAttribute, properties: { rules: { wait: "${now():toNumber():lt(5)}" } }, to: { wait: first, unmatched: drop } }
      """,
      // A retry of the relationship itself.
      """
        - { name: first, type: PutFile, properties: { folder: x }, retry: { attempts: 2, on: [failure] }, to: { success: drop, failure: first } }
      """,
    ])
  func bounded(processors: String) {
    #expect(found(processors) == [])
  }

  @Test(
    "is reported with its whole path if nothing bounds it",
    arguments: [
      ("  - { name: first, type: LogAttribute, to: { success: first } }", "'to.success' closes an endless loop: first → first"),
      ("  - { name: first, type: PutFile, properties: { folder: x }, to: { success: drop, failure: first } }", "'to.failure' closes an endless loop"),
      (
        """
          - { name: first, type: LogAttribute, to: { success: second } }
          - { name: second, type: LogAttribute, to: { success: third } }
          - { name: third, type: LogAttribute, to: { success: [first, fourth] } }
          - { name: fourth, type: LogAttribute, to: { success: drop } }
        """, "LogAttribute 'third': 'to.success' closes an endless loop: first → second → third → first"
      ),
      // The loop does not change the attribute of the condition.
      (
        "  - { name: first, type: RouteOnAttribute, properties: { rules: { more: \"${index:lt(5)}\" } }, to: { more: first, unmatched: drop } }",
        "'to.more' closes an endless loop"
      ),
      // Both relationships lead back.
      (
        """
          - { name: first, type: UpdateAttribute, properties: { set: { a: "${a:isEmpty()}" } }, to: { success: second } }
          - { name: second, type: RouteOnAttribute, properties: { rules: { more: "${a:equals('x')}" } }, to: { more: first, unmatched: first } }
        """, "closes an endless loop"
      ),
    ])
  func endless(processors: String, words: String) {
    let problems = found(processors)
    #expect(problems.contains { $0.contains(words) }, "\(problems)")
  }
}
