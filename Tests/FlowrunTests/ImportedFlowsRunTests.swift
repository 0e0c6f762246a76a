import FlowBase
import FlowTesting
import Foundation
import Testing

/// Flows of others, which are no part of this repository. In continuous integration they must be there.
private enum PublicFlows {
  static let folder = BuiltBinary.repository.appending(path: "../shared/conformance/nifi-flows").standardizedFileURL
}

/// Public flows as their users would go on with them: imported, what the report asks for decided, validated, run.
@Suite(
  "Public NiFi flows run with the output that NiFi promises",
  .enabled(if: ProcessInfo.processInfo.environment["CI"] == "true" || FileManager.default.fileExists(atPath: PublicFlows.folder.path())))
struct ImportedFlowsRunTests {
  private struct Component: Decodable {
    var name: String
    var type: String
    var status: String
    var notes: [String]
  }

  private let binary: BuiltBinary
  init() throws { binary = try BuiltBinary() }

  /// Imports a flow into flow.yaml.
  private func imported(_ name: String) async throws -> [Component] {
    let result = try await binary.run(["import", PublicFlows.folder.appending(path: name).path(percentEncoded: false), "-o", "flow.yaml", "--report", "report.json"])
    try #require(result.exit == 0, "\(result)")
    return try JSONDecoder().decode([Component].self, from: Data(contentsOf: URL(filePath: binary.folder.path("report.json"))))
  }

  /// Replaces the text once in flow.yaml.
  private func edit(_ before: String, _ after: String) throws {
    let text = try text(of: "flow.yaml")
    let place = try #require(text.range(of: before), "\(before) is in\n\(text)")
    try binary.write(text.replacingCharacters(in: place, with: after), to: "flow.yaml")
  }

  /// Puts a processor behind a flow that keeps each FlowFile as a file.
  private func keep(_ name: String, in folder: String, as file: String) throws {
    let processor = "  - { name: \(name), type: PutFile, properties: { folder: \(folder), name: \"\(file)\" }, to: { success: drop, failure: errors } }\n"
    try binary.write(text(of: "flow.yaml") + processor, to: "flow.yaml")
  }

