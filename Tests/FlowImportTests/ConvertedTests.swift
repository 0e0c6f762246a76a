import FlowCore
import FlowImport
import Foundation
import Testing

@Suite("A component counts as converted only if it does here what it did there")
struct ConvertedTests {
  private typealias Bench = ImportBench

  private static var services: [[String: Any]] {
    [
      ["identifier": "csv", "name": "csv", "type": "org.apache.nifi.csv.CSVReader", "properties": [String: Any]()],
      ["identifier": "json", "name": "json", "type": "org.apache.nifi.json.JsonTreeReader", "properties": [String: Any]()],
      ["identifier": "writer", "name": "writer", "type": "org.apache.nifi.json.JsonRecordSetWriter", "properties": [String: Any]()],
      ["identifier": "pool", "name": "pool", "type": "org.apache.nifi.dbcp.DBCPConnectionPool", "properties": ["Database Connection URL": "jdbc:sqlite:a.sqlite"]],
    ]
  }

  /// What became of one processor behind a source.
  private static func component(_ type: String, _ properties: [String: String], autoTerminated: [String] = ["success", "failure"]) throws -> ImportedComponent {
    let make = Bench.processor("make", "standard.GenerateFlowFile", ["Custom Text": "a"])
    let processor = Bench.processor("p", type, properties, ["autoTerminatedRelationships": autoTerminated])
    return try Bench.imported(Bench.definition([make, processor], [Bench.connection("c", "make", "p", ["success"])], group: ["controllerServices": services])).component("p")
  }

  /// The notes but for what `validate` finds.
  private static func differences(_ component: ImportedComponent) -> [String] { component.notes.filter { !$0.hasPrefix("validate: ") && !$0.hasPrefix("NiFi triggers it all the time") } }

  /// Beginnings of the notes that are information: none tells of another behaviour.
  private static let information = [
    "'failure' is auto-terminated", "it is called '", "it is a comment at the head", "its processors have `group", "NiFi triggers it ", "it became ", "its address is the parameter", "the parameters that processors use",
    "its run duration", "its bulletin level", "its penalty of", "its yield of", "the line has the FlowFile's uuid", "its variables ", "no processor that was converted reads its variables", "it runs on the primary node", "Flows/fitbit.yaml has it",
    "its queue has no threshold",
  ]

