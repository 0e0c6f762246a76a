import FlowCore
import FlowImport
import Foundation
import Testing

@Suite("What flowrun does otherwise is in the report, and what it cannot do at all keeps the flow from running")
struct DifferenceTests {
  private typealias Bench = ImportBench

  private static func make(_ properties: [String: Any] = ["Custom Text": "a", "columns": "a", "t": "2024-01-02", "x": "1"]) -> [String: Any] { Bench.processor("make", "standard.GenerateFlowFile", properties) }

  /// A flow of a source and a processor behind it.
  private static func behind(_ processor: [String: Any], services: [[String: Any]] = []) throws -> ImportedFlow {
    let processor = ["autoTerminatedRelationships": ["success", "failure"]].merging(processor) { $1 }
    return try Bench.imported(Bench.definition([make(), processor], [Bench.connection("c", "make", "p", ["success"])], group: ["controllerServices": services]))
  }

  private static var services: [[String: Any]] {
    [
      ["identifier": "r", "name": "r", "type": "org.apache.nifi.json.JsonTreeReader", "properties": [String: Any]()],
      ["identifier": "w", "name": "w", "type": "org.apache.nifi.json.JsonRecordSetWriter", "properties": [String: Any]()],
    ]
  }

  // MARK: Queries

  @Test("a query with a function or a syntax that SQLite lacks is partial, and its flow not valid", arguments: [
    ("SELECT n, RPATH(o, '/z') z FROM FLOWFILE", "the query 'q' cannot be run: no such function: RPATH"), ("SELECT n FROM FLOWFILE WHERE t > TIMESTAMP '2024-01-01'", "the query 'q' cannot be run: near "),
  ])
  func queries(_ sql: String, _ words: String) throws {
    let flow = try Self.behind(Bench.processor("p", "standard.QueryRecord", ["Record Reader": "r", "Record Writer": "w", "q": sql], ["autoTerminatedRelationships": ["q", "original", "failure"]]), services: Self.services)
    #expect(try flow.component("p").status == .partial && flow.component("p").notes.contains { $0.contains(words) }, "\(flow.components)")
    #expect(Bench.problems(of: Array(flow.yaml.utf8)).contains { $0.code == .unsuitableValue && $0.found.contains(words) })
  }

  @Test("a query that SQLite has leaves the flow valid, also one that only a FlowFile completes", arguments: ["SELECT n, o.v FROM FLOWFILE o WHERE \"a b\" > 1", "SELECT ${columns} FROM FLOWFILE", "SELECT RPATH(${x}) FROM FLOWFILE"])
  func possibleQueries(_ sql: String) throws {
    let flow = try Self.behind(Bench.processor("p", "standard.QueryRecord", ["Record Reader": "r", "Record Writer": "w", "q": sql], ["autoTerminatedRelationships": ["q", "original", "failure"]]), services: Self.services)
    #expect(Bench.problems(of: Array(flow.yaml.utf8)).isEmpty, "\(flow.components)")
  }

  // MARK: Placeholders

  @Test("a placeholder of a type that flowrun has says why", arguments: [
    ("standard.EvaluateJsonPath", ["Destination": "flowfile-attribute", "x": "$.a[?(@.b]"], nil, "'x' has the path '$.a[?(@.b]', which cannot be read (expected a JSON path with ')'"),
    ("standard.ConvertRecord", ["Record Reader": "absent", "Record Writer": "absent"], nil, "'Record Reader' is a service that is not in the file; 'Record Writer' is"),
    ("attributes.UpdateAttribute", ["x": "1"], "<criteria/>", "it has a configuration beside its properties"),
    ("standard.SplitText", ["Line Split Count": "${n}"], nil, "'Line Split Count' has an expression"),
  ] as [(String, [String: String], String?, String)])
  func reasons(_ type: String, _ properties: [String: String], _ annotation: String?, _ reason: String) throws {
    let processor = Bench.processor("p", type, properties, annotation.map { ["annotationData": $0] } ?? [:])
    let flow = try Self.behind(processor)
    #expect(try flow.component("p").status == .placeholder && flow.yaml.contains("nifi_reason: "), "\(flow.yaml)")
    let problem = try #require(Bench.problems(of: Array(flow.yaml.utf8)).first { $0.code == .unsupportedProcessor })
    #expect(problem.found.contains("could not be converted: ") && problem.found.contains(reason), "\(problem)")
  }

  @Test("one of a type that flowrun lacks has no other reason")
  func unknownType() throws {
    let flow = try Self.behind(Bench.processor("p", "standard.HandleHttpRequest"))
    #expect(!flow.yaml.contains("nifi_reason"))
  }

  // MARK: Dates

  private static var dates: [String: Any] { Bench.processor("p", "attributes.UpdateAttribute", ["day": "${t:toDate('yyyy-MM-dd'):format('dd')}"]) }

