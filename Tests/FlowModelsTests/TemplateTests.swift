import FlowCore
import StudyModel
import Testing

@testable import FlowModels

@Suite("A model file")
struct TemplateTests {
  private static func build(_ text: String) -> ModelBuild { TemplateParser.parse(text, file: "m.sql").template.build(as: "m") }

  @Test("gives SQL with the names of relations in the places of its references")
  func references() {
    let text = "{{ config(materialized='table') }}\nselect * from {{ source('flowrun', \"days\") }} as d -- a {brace}\njoin {{ref('other')}} using (day)"
    let (template, problems) = TemplateParser.parse(text, file: "m.sql")
    #expect(problems == [])
    #expect(template.build(as: "m") == ModelBuild(name: "m", kind: .table, select: "select * from \"days\" as d -- a {brace}\njoin \"other\" using (day)"))
    #expect(template.references.map(\.name) == ["other"])
    #expect(template.references.map(\.position) == [SourcePosition(line: 3, column: 12)])
    #expect(template.sources.map(\.name) == ["days"])
  }

  @Test("of an incremental model has two SELECTs, of which one is for what is there already")
  func incremental() {
    let build = Self.build("{{ config(materialized='incremental', unique_key=['a', 'b'],) }} select 1 as a {% if is_incremental() %} where 1 > (select max(a) from {{ this }}) {% endif %}")
    #expect(build.kind == .incremental && build.uniqueKey == ["a", "b"])
    #expect(build.select == "select 1 as a")
    #expect(build.selectOnTop == "select 1 as a  where 1 > (select max(a) from \"m\")")
  }

  @Test("is a view unless it says otherwise; comments and marks with a minus leave no trace")
  func whiteSpace() {
    #expect(Self.build("a {#- gone {{ ref('x') }} -#} b") == ModelBuild(name: "m", kind: .view, select: "ab"))
    #expect(Self.build("a {{- ref('x') -}}   b").select == "a\"x\"b")
    #expect(Self.build("a \n{%- if is_incremental() -%} x {%- endif %} b").select == "a b")
  }

  @Test(
    "with a mistake is refused with its place", arguments: [
      ("select {{ ref('a') }", "1:8: error: `{{` is not closed; expected `}}` after it"),
      ("select 1\n  {% if is_incremental() %} where 1", "2:3: error: `if is_incremental()` is not ended; expected {% endif %} after it"),
      ("select 1 {% endif %}", "1:10: error: `endif` ends nothing; expected {% if is_incremental() %} before it"),
      ("select {{ reff('a') }}", "1:11: error: unknown name 'reff'; expected one of source, ref, this, config; did you mean 'ref'?"),
      ("select {{ var('a') }}", "1:11: error: unknown name 'var'; expected one of source, ref, this, config"),
      ("{% set x = 'a' %} select 1", "1:4: error: unknown name 'set'; expected one of if, endif"),
      ("{% if execute %} select 1 {% endif %}", "1:7: error: unknown name 'execute'; expected is_incremental"),
      ("select {{ ref(a) }}", "1:15: error: found 'a'; expected ref('MODEL')"),
      ("select {{ ref('a', 'b') }}", "1:11: error: there are 2 arguments; expected ref('MODEL')"),
      ("select {{ ref('a) }}", "1:8: error: `{{` is not closed; expected `}}` after it"),
      ("select {{ source('a', 'b') }}", "1:18: error: the source is 'a'; expected 'flowrun', the database of the flow"),
      ("select {{ source('flowrun') }}", "1:11: error: there is 1 argument; expected source('flowrun', 'TABLE')"),
      ("select {{ ref('a') | upper }}", "1:20: error: '|' stands in a call; expected names, texts in quotes, and ( ) [ ] , ="),
      ("select {{ ref('a') ref('b') }}", "1:20: error: found 'ref'; expected ref('MODEL')"),
      ("select {{ }}", "1:11: error: found the end of the call; expected source, ref, this or config"),
      ("{{ config(materialized='tabel') }} select 1", "1:24: error: materialized is 'tabel'; expected one of view, table, incremental; did you mean 'table'?"),
      ("{{ config(materialised='table') }} select 1", "1:11: error: unknown name 'materialised'; expected one of materialized, unique_key; did you mean 'materialized'?"),
      ("{{ config(materialized='table', unique_key='a') }} select 1", "1:33: error: a table has a unique_key; expected it only with materialized='incremental'"),
      ("{{ config() }} select 1 {{ config() }}", "1:28: error: there is a second config; expected one for the whole model"),
      ("select * from {{ this }}", "1:18: error: `this` stands outside of `{% if is_incremental() %}`; expected it inside: the first time there is no such table"),
      ("{% if is_incremental() %}{% if is_incremental() %}{% endif %} select 1", "1:26: error: an `if` begins inside of another; expected {% endif %} before it"),
      ("{# nothing", "1:1: error: `{#` is not closed; expected `#}` after it"),
      (" \n{{ config(materialized='view') }}\n", "1:1: error: the file has no SQL; expected one SELECT"),
    ])
  func mistakes(text: String, message: String) {
    #expect(TemplateParser.parse(text, file: "m.sql").problems.map(\.description).first == "m.sql:" + message)
  }

  @Test("with several mistakes names all of them, in the order of their places")
  func severalMistakes() {
    let problems = TemplateParser.parse("{{ a }}\n{{ ref() }}\n{% b %}", file: "m.sql").problems
    #expect(problems.compactMap(\.position?.line) == [1, 2, 3])
  }

  @Test("of any text is read without a trap")
  func randomTexts() {
    let pieces = ["{{", "}}", "{%", "%}", "{#", "#}", "-", "'", "\"", "\\", "(", ")", "[", "]", ",", "=", "ref", "source", "this", "config", "if", "endif", "is_incremental", "'flowrun'", " ", "\n", "é", "\u{0}", "materialized", "select 1"]
    var state: UInt64 = 42
    for _ in 0..<3000 {
      var text = ""
      for _ in 0..<12 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text += pieces[Int(state >> 33) % pieces.count]
      }
      let (template, problems) = TemplateParser.parse(text, file: "m.sql")
      let build = template.build(as: "m")
      #expect(!problems.isEmpty || !build.select.contains("{{ref") || text.contains("{{ref"))
    }
  }
}