  @Test("every note of what is converted is information", .enabled(if: ImportBench.hasPublic))
  func information() throws {
    var converted = 0
    for name in Bench.publicNames {
      guard let flow = try? Bench.imported(name, in: Bench.publicFlows) else { continue }
      for component in flow.components where component.status == .converted {
        converted += 1
        for note in component.notes { #expect(Self.information.contains(where: note.hasPrefix), "\(name): \(component.name): \(note)") }
      }
    }
    #expect(converted > 100)
  }

  // MARK: Types

  @Test("what is different in every case makes a processor partial", arguments: [
    ("standard.ExecuteSQL", ["Database Connection Pooling Service": "pool", "SQL Query": "SELECT 1 AS a"], ["success", "failure"], "the rows are JSON, where NiFi writes Avro"),
    ("standard.InvokeHTTP", ["HTTP URL": "http://h/"], ["Original", "Retry", "No Retry", "Failure"], "header fields of the answer become attributes in NiFi, here only those that `response_headers` lists"),
    ("standard.DetectDuplicate", ["Cache Entry Identifier": "a"], ["duplicate", "non-duplicate", "failure"], "identifiers are remembered within a run; NiFi's cache knows those of earlier ones too"),
  ])
  func always(_ type: String, _ properties: [String: String], _ ends: [String], _ note: String) throws {
    let component = try Self.component(type, properties, autoTerminated: ends)
    #expect(component.status == .partial && component.notes.contains(note), "\(component)")
  }

  @Test("an answer that nothing takes has no attributes that could be missed")
  func unusedAnswer() throws {
    let component = try Self.component("standard.InvokeHTTP", ["HTTP URL": "http://h/"], autoTerminated: ["Original", "Response", "Retry", "No Retry", "Failure"])
    #expect(component.status == .converted, "\(component)")
  }

  // MARK: Records

  @Test("a reader of CSV that finds types in the content makes its processor partial; one that reads texts differs in backslashes and headers alone", arguments: [
    ([:], ["a backslash in CSV", "in CSV only `true` and `false`", "a column of CSV with values of several kinds", "a header that has a name twice"]),
    (["schema-access-strategy": "csv-header-derived"], ["a backslash in CSV", "a header that has a name twice"]),
    (["schema-access-strategy": "csv-header-derived", "CSV Format": "rfc-4180", "Allow Duplicate Header Names": "false"], []),
  ] as [([String: String], [String])])
  func readers(_ properties: [String: String], _ notes: [String]) throws {
    let services: [[String: Any]] = [["identifier": "csv", "name": "csv", "type": "org.apache.nifi.csv.CSVReader", "properties": properties], Self.services[2]]
    let convert = Bench.processor("p", "standard.ConvertRecord", ["Record Reader": "csv", "Record Writer": "writer"], ["autoTerminatedRelationships": ["success", "failure"]])
    let flow = try Bench.imported(Bench.definition([Bench.processor("make", "standard.GenerateFlowFile"), convert], [Bench.connection("c", "make", "p", ["success"])], group: ["controllerServices": services]))
    for id in ["p", "csv"] {
      let component = try flow.component(id)
      #expect((component.status == .partial) == !notes.isEmpty, "\(component)")
      for note in notes { #expect(component.notes.contains { $0.hasPrefix(note) }, "\(note): \(component)") }
    }
    // They depend on the records: the flow may run.
    #expect(Bench.problems(of: Array(flow.yaml.utf8)).isEmpty)
  }

  @Test("a query that only selects columns is converted; any other may have another result", arguments: [
    ("SELECT * FROM FLOWFILE", false), ("select a, b_1\n from FLOWFILE", false), ("SELECT CAST(a AS INTEGER) FROM FLOWFILE", true), ("SELECT a FROM FLOWFILE WHERE a > '1'", true), ("SELECT a, COUNT(*) FROM FLOWFILE", true),
    ("SELECT ${columns} FROM FLOWFILE", true), ("SELECT 1 FROM FLOWFILE", true),
  ])
  func queries(_ sql: String, _ differs: Bool) throws {
    let component = try Self.component("standard.QueryRecord", ["Record Reader": "json", "Record Writer": "writer", "q": sql], autoTerminated: ["q", "original", "failure"])
    #expect(component.notes.contains { $0.hasPrefix("the SQL is that of sqlite.org") } == differs && (differs || component.status == .converted), "\(component)")
  }

  @Test("a query with parameters names what to do; a question mark in a text is none", arguments: [
    ("SELECT * FROM t WHERE id = ?", true), ("SELECT '?' AS a", false), ("SELECT 1 AS \"a?\" -- ?\n", false), ("SELECT /* ? */ 1", false), ("SELECT '${a:replace('?', '')}' AS b", false), ("SELECT '''' AS a, ? AS b", true),
  ])
  func placeholders(_ sql: String, _ differs: Bool) throws {
    let component = try Self.component("standard.ExecuteSQL", ["Database Connection Pooling Service": "pool", "SQL Query": sql])
    #expect(component.notes.contains { $0.hasPrefix("the query has a `?`") && $0.contains("${sql.args.1.value}") } == differs, "\(component)")
  }

  // MARK: Generated FlowFiles

  @Test("an expression whose value is another for each FlowFile makes a source partial; a constant one does not", arguments: [
    (["Custom Text": "${index}", "Batch Size": "2"], "its expressions see the attributes of each FlowFile here ('index')"), (["Custom Text": "${uuid}"], "its expressions see the attributes of each FlowFile here ('uuid')"),
    (["a": "1", "b": "${a}"], "its expressions see the attributes of each FlowFile here ('a')"), (["b": "${allMatchingAttributes('.*'):join(',')}"], "its expressions see the attributes of each FlowFile here;"),
    (["Custom Text": "${UUID()}", "Batch Size": "5"], "UUID(): NiFi evaluates"), (["a": "${now():toNumber():plus(${random()})}", "Batch Size": "5"], "now(), random(): NiFi evaluates"),
    (["Custom Text": "${UUID()}"], nil), (["Custom Text": "${nextInt()}", "Batch Size": "1"], nil), (["Custom Text": "${hostname()} ${literal('a'):toUpper()} #{who}", "Batch Size": "5"], nil), (["Custom Text": "${site}", "Batch Size": "5"], nil),
  ] as [([String: String], String?)])
  func batches(_ properties: [String: String], _ note: String?) throws {
    let context: [String: Any] = ["name": "x", "parameters": [["name": "who", "value": "v"]]]
    let make = Bench.processor("make", "standard.GenerateFlowFile", properties, ["autoTerminatedRelationships": ["success"]])
    let flow = try Bench.imported(Bench.definition([make], group: ["parameterContextName": "x", "variables": ["site": "Basel"]], top: ["parameterContexts": ["x": context]]))
    let component = try flow.component("make")
    if let note { #expect(component.status == .partial && component.notes.contains { $0.hasPrefix(note) }, "\(component)") } else { #expect(component.status == .converted, "\(component)") }
  }

  // MARK: Patterns

  @Test("a pattern without regard to case that has letters beyond ASCII makes a processor partial", arguments: [
    ("standard.ExtractText", ["Enable Case-insensitive Matching": "true", "a": "(é+)"], true), ("standard.ExtractText", ["a": "(?si)(é+)"], true), ("standard.ExtractText", ["a": "(?iu)(é+)"], false),
    ("standard.ExtractText", ["Enable Case-insensitive Matching": "true", "a": "(e+)"], false), ("standard.ExtractText", ["a": "(é+)"], false), ("standard.ExtractText", ["a": "(?i:e)(→)"], false),
    ("standard.ReplaceText", ["Search Value": "(?i)É"], true), ("attributes.UpdateAttribute", ["a": "${filename:replaceAll('(?i)É', 'e')}"], true),
  ])
  func patterns(_ type: String, _ properties: [String: String], _ differs: Bool) throws {
    let component = try Self.component(type, properties, autoTerminated: ["success", "failure", "matched", "unmatched"])
    #expect(component.notes.contains { $0.contains("without regard to case") } == differs && (!differs || component.status == .partial), "\(component)")
  }

  // MARK: Rules

  @Test("a rule called `failure` has another name here, and its connection with it", arguments: ["standard.RouteOnAttribute", "standard.RouteOnContent"])
  func failureRule(_ type: String) throws {
    let rule = type.hasSuffix("Content") ? "x" : "${a:equals('1')}"
    let processors = [
      Bench.processor("make", "standard.GenerateFlowFile", ["a": "1"]), Bench.processor("log", "standard.LogAttribute", [:], ["autoTerminatedRelationships": ["success"]]),
      Bench.processor("p", type, ["failure": rule, "failure rule": rule], ["autoTerminatedRelationships": ["unmatched"]]),
    ]
    let flow = try Bench.imported(Bench.definition(processors, [Bench.connection("1", "make", "p", ["success"]), Bench.connection("2", "p", "log", ["failure", "failure rule"])]))
    #expect(flow.yaml.contains("        failure rule 2: ") && flow.yaml.contains("        failure rule: ") && flow.yaml.contains("      failure rule 2: log\n") && !flow.yaml.contains("failure: log"), "\(flow.yaml)")
    let component = try flow.component("p")
    #expect(component.status == .partial && component.notes.contains { $0.hasPrefix("the rule 'failure' is called 'failure rule 2' here") }, "\(component)")
  }

  // MARK: Loops

  @Test("a relationship that leads back to its processor and on to another says where its FlowFiles go")
  func loops() throws {
    let processors = [
      Bench.processor("make", "standard.GenerateFlowFile", ["Custom Text": "a"]), Bench.processor("log", "standard.LogAttribute", [:], ["autoTerminatedRelationships": ["success"]]),
      Bench.processor("p", "standard.InvokeHTTP", ["HTTP URL": "http://127.0.0.1/"], ["autoTerminatedRelationships": ["Original", "Response"]]),
    ]
    let connections = [
      Bench.connection("1", "make", "p", ["success"]), ["identifier": "2", "source": ["id": "p"], "destination": ["id": "f"], "selectedRelationships": ["Failure", "Retry"]],
      ["identifier": "3", "source": ["id": "f"], "destination": ["id": "p"]], ["identifier": "4", "source": ["id": "f"], "destination": ["id": "log"]], Bench.connection("5", "p", "p", ["No Retry"]),
    ]
    let flow = try Bench.imported(Bench.definition(processors, connections, group: ["funnels": [["identifier": "f"]]]))
    #expect(flow.yaml.contains("      failure: log\n      retry: log\n      no retry: errors\n"), "\(flow.yaml)")
    let component = try flow.component("p")
    #expect(
      Self.differences(component) == [
        "'failure', 'retry' lead back to the processor itself and to 'log': NiFi tries for ever and sends a copy there each time, here `retry` tries 1000 times and then sends the FlowFile there",
        "'no retry' leads back to the processor itself: NiFi tries for ever, here `retry` tries 1000 times and then keeps the FlowFile in the error folder",
      ])
    #expect(component.status == .partial)
  }
}