  private func text(of name: String) throws -> String { try String(contentsOfFile: binary.folder.path(name), encoding: .utf8) }
  private func files(_ folder: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: binary.folder.path(folder)).sorted() }

  private func run(_ arguments: [String] = [], environment: [String: String] = [:]) async throws -> [String: Any] {
    let validation = try await binary.run(["validate", "flow.yaml"] + arguments)
    #expect(validation.exit == 0, "\(validation.errors)")
    let result = try await binary.run(["flow.yaml", "--format", "json"] + arguments, environment: environment)
    #expect(result.exit == 0, "\(result)")
    return try result.json()
  }

  @Test("attributes: a name in capitals")
  func updatingAttributes() async throws {
    let report = try await imported("naddym-Updating-Attribute.xml")
    #expect(report.allSatisfy { $0.status == "converted" })
    let result = try await binary.run(["flow.yaml"])
    #expect(result.exit == 0 && result.errors.contains("name=JOHN"), "\(result)")
  }

  @Test("CSV becomes JSON with the header's names and the types of the values")
  func convertingRecords() async throws {
    let report = try await imported("naddym-Converting-CSV-to-JSON.xml")
    // What the records may be: NiFi reads some CSV otherwise.
    let partial = report.filter { $0.status != "converted" }
    #expect(partial.map { $0.type.split(separator: ".").last } == ["ConvertRecord", "CSVReader"] && partial.allSatisfy { $0.status == "partial" && $0.notes.contains { $0.contains("CSV") } }, "\(partial)")
    try edit("      success: LogMessage\n", "      success: [LogMessage, kept]\n")
    try keep("kept", in: "out", as: "airports.json")
    _ = try await run()
    let records = try #require(try JSONSerialization.jsonObject(with: Data(text(of: "out/airports.json").utf8)) as? [[String: Any]])
    #expect(records.map { $0["ident"] as? String } == ["00A", "00AA", "00AK", "00AL", "00AR", "00AS"])
    #expect(records[0]["id"] as? Int == 6523 && records[0]["latitude_deg"] as? Double == 40.07080078125 && records[0]["keywords"] is NSNull)
    #expect(records[4]["keywords"] as? String == "00AR" && records[4]["gps_code"] is NSNull)
  }

  @Test("a list is split into lines, and those about heliports go their own way")
  func splittingAndRouting() async throws {
    let report = try await imported("naddym-Splitting-And-Routing.xml")
    #expect(report.filter { $0.status == "placeholder" }.isEmpty)
    // The report says that the funnel leads nowhere: a person puts a destination in its place.
    #expect(report.contains { $0.type == "FUNNEL" && $0.status == "dropped" && $0.notes[0].contains("put a destination in its place") })
    try edit("      Heliport_Type: drop\n", "      Heliport_Type: kept\n")
    try keep("kept", in: "heliports", as: "${fragment.index}")
    _ = try await run()
    #expect(try files("heliports").count == 8)
    #expect(try text(of: "heliports/1") == #"6523,"00A","heliport","Total Rf Heliport",40.07080078125,-74.93360137939453,11,"NA","US","US-PA","Bensalem","no","00A",,"00A",,,"# + "\n")
  }

  @Test("attributes found in JSON are sent to a server as JSON")
  func invokingHTTP() async throws {
    let report = try await imported("cldr-InvokeHttp_Demo_2.json")
    #expect(report.filter { $0.status == "placeholder" }.isEmpty)
    // The published file has no address.
    #expect(try await binary.run(["validate", "flow.yaml"]).errors.contains("property 'http_url': it is empty"))
    let requests = Locked<[LoopbackServer.Request]>([])
    let server = try LoopbackServer { request in
      requests.withLock { $0.append(request) }
      return [.send(LoopbackServer.response(fields: ["Content-Type: application/json"], body: Array(#"{"ok":true}"#.utf8)))]
    }
    try edit("http_url: \"\"", "http_url: \"\(server.url)place\"")
    try edit("      response: drop\n", "      response: kept\n")
    try keep("kept", in: "answers", as: "answer-${invokehttp.status.code}.json")
    _ = try await run()
    try await server.stop()
    let request = try #require(requests.withLock { $0 }.first)
    #expect(request.method == "POST" && request.target == "/place" && request.fields["content-type"] == "application/json")
    let sent = try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: String]
    #expect(sent == ["Code": "A-5678", "Continent": "test", "Longitude": "5.969756", "Latitude": "78.495603"])
    #expect(try text(of: "answers/answer-200.json") == #"{"ok":true}"#)
  }

  @Test("a query over the records of a nested field")
  func queryingRecords() async throws {
    let report = try await imported("cldr-QueryRecord_Sample.json")
    #expect(report.contains { $0.type.hasSuffix(".QueryRecord") && !$0.notes.contains { $0.contains("begins at the field") } })
    try edit("      results: drop\n", "      results: kept\n")
    try keep("kept", in: "out", as: "results.json")
    _ = try await run()
    #expect(try text(of: "out/results.json") == #"[{"room":"A","path":"/old/can"}]"#)
  }

  @Test("times are read and written in the forms of Java")
  func timestamps() async throws {
    _ = try await imported("cldr-Working_with_TimeStamps.json")
    // Each end of the flow is shown by a line of its own.
    for (processor, name) in [("UpdateAttribute 5", "seconds")] {
      let lines = try text(of: "flow.yaml")
      let start = try #require(lines.range(of: "  - name: \(processor)\n"))
      let end = try #require(lines.range(of: "      success: drop\n", range: start.upperBound..<lines.endIndex))
      try binary.write(lines.replacingCharacters(in: end, with: "      success: \(name)\n") + "  - { name: \(name), type: LogAttribute, to: { success: drop } }\n", to: "flow.yaml")
    }
    let shown = try await binary.run(["flow.yaml"], environment: ["TZ": "UTC"])
    // `8/6/2023` has no two digits for `MM`, and nothing in the pattern reads `am`: NiFi 2 fails, too.
    #expect(shown.exit == 65 && shown.errors.contains("'8/6/2023 12:46:00 am' is not a date in the pattern 'MM/dd/yyyy hh:mm:ss'"), "\(shown)")
    #expect(shown.errors.contains("test1=01-19-1970 09:29:39 test2=05-13-2020 02:24:50 test3=2020 test4=2020"), "\(shown)")
  }

  @Test("what cannot run says why, and validate names it", arguments: [
    ("naddym-Creating-Web-Service.xml", ["HandleHttpRequest", "HandleHttpResponse"]),
    ("apache-all-flow.json", ["INPUT_PORT", "StubAttributeLoggerProcessor", "StubAttributeLoggerProcessor", "StubTerminationFileProcessor"]),
    ("apache-generate-and-log-with-parameter.json", ["CreateDummyFlowFile", "LogFlowFileContents", "Sleep"]),
    ("apache-migrate-properties-flow.json", ["CountFlowFiles", "CountFlowFiles", "CountFlowFiles", "CountFlowFiles"]),
    ("all-of-us-Fitbit.xml", ["ConvertJSONToAvro", "ExecuteScript", "ExecuteScript", "InferAvroSchema", "PutDatabaseRecord", "PutFile", "PutFile"]),
  ])
  func placeholders(_ name: String, _ types: [String]) async throws {
    let report = try await imported(name).filter { $0.status == "placeholder" }
    let named = report.map { component -> String in String(component.type.split(separator: ".").last ?? "") }
    #expect(named.sorted() == types)
    let validation = try await binary.run(["validate", "flow.yaml"])
    #expect(validation.exit == 78 && validation.errors.matches(of: #/flowrun has no processor for|' could not be converted: |' is disabled in NiFi/#).count == types.count, "\(validation.errors)")
    #expect(try await binary.run(["flow.yaml"]).exit == 78)
  }

  @Test("a flow that nothing starts says so")
  func withoutSource() async throws {
    let report = try await imported("apache-flow.json.gz")
    #expect(report.contains { $0.status == "partial" && $0.notes.contains { $0.contains("no processor starts the flow") } })
    #expect(try await binary.run(["flow.yaml"]).exit == 78)
  }
}