  @Test("toDate of NiFi 1.x takes what stands behind a date: of a template the flow has the note, of other files the processor")
  func toDate() throws {
    let note = "toDate of NiFi 1.x ignores what stands behind the date"
    let flow = try Self.behind(Self.dates)
    #expect(try flow.component("p").notes.contains { $0.hasPrefix(note) } && flow.component("p").status == .converted && flow.general.isEmpty)
    let template = """
      <template encoding-version="1.3"><name>t</name><snippet><processors><id>p</id><name>p</name><type>org.apache.nifi.processors.attributes.UpdateAttribute</type>
      <config><properties><entry><key>day</key><value>${t:toDate('yyyy-MM-dd')}</value></entry></properties></config></processors></snippet></template>
      """
    let old = try Bench.imported(Array(template.utf8))
    #expect(old.general.contains { $0.hasPrefix(note) } && old.components[0].status == .partial, "\(old.general)")
    for (version, status) in [("1.23.2", ImportedComponent.Status.partial), ("2.0.0", .converted)] {
      let versioned = try Self.behind(Self.dates.merging(["bundle": ["version": version]]) { $1 }).component("p")
      #expect(versioned.status == status && versioned.notes.contains { $0.hasPrefix(note) } == (status == .partial), "\(versioned)")
    }
    #expect(try Self.behind(Bench.processor("p", "attributes.UpdateAttribute", ["day": "${t}"])).component("p").notes.contains { $0.hasPrefix(note) } == false)
  }

  // MARK: Services, bins, contents

  @Test("a cache that DetectDuplicate names is left out for a reason")
  func cache() throws {
    let cache: [String: Any] = ["identifier": "cache", "name": "cache", "type": "org.apache.nifi.distributed.cache.client.DistributedMapCacheClientService", "properties": [String: Any]()]
    let flow = try Self.behind(Bench.processor("p", "standard.DetectDuplicate", ["Cache Entry Identifier": "${a}", "Distributed Cache Service": "cache"]), services: [cache])
    #expect(try flow.component("cache").status == .dropped && flow.component("cache").notes == ["'p' names it as 'Distributed Cache Service', which flowrun's has not: flowrun keeps the identifiers itself"])
  }

  @Test("a bin that NiFi would hold below its minimum is a difference", arguments: [
    (["Minimum Number of Entries": "5"], true), (["Minimum Group Size": "1 KB"], true), (["Minimum Number of Entries": "5", "Max Bin Age": "1 min"], false), (["Minimum Number of Entries": "1"], false),
    (["Minimum Number of Entries": "5", "Merge Strategy": "Defragment"], false),
  ])
  func bins(_ properties: [String: String], _ differs: Bool) throws {
    let component = try Self.behind(Bench.processor("p", "standard.MergeContent", properties)).component("p")
    #expect(component.notes.contains("a bin below the minimum waits for ever in NiFi; here it is merged at the end of the run") == differs, "\(component)")
  }

  @Test("a content of any bytes is no text", arguments: [("Binary", true), ("Text", false)])
  func binary(_ format: String, _ differs: Bool) throws {
    let flow = try Bench.imported(Bench.definition([Self.make(["File Size": "10 B", "Data Format": format])]))
    #expect(try flow.component("make").notes.contains { $0.hasPrefix("its content is any bytes, mostly not UTF-8") } == differs)
  }

  // MARK: Labels

  @Test("a long label is whole, over as many lines as it takes; one that is endless says that it is cut off")
  func labels() throws {
    let words = (1...200).map { "word\($0)" }
    func head(_ label: String) throws -> [Substring] {
      try Bench.imported(Bench.definition([Self.make()], group: ["labels": [["identifier": "l", "label": label]]])).yaml.split(separator: "\n").filter { $0.hasPrefix("# ") }
    }
    let comment = try head(words.joined(separator: " "))
    #expect(comment.allSatisfy { $0.count <= 150 || $0.hasPrefix("# Made by") })
    let written = comment.flatMap { line -> [Substring] in line.dropFirst(2).split(separator: " ") }.filter { $0.hasPrefix("word") }
    #expect(written.elementsEqual(words) { $0 == $1 })
    #expect(try head(String(repeating: "x", count: 500)).filter { $0.hasPrefix("# xx") }.joined().filter { $0 == "x" }.count == 500)
    #expect(try head(String(repeating: "a b\n", count: 100_000)).last == "# … (cut off: the rest is in NiFi's file)")
  }

  // MARK: Remote groups

  @Test("a remote port that leads to the same instance has the identifier of that instance's own port")
  func ownRemotePort() throws {
    let template = """
      <template><name>logs</name><snippet>
      <connections><id>1</id><parentGroupId>root</parentGroupId><source><groupId>root</groupId><id>port</id><type>INPUT_PORT</type></source><destination><groupId>root</groupId><id>log</id></destination></connections>
      <connections><id>2</id><parentGroupId>root</parentGroupId><source><groupId>root</groupId><id>make</id></source><destination><groupId>remote</groupId><id>port</id><type>REMOTE_INPUT_PORT</type></destination><selectedRelationships>success</selectedRelationships></connections>
      <inputPorts><id>port</id><parentGroupId>root</parentGroupId><name>in</name></inputPorts>
      <processors><id>make</id><name>make</name><type>org.apache.nifi.processors.standard.GenerateFlowFile</type></processors>
      <processors><id>log</id><name>log</name><type>org.apache.nifi.processors.standard.LogAttribute</type></processors>
      <remoteProcessGroups><id>remote</id><name>far</name><contents><inputPorts><id>port</id><name>in</name></inputPorts></contents></remoteProcessGroups>
      </snippet></template>
      """
    let flow = try Bench.imported(Array(template.utf8))
    #expect(try flow.component("remote").status == .dropped)
    #expect(flow.components.filter { $0.id == "port" }.map(\.type).sorted() == ["INPUT_PORT", "REMOTE_INPUT_PORT"])
    #expect(flow.yaml.contains("      success: log\n") && flow.yaml.contains("      success: in 2\n"), "\(flow.yaml)")
  }
}
