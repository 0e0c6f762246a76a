import FlowBase
import FlowCore
import FlowImport
import Foundation
import Testing

@Suite("A NiFi flow becomes a flow file")
struct ConversionTests {
  private typealias Bench = ImportBench

  @Test("a definition: groups, ports, funnels, parameters, retries, schedule, labels")
  func definition() throws {
    let flow = try Bench.imported("definition.json")
    #expect(
      flow.yaml == """
        # Made by flowrun import from a NiFi flow definition. Types and properties are explained by flowrun processors TYPE.
        # Drawn by hand
        # in 2026
        flow: People - sorted
        summary: Sorts people by age.
        parameters:
          folder:
            default: kept
            help: Where files go.
          limit:
            default: 1
        processors:
          - name: make people
            type: GenerateFlowFile
            schedule: { every: 5m }
            properties:
              count: 4
              content: hello
              attributes:
                index: "${index}"
            to:
              success: { then: by age, queue: { count: 20 } }
          - name: by age
            type: RouteOnAttribute
            group: sort
            properties:
              rules:
                old: "${index:gt(#{limit})}"
                Young: "${index:le(#{limit})}"
            to:
              old: ["keep: old", keep all]
              Young: keep all
              unmatched: drop
          - name: "keep: old"
            type: PutFile
            properties:
              folder: "#{folder}/old"
              name: "${filename:replaceEmpty(${uuid})}"
            retry: { attempts: 3, backoff: 30s, max_backoff: 10m, on: [failure] }
            to:
              failure: errors
              success: drop
          - name: keep all
            type: PutFile
            # Every person.
            # Both relationships come here.
            group: sort
            properties:
              folder: "#{folder}/all"
              name: "${filename:replaceEmpty(${uuid})}"
            to:
              success: drop
              failure: drop

        """)
    #expect(Bench.problems(of: Array(flow.yaml.utf8)).isEmpty)
    // 2 groups, 4 processors, 2 ports, a funnel, 7 connections, a label, 2 contexts.
    #expect(flow.components.count == 19)
    #expect(flow.components.filter { $0.status != .converted }.map(\.id) == ["gen", "put"])
    #expect(try flow.component("gen").notes.contains { $0.contains("('index')") })
    #expect(try flow.component("put").notes.contains { $0.contains("NiFi tries for ever") })
    #expect(try flow.component("keep").notes.contains { $0.contains("'failure' is auto-terminated") })
  }

  @Test("an instance: placeholders, secrets, names that are taken, what is unknown")
  func instance() throws {
    let flow = try Bench.imported("instance.json")
    #expect(!flow.yaml.contains("enc{") && !flow.yaml.contains("abc"))
    #expect(flow.yaml.contains("  - name: answer\n    type: Unsupported\n") && flow.yaml.contains("  - name: answer 2\n    type: UpdateAttribute\n"))
    #expect(flow.yaml.contains("success: { then: answer 2, queue: { prioritise: priority } }"))
    #expect(try flow.component("a").status == .placeholder)
    #expect(try flow.component("a").notes.contains("'password' is sensitive and is left out"))
    let update = try flow.component("b")
    #expect(update.status == .partial)
    #expect(update.notes.contains { $0.hasPrefix("'greeting': the expression has") } && update.notes.contains { $0.contains("the parameter 'who'") })
    #expect(try flow.component("x").notes == ["FlowFiles expire after 1 min in NiFi; here nothing expires"])
    #expect(try flow.component("p").status == .placeholder)
    #expect(try flow.component("t").status == .dropped)
  }

  @Test("a template: services become properties, an old name is known, a secret comes from the environment")
  func template() throws {
    let flow = try Bench.imported("template.xml")
    #expect(flow.yaml.contains("    schedule: { cron: \"0 2 * * *\", zone: UTC }\n"))
    #expect(flow.yaml.contains("  ask request_password:\n    environment: FLOW_ASK_REQUEST_PASSWORD\n    sensitive: true\n"))
    #expect(flow.yaml.contains("      http_url: \"https://example.org/${day:format('yyyy-MM-dd')}\"\n"))
    #expect(flow.yaml.contains("      request_password: \"#{ask request_password}\"\n      headers:\n        X-Study: a\n"))
    #expect(flow.yaml.contains("      response: { then: convert, queue: { bytes: 10 MB } }\n") && flow.yaml.contains("      no retry: drop\n"))
    #expect(flow.yaml.contains("      reader: csv\n      csv_separator: \";\"\n      csv_field_count: any\n      writer: json\n"))
    #expect(flow.yaml.contains("    concurrency: 2\n"))
    #expect(try flow.component("reader").status == .partial && flow.component("writer").status == .converted)
  }

  @Test("the same file gives the same text")
  func deterministic() throws {
    for name in ["definition.json", "instance.json", "template.xml"] { #expect(try Bench.imported(name).yaml == Bench.imported(name).yaml) }
  }

  @Test("what would do something else is a placeholder: advanced rules, expressions that are not evaluated, paths that cannot be read")
  func failsClosed() throws {
    let processors = [
      Bench.processor("rules", "attributes.UpdateAttribute", ["a": "b"], ["annotationData": "<criteria/>"]),
      Bench.processor("text", "standard.ExtractText", ["name": "${pattern}"]),
      Bench.processor("path", "standard.SplitJson", ["JsonPath Expression": "$..a[?(@.b > 1]"]),
      Bench.processor("other", "attributes.UpdateAttribute", ["a": "b"], ["type": "com.example.UpdateAttribute"]),
      Bench.processor("reader", "standard.ConvertRecord", ["record-reader": "gone"]),
    ]
    let flow = try Bench.imported(Bench.definition(processors))
    for processor in ["rules", "text", "path", "other", "reader"] { #expect(try flow.component(processor).status == .placeholder, "\(processor)") }
    #expect(flow.yaml.matches(of: #/type: Unsupported/#).count == 5)
    #expect(flow.yaml.contains("nifi_annotation: \"<criteria/>\""))
    #expect(Bench.problems(of: Array(flow.yaml.utf8)).count { $0.code == .unsupportedProcessor } == 5)
  }

  @Test("a property that has no counterpart is written where validate names it, unless its value makes no difference")
  func unknownProperties() throws {
    let processors = [
      Bench.processor("a", "standard.PutFile", ["Directory": "x", "Permissions": "rwx------", "Create Missing Directories": "true"]),
      Bench.processor("b", "standard.GenerateFlowFile", ["Later Property": "1"], ["propertyDescriptors": ["Later Property": ["name": "Later Property", "dynamic": false]]]),
    ]
    let flow = try Bench.imported(Bench.definition(processors, [Bench.connection("c", "b", "a", ["success"])]))
    #expect(flow.yaml.contains("permissions: rwx------") && flow.yaml.contains("later_property: 1") && !flow.yaml.contains("create_missing"))
    #expect(try flow.component("a").status == .partial && flow.component("b").status == .partial)
    let unknown = Bench.problems(of: Array(flow.yaml.utf8)).filter { $0.code == .unknownProperty }
    #expect(unknown.count == 2)
  }

  @Test("parameters of two contexts with one name, inherited ones, and those that are escaped")
  func parameters() throws {
    func context(_ name: String, _ parameters: [String: String], _ inherited: [String] = []) -> [String: Any] {
      ["name": name, "inheritedParameterContexts": inherited, "parameters": parameters.map { ["name": $0.key, "value": $0.value, "sensitive": false] }]
    }
    let contexts = ["one": context("one", ["x": "1"]), "two": context("two", ["x": "2"], ["base"]), "base": context("base", ["x": "0", "y": "3"])]
    let inner: [String: Any] = [
      "identifier": "i", "name": "i", "parameterContextName": "two", "processors": [Bench.processor("b", "standard.GenerateFlowFile", ["Custom Text": "#{x} #{y} ##{x} ${'#{x}'}"])],
    ]
    let flow = try Bench.imported(
      Bench.definition(
        [Bench.processor("a", "standard.GenerateFlowFile", ["Custom Text": "#{x}"])], group: ["parameterContextName": "one", "processGroups": [inner]],
        top: ["parameterContexts": contexts]))
    #expect(flow.yaml.contains("content: \"#{x}\"") && flow.yaml.contains("content: \"#{two.x} #{y} ##{x} ${'#{two.x}'}\""))
    #expect(flow.yaml.contains("  x:\n    default: 1\n  two.x:\n    default: 2\n  y:\n    default: 3\n"))
  }

  @Test(
    "a database becomes the service `database`",
    arguments: [
      ("jdbc:postgresql://db.example.org:5432/study?user=a&password=b", "postgresql://me@db.example.org:5432/study"), ("jdbc:sqlite:/data/x.db", "/data/x.db"),
      ("jdbc:mysql://db/study", nil),
    ])
  func database(_ address: String, _ expected: String?) throws {
    let service: [String: Any] = [
      "identifier": "pool", "name": "pool", "type": "org.apache.nifi.dbcp.DBCPConnectionPool",
      "properties": ["Database Connection URL": address, "Database User": "me", "Password": "enc{77}"],
    ]
    let processor = Bench.processor("q", "standard.ExecuteSQL", ["Database Connection Pooling Service": "pool", "SQL select query": "SELECT 1"])
    let flow = try Bench.imported(Bench.definition([processor], group: ["controllerServices": [service]]))
    #expect(flow.yaml.contains("services:\n  database:\n    type: Database\n    path: \"#{database}\"\n"))
    #expect(flow.yaml.contains("      database: database\n      sql_query: SELECT 1\n"))
    if let expected {
      #expect(flow.yaml.contains("    default: \(expected)\n") || flow.yaml.contains("    default: \"\(expected)\"\n"))
    } else {
      #expect(try flow.component("pool").status == .partial && !flow.yaml.contains("default:"))
    }
    #expect(!flow.yaml.contains("enc{") && !flow.yaml.contains("password=b"))
  }

  @Test("header, footer and demarcator are taken where NiFi uses them", arguments: [
    ([:], []), (["Delimiter Strategy": "Filename"], []), (["Delimiter Strategy": "Do Not Use Delimiters", "Header File": "["], []),
    (["Delimiter Strategy": "Text", "Header File": "[", "Demarcator File": ","], ["delimiter_strategy: text", "header: \"[\"", "demarcator: \",\""]),
    (["Delimiter Strategy": "Filename", "Header File": "/head.txt"], ["delimiter_strategy: filename", "header: /head.txt"]),
  ] as [([String: String], [String])])
  func delimiters(_ properties: [String: String], _ written: [String]) throws {
    let yaml = try Bench.imported(Bench.definition([Bench.processor("m", "standard.MergeContent", properties)])).yaml
    for part in written { #expect(yaml.contains("      \(part)\n"), "\(yaml)") }
    #expect(!written.isEmpty || !yaml.contains("properties:"), "\(yaml)")
  }
}
