import FlowDefinition
import Testing

@Suite("An attribute in an expression")
struct AttributeTests {
  private func found(_ expression: String) -> [String] {
    let text = """
      flow: test
      processors:
        - { name: begin, type: GenerateFlowFile, properties: { attributes: { colour: red } }, to: { success: middle } }
        - { name: middle, type: UpdateAttribute, properties: { set: { shape: round } }, to: { success: keep } }
        - { name: keep, type: PutFile, properties: { folder: x, name: "\(expression)" }, to: { success: end } }
        - { name: end, type: UpdateAttribute, properties: { set: { late: "1" } }, to: { success: drop } }
      """
    return problems(of: ShippedFlows.load(text, .fitbit))
  }

  @Test(
    "may be written upstream, standard, or tested by the expression",
    arguments: [
      "${colour}", "${filename}", "${path}", "${shape:toUpper()}", "${uuid}", "${fileSize}", "${entryDate}", "${'colour'}",
      "${size:replaceEmpty('L')}", "${size:replaceNull('L')}", "${size:isEmpty()}", "${size:isNull()}", "${size:trim():notNull()}",
      "${allAttributes('size', 'weight'):count()}", "${${colour}}", "${literal('x')}", "$${size}",
    ])
  func known(expression: String) {
    #expect(found(expression) == [])
  }

  @Test(
    "that is not written upstream is reported with the nearest name or its writer",
    arguments: [
      ("${color}", "'color'", "did you mean 'colour'?"),
      ("a/${shap:toUpper()}", "'shap'", "did you mean 'shape'?"),
      ("${late}", "'late'", "'end' writes it, but does not lead here"),
      ("${colour:append(${size})}", "'size'", "${size:replaceEmpty('…')}"),
    ])
  func unknown(expression: String, name: String, hint: String) {
    let problems = found(expression)
    #expect(problems.count == 1)
    #expect(problems.first?.contains("no processor upstream writes the attribute \(name)") == true, "\(problems)")
    #expect(problems.first?.contains(hint) == true, "\(problems)")
  }
}
