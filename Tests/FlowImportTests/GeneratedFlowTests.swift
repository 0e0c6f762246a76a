import FlowCore
import FlowImport
import Foundation
import Testing

@Suite("Flows of every sort are imported, each component once, in every format")
struct GeneratedFlowTests {
  private typealias Flow = GeneratedFlow
  private static let log = Flow.Processor("log", "standard.LogAttribute", ended: ["success"])
  private static let make = Flow.Processor("make", "standard.GenerateFlowFile", ["Custom Text": "a"])

  /// A versioned group that is in the flow several times: its contents have the same identifiers.
  private static func copy(_ id: String) -> Flow.Group {
    Flow.Group(
      id: id, name: id, processors: [Flow.Processor("set", "attributes.UpdateAttribute", ["seen": "${seen}\(id)"])],
      connections: [Flow.Connection("1", "in", "set"), Flow.Connection("2", "set", "out", ["success"])], inputs: ["in"], outputs: ["out"])
  }

  static let flows: [GeneratedFlow] = [
    Flow(
      "ports and funnels between nested groups",
      Flow.Group(
        processors: [make, log],
        connections: [
          Flow.Connection("a", "make", "outer/to"), Flow.Connection("b", "outer/from", "merge"), Flow.Connection("c", "merge", "log"), Flow.Connection("d", "make", "merge", ["success"]),
        ].map { connection in
          var connection = connection
          if connection.id == "a" { connection.relationships = ["success"] }
          return connection
        }, funnels: ["merge"], labels: ["Everything\nhere", "<b>\"& 'c'"],
        groups: [
          Flow.Group(
            id: "outer", name: "Outer / one", connections: [Flow.Connection("e", "to", "inner/deep"), Flow.Connection("f", "inner/deeper", "from")], inputs: ["to"], outputs: ["from"],
            groups: [
              Flow.Group(
                id: "inner", name: "Inner", processors: [Flow.Processor("set", "attributes.UpdateAttribute", ["a": "b"])],
                connections: [Flow.Connection("g", "deep", "set"), Flow.Connection("h", "set", "deeper", ["success"])], inputs: ["deep"], outputs: ["deeper"])
            ])
        ])),
    Flow(
      "copies of a versioned group, connected with each other",
      Flow.Group(
        processors: [make, log],
        connections: [
          Flow.Connection("a", "make", "left/in", ["success"]), Flow.Connection("b", "left/out", "right/in"), Flow.Connection("c", "right/out", "log"),
        ], groups: [copy("left"), copy("right")])),
    Flow(
      "remote process groups whose ports have the same identifiers",
      Flow.Group(
        processors: [make, log],
        connections: [
          Flow.Connection("a", "make", "far/port", ["success"]), Flow.Connection("b", "farther/port", "log"), Flow.Connection("c", "make", "farther/into", ["success"]),
        ], remotes: [("far", ["port"], []), ("farther", ["into"], ["port"])])),
    Flow(
      "variables: of the group, of a group around it, hidden by another",
      Flow.Group(
        processors: [Flow.Processor("get", "standard.GetFile", ["Input Directory": "${in.folder}", "Keep Source File": "true"])],
        connections: [Flow.Connection("a", "get", "g/in", ["success"])], variables: ["in.folder": "inbox", "site": "Bern", "unused": "x"],
        groups: [
          Flow.Group(
            id: "g", name: "g", processors: [Flow.Processor("put", "standard.PutFile", ["Directory": "out/${site}/${ 'prefix' :toUpper()}", "Conflict Resolution Strategy": "fail"], ended: ["success", "failure"])],
            connections: [Flow.Connection("b", "in", "put")], inputs: ["in"], variables: ["prefix": "p", "site": "Basel"])
        ])),
    Flow(
      "schedules: cron, a timer, by events, on the primary node; odd units",
      Flow.Group(
        processors: [
          Flow.Processor("make", "standard.GenerateFlowFile", ["Custom Text": "a"]) {
            $0.strategy = "CRON_DRIVEN"
            $0.period = "0 0/15 * * * ?"
            $0.node = "PRIMARY"
            $0.concurrency = 3
          },
          Flow.Processor("log", "standard.LogAttribute", ended: ["success"]) {
            $0.strategy = "EVENT_DRIVEN"
            $0.penalty = "1500 millis"
            $0.concurrency = 2
          },
        ],
        connections: [
          Flow.Connection("a", "make", "log", ["success"]) {
            $0.count = 5
            $0.size = "1.5 GB"
            $0.expiration = "2 weeks"
            $0.prioritizers = ["PriorityAttributePrioritizer", "OldestFlowFileFirstPrioritizer"]
            $0.balancing = "PARTITION_BY_ATTRIBUTE"
          }
        ])),
    Flow(
      "several relationships in one connection, loops to itself, also through a funnel",
      Flow.Group(
        processors: [make, Flow.Processor("ask", "standard.InvokeHTTP", ["HTTP URL": "http://127.0.0.1/${day}", "HTTP Method": "GET", "X-Study": "a"], ended: ["Original"]), log],
        connections: [
          Flow.Connection("a", "make", "ask", ["success"]), Flow.Connection("b", "ask", "ask", ["Retry"]), Flow.Connection("c", "ask", "again", ["Failure"]),
          Flow.Connection("d", "again", "ask"), Flow.Connection("e", "ask", "log", ["Response", "No Retry"]),
        ], funnels: ["again"])),
    Flow(
      "names: equal, empty, with slashes, quotes and emojis",
      Flow.Group(
        name: "a/b \"c\" '😀': # -", processors: [
          Flow.Processor("1", "standard.GenerateFlowFile", ["Custom Text": "x"], name: ""), Flow.Processor("2", "attributes.UpdateAttribute", ["k/ü \"q\"": "v", "🎉": "1"], name: "x/y"),
          Flow.Processor("3", "attributes.UpdateAttribute", name: "x\\y"),
          Flow.Processor("4", "standard.RouteOnAttribute", ["a.b c/é": "${uuid:isEmpty()}", "drop": "${uuid:notNull()}", "Unmatched": "${uuid:isNull()}"], name: ".."),
          Flow.Processor("5", "standard.LogAttribute", ended: ["success"], name: "errors"), Flow.Processor("6", "standard.LogAttribute", ended: ["success"], name: "👩‍🔬 - name: x"),
          Flow.Processor("7", "standard.LogAttribute", ended: ["success"], name: "👩‍🔬 - name: x"),
        ],
        connections: [
          Flow.Connection("a", "1", "2", ["success"]), Flow.Connection("b", "2", "3", ["success"]), Flow.Connection("c", "3", "4", ["success"]),
          Flow.Connection("d", "4", "5", ["a.b c/é", "drop"]), Flow.Connection("e", "4", "6", ["unmatched"]), Flow.Connection("f", "4", "7", ["Unmatched"]),
        ])),
    Flow(
      "values that are unset or empty",
      Flow.Group(
        processors: [
          make, Flow.Processor("replace", "standard.ReplaceText", ["Search Value": "a", "Replacement Value": "", "Text to Prepend": nil, "Replacement Strategy": "Literal Replace"], ended: ["success", "failure"]),
          Flow.Processor("set", "attributes.UpdateAttribute", ["empty": "", "unset": nil], ended: ["success"]),
        ], connections: [Flow.Connection("a", "make", "replace", ["success"]), Flow.Connection("b", "make", "set", ["success"])])),
    Flow(
      "a disabled source and a disabled end",
      Flow.Group(
        processors: [
          Flow.Processor("get", "standard.GetFile", ["Input Directory": "in", "Keep Source File": "true"]) { $0.isDisabled = true },
          Flow.Processor("log", "standard.LogAttribute", ended: ["success"]) { $0.isDisabled = true },
        ], connections: [Flow.Connection("a", "get", "log", ["success"])])),
    Flow(
      "services: readers and writers of different forms, two databases, one that nobody uses",
      Flow.Group(
        processors: [
          Flow.Processor("get", "standard.GetFile", ["Input Directory": "in", "Keep Source File": "true"]),
          Flow.Processor("convert", "standard.ConvertRecord", ["record-reader": "csv", "record-writer": "tsv"], ended: ["failure"]),
          Flow.Processor("first", "standard.PutDatabaseRecord", ["put-db-record-record-reader": "tab", "put-db-record-dcbp-service": "one", "put-db-record-statement-type": "INSERT", "put-db-record-table-name": "t"], ended: ["success", "failure", "retry"]),
          Flow.Processor("second", "standard.PutDatabaseRecord", ["put-db-record-record-reader": "tab", "put-db-record-dcbp-service": "two", "put-db-record-statement-type": "INSERT", "put-db-record-table-name": "t"], ended: ["success", "failure", "retry"]),
        ],
        connections: [
          Flow.Connection("a", "get", "convert", ["success"]), Flow.Connection("b", "convert", "first", ["success"]), Flow.Connection("c", "convert", "second", ["success"]),
        ],
        services: [
          ("csv", "org.apache.nifi.csv.CSVReader", ["Value Separator": ";", "schema-access-strategy": "infer-schema", "Skip Header Line": "false"]),
          ("tab", "org.apache.nifi.csv.CSVReader", ["Value Separator": "\\t", "schema-access-strategy": "schema-text-property", "Skip Header Line": "true", "Trim Fields": "false"]),
          ("tsv", "org.apache.nifi.csv.CSVRecordSetWriter", ["Value Separator": "\\t", "Include Header Line": "true"]),
          ("one", "org.apache.nifi.dbcp.DBCPConnectionPool", ["Database Connection URL": "jdbc:sqlite:one.sqlite"]),
          ("two", "org.apache.nifi.dbcp.DBCPConnectionPool", ["Database Connection URL": "jdbc:sqlite:${folder}/two.sqlite"]),
          ("map", "org.apache.nifi.http.StandardHttpContextMap", [:]),
        ], variables: ["folder": "data"])),
    Flow(
      "types that are not known, behind and before others",
      Flow.Group(
        processors: [Flow.Processor("listen", "standard.HandleHttpRequest", ["Listening Port": "8081"]), Flow.Processor("say", "standard.LogMessage", ["log-prefix": "> ", "log-message": "${a:replaceNull('none')}"], ended: ["success"])],
        connections: [Flow.Connection("a", "listen", "say", ["success"])])),
    Flow("nothing at all", Flow.Group()), Flow("a group of one group", Flow.Group(groups: [Flow.Group(id: "g", name: "only", processors: [make, log], connections: [Flow.Connection("a", "make", "log", ["success"])])])),
  ]

