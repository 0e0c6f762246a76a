import FlowCore
import FlowDefinition
import StudyModel
import Testing

@Suite("The position of a problem inside a text")
struct PositionTests {
  /// Values of `text:` in which every `#{nobody…}` must be reported at its exact position in the file.
  static let texts: [String] = [
    "plain#{nobody1}", "  a#b#{nobody1} c", "\"quoted #{nobody1}\"", "'single #{nobody1}'",
    "'it''s #{nobody1} isn''t #{nobody2}'",
    "\"\\t\\\"\\x41\\u00e9\\U0001F600#{nobody1}\\\\#{nobody2}\"", "日本#{nobody1}語#{nobody2}", "\"😀#{nobody1}\"",
    "plain over\n        lines x#{nobody1}\n\n\n        and more x#{nobody2}",
    "'single over\n        lines #{nobody1}  \n\n        and ''more'' #{nobody2}'",
    "\"double over\n        lines #{nobody1}  \n\n     \n        and more #{nobody2}\"",
    "\"continued \\\n        #{nobody1}\\\n   \\ b #{nobody2} \\\n\n      c #{nobody3}\"",
    "|\n        #{nobody1}\n          deeper #{nobody2}\n\n        back #{nobody3}",
    "|-\n        #{nobody1}\n", "|+\n        #{nobody1}\n\n\n",
    "|2 # a comment #{not}\n            #{nobody1}\n          #{nobody2}",
    "|\n\n\n        after blank lines #{nobody1}",
    ">\n        folded\n        text #{nobody1}\n\n        new #{nobody2}\n          * deeper #{nobody3}\n          * list #{nobody4}\n        back #{nobody5}",
    ">-\n        one #{nobody1}  \n        two #{nobody2}", ">1-\n        kept blank #{nobody1}\n       #{nobody2}",
    "|\n        tab\there #{nobody1}\n        \t#{nobody2}", "|\n        trailing   \n            \n        #{nobody1}",
    "'##{kept} ###{nobody1} ##{kept} #{nobody2}'", "x##{kept}###{nobody1}", "'${a:f(\"}\")} #{nobody1} ${#{nobody2}}'",
    "\"#{known}#{known} #{nobody1} ##{known} #{nobody2}\"",
  ]

  @Test("is exact in every style of scalar", arguments: texts, ["\n", "\r\n"])
  func everyStyle(text: String, lineBreak: String) throws {
    let lines = Flows.text(text, parameters: "{ known: { default: a long value } }")
    let file = lines.replacing("\n", with: lineBreak)
    var expected: [SourcePosition] = []
    for (number, line) in lines.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let scalars = Array(line.unicodeScalars)
      for place in scalars.indices where scalars[place...].starts(with: "#{nobody".unicodeScalars) {
        expected.append(SourcePosition(line: number + 1, column: place + 1))
      }
    }
    try #require(!expected.isEmpty)
    guard case .failure(let problems) = load(file) else {
      Issue.record("there are unknown parameters")
      return
    }
    #expect(problems.all.map(\.position) == expected)
    #expect(problems.all.allSatisfy { $0.found.hasPrefix("unknown parameter 'nobody") }, "\(problems)")
  }

  @Test("in an expression is exact after parameters of any length", arguments: ["", "x", "a much longer value"])
  func behindParameters(value: String) {
    let text = """
      flow: test
      parameters: { known: { default: "\(value)" } }
      processors:
        - { name: begin, type: GenerateFlowFile, to: { success: store } }
        - name: store
          type: PutFile
          properties:
            folder: "#{known}\\t#{known}: ${a b}"
          to: { success: drop }
      """
    guard case .failure(let problems) = load(text) else {
      Issue.record("the expression does not compile")
      return
    }
    #expect(problems.all.map(\.position) == [SourcePosition(line: 8, column: 39)])
  }

  @Test("counts Unicode scalars, not bytes or grapheme clusters")
  func columns() {
    let text = "flow: test\nprocessors:\n  - { name: \"e\u{301}日😀\", typ: x }\n"
    #expect(
      problems(of: load(text)).contains {
        $0.hasPrefix("flow.yaml:3:21: error: processor 'e\u{301}日😀': unknown key 'typ'")
      })
  }
}