  @Test("the components are those that the file has, counted without the importer", arguments: flows)
  func components(_ flow: GeneratedFlow) throws {
    for form in Flow.Form.allCases { try check(flow, Bench.imported(flow.json(form)), hasContexts: form != .groupFile) }
    try check(flow, Bench.imported(flow.json(hasInstances: true)))
    try check(flow, Bench.imported(flow.template()), hasContexts: false)
  }

  private typealias Bench = ImportBench

  private func check(_ flow: GeneratedFlow, _ imported: ImportedFlow, hasContexts: Bool = true) throws {
    var counts: [String: Int] = [:]
    for component in imported.components {
      let kind = !component.type.hasPrefix("org.") ? component.type : component.type.contains(".processors.") ? "processor" : "service"
      counts[kind, default: 0] += 1
      if component.status != .converted { #expect(!component.notes.isEmpty, "\(component)") }
    }
    var expected = flow.counts
    if !hasContexts { expected["PARAMETER_CONTEXT"] = nil }
    #expect(counts == expected)
  }

  /// A template has no variables of its outermost group.
  @Test("every format gives the same flow file, but for the line that says which it was", arguments: flows.filter(\.contents.variables.isEmpty))
  func formats(_ flow: GeneratedFlow) throws {
    func written(_ bytes: [UInt8]) throws -> Substring {
      let yaml = try Bench.imported(bytes).yaml
      return yaml[(yaml.firstIndex(of: "\n") ?? yaml.startIndex)...]
    }
    let expected = try written(flow.template())
    for form in Flow.Form.allCases { #expect(try written(flow.json(form)) == expected) }
    #expect(try written(flow.json(hasInstances: true)) == expected)
  }

  @Test("the flow file is valid, but for placeholders, what nothing starts and what the report names", arguments: flows)
  func valid(_ flow: GeneratedFlow) throws {
    let imported = try Bench.imported(flow.json())
    // A flow without processors is told so.
    if flow.name == "nothing at all" { return #expect(Bench.problems(of: Array(imported.yaml.utf8)).count == 1 && imported.yaml.hasSuffix("processors: []\n")) }
    for problem in Bench.problems(of: Array(imported.yaml.utf8)) where problem.code != .unsupportedProcessor {
      // The text and the shape: nothing that a person decides.
      #expect(!problem.code.id.hasPrefix("E01") && !problem.code.id.hasPrefix("E02"), "\(problem)\n\(imported.yaml)")
      let isNamed = imported.general.contains { $0.contains(problem.found) } || imported.components.contains { $0.notes.contains { $0.contains(problem.found) } }
      #expect(isNamed, "\(problem)\n\(imported.yaml)")
    }
  }

  @Test("what is written is exactly what was meant", arguments: [
    ("ports and funnels between nested groups", ["      success: [set, log]\n", "    group: Outer - one / Inner\n", "# <b>\"& 'c'\n"]),
    ("copies of a versioned group, connected with each other", ["        seen: \"${seen}left\"\n    to:\n      success: set 2\n", "        seen: \"${seen}right\"\n    to:\n      success: log\n", "      success: set\n"]),
    ("remote process groups whose ports have the same identifiers", ["  - name: port port\n    type: Unsupported\n", "      success: [port port 2, port into]\n"]),
    (
      "variables: of the group, of a group around it, hidden by another",
      ["      input_directory: \"#{in.folder}\"\n", "      folder: \"out/${site:replaceNull(#{site})}/${'prefix':replaceNull(#{prefix}):toUpper()}\"\n", "  site:\n    default: Basel\n", "  in.folder:\n    default: inbox\n"]
    ),
    ("schedules: cron, a timer, by events, on the primary node; odd units", ["    schedule: { cron: \"*/15 * * * *\", zone: UTC }\n", "success: { then: log, queue: { count: 5, bytes: 1.5 GB, prioritise: priority } }"]),
    (
      "several relationships in one connection, loops to itself, also through a funnel",
      ["retry: { attempts: 1000, backoff: 30s, max_backoff: 30s, on: [retry, failure] }", "      retry: errors\n      failure: errors\n      response: log\n      no retry: log\n      original: drop\n", "        X-Study: a\n"]
    ),
    ("names: equal, empty, with slashes, quotes and emojis", ["flow: \"a-b \\\"c\\\" '😀': # -\"\n", "      \"a.b c/é\": errors 2\n", "      Unmatched: \"👩 🔬 - name: x 2\"\n", "      unmatched: \"👩 🔬 - name: x\"\n"]),
    (
      "services: readers and writers of different forms, two databases, one that nobody uses",
      [
        "      reader: csv\n      csv_separator: \";\"\n      csv_field_count: any\n      writer: csv\n      output_csv_separator: tab\n", "      database: database\n      reader: csv\n      csv_separator: tab\n      csv_trim_fields: false\n",
        "      database: database_2\n", "  database:\n    type: Database\n    path: \"#{database}\"\n  database_2:\n    type: Database\n    path: \"#{database_2}\"\n", "    default: data/two.sqlite\n",
      ]
    ),
    (
      "a disabled source and a disabled end",
      [
        "  - name: get\n    type: Unsupported\n    properties:\n      nifi_type: org.apache.nifi.processors.standard.GetFile\n      nifi_state: disabled\n      nifi_properties:\n        Input Directory: in\n",
        "  - name: log\n    type: Unsupported\n    properties:\n      nifi_type: org.apache.nifi.processors.standard.LogAttribute\n      nifi_state: disabled\n", "      success: log\n",
      ]
    ),
    ("types that are not known, behind and before others", ["      message: \"> ${a:replaceNull('none')}\"\n      attributes_to_ignore: [\"*\"]\n"]),
  ])
  func written(_ name: String, _ parts: [String]) throws {
    let flow = try #require(Self.flows.first { $0.name == name })
    let yaml = try Bench.imported(flow.json()).yaml
    for part in parts { #expect(yaml.contains(part), "\(part)\n\(yaml)") }
  }

  @Test("parameter contexts: inheritance, a sensitive one, names with spaces")
  func contexts() throws {
    let flow = Flow(
      "contexts",
      Flow.Group(
        processors: [
          Flow.Processor("make", "standard.GenerateFlowFile", ["Custom Text": "#{own} #{from base} ${#{own}:toUpper()}"]),
          Flow.Processor("ask", "standard.InvokeHTTP", ["HTTP URL": "https://x.example/#{absent}", "Request Username": "me", "Request Password": "#{key}"], ended: ["Original", "Response", "Retry", "No Retry", "Failure"]),
        ], connections: [Flow.Connection("a", "make", "ask", ["success"])], context: "child"),
      contexts: [
        Flow.Context(name: "child", parameters: [("own", "1"), ("key", nil)], inherited: ["middle"]), Flow.Context(name: "middle", parameters: [("own", "2")], inherited: ["base"]),
        Flow.Context(name: "base", parameters: [("from base", "3"), ("own", "4")]), Flow.Context(name: "other", parameters: [("own", "5")]),
      ])
    for form in [Flow.Form.definition, .snapshotFile, .instance] {
      let imported = try Bench.imported(flow.json(form))
      try check(flow, imported)
      #expect(imported.yaml.contains("  own:\n    default: 1\n  from base:\n    default: 3\n  key:\n    environment: FLOW_KEY\n    sensitive: true\n"), "\(imported.yaml)")
      #expect(imported.yaml.contains("      content: \"#{own} #{from base} ${#{own}:toUpper()}\"\n"))
      #expect(try imported.component("ask").notes.contains { $0.contains("refers to the parameter 'absent'") })
      #expect(imported.components.filter { $0.type == "PARAMETER_CONTEXT" }.map(\.status) == [.converted, .converted, .converted, .dropped] || form != .instance)
    }
  }

  @Test("a connection of no relationship carries nothing, and says so")
  func withoutRelationship() throws {
    let flow = Flow("", Flow.Group(processors: [Self.make, Self.log], connections: [Flow.Connection("a", "make", "log")]))
    let imported = try Bench.imported(flow.json())
    #expect(try imported.component("a").status == .dropped && imported.component("a").notes == ["it is of no relationship"])
    #expect(!imported.yaml.contains("\"\""))
  }

  @Test("a variable that is not in the file has to be given")
  func unknownVariable() throws {
    let flow = Flow("", Flow.Group(processors: [Flow.Processor("get", "standard.GetFile", ["Input Directory": "${folder}/in"], ended: ["success"])]))
    let imported = try Bench.imported(flow.json())
    #expect(imported.yaml.contains("parameters:\n  folder: {}\n") && imported.yaml.contains("input_directory: \"#{folder}/in\""))
    #expect(try imported.component("get").status == .partial)
    #expect(Bench.problems(of: Array(imported.yaml.utf8)).contains { $0.found.contains("it has no value") })
  }

  @Test("two components of one identifier, either of which a connection may mean, are refused")
  func ambiguous() throws {
    var left = Self.copy("left"), right = Self.copy("right")
    left.id = "same"
    right.id = "same"
    let flow = Flow("", Flow.Group(processors: [Self.make], connections: [Flow.Connection("a", "make", "same/in", ["success"])], groups: [left, right]))
    #expect(Bench.refusal(try flow.json())?.found == "two components have the identifier 'in'")
  }
}
